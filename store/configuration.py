"""Read what people decided about sites: what connection actors are made from."""

from collections import defaultdict
from typing import Any

from peewee import Expression

from .database import StoreDatabase
from .records import ConnectionRecord, SiteConfiguration, SiteRecord, TopicRecord
from .tables import Connection, Site, Topic


def read_configurations(database: StoreDatabase) -> list[SiteConfiguration]:
    """Return all sites that have a connection, by code."""
    return read(database, Site.id.is_null(False), Topic.id.is_null(False))


def read_configuration(database: StoreDatabase, site_id: int) -> SiteConfiguration | None:
    found = read(database, Site.id == site_id, Topic.site_id == site_id)
    return found[0] if found else None


def read(database: StoreDatabase, of_site: Expression, of_topic: Expression) -> list[SiteConfiguration]:
    topics: dict[int, list[TopicRecord]] = defaultdict(list)
    for row in Topic.select(*columns(Topic, TopicRecord)).where(of_topic).order_by(Topic.id).tuples().execute(database):
        topic = TopicRecord(*row)
        topics[topic.site_id].append(topic)
    selected = [*columns(Site, SiteRecord), *columns(Connection, ConnectionRecord)]
    query = Site.select(*selected).join(Connection, on=Connection.site_id == Site.id)
    rows = query.where(of_site).order_by(Site.code).tuples().execute(database)
    of_sites = len(SiteRecord._fields)
    return [
        SiteConfiguration(
            site=SiteRecord(*row[:of_sites]),
            connection=ConnectionRecord(*row[of_sites:]),
            topics=tuple(topics[row[0]]),
        )
        for row in rows
    ]


def columns(table: type[Any], record: type[Any]) -> list[Any]:
    return [getattr(table, name) for name in record._fields]
