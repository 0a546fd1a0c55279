"""Fleet files: what is read, and how a bad one is refused."""

import json
import re
from pathlib import Path

import pytest
from sitewarden.shell.fleet_file import FleetInvalid, parse_fleet, read_fleet
from sitewarden.store.drafts import ConnectionDraft, SiteDraft, TopicDraft

CONTRACT = """\
[[site]]
code = "sito_001"
name = "Ponte Nord"
customer = "ANAS"
[site.connection]
broker_host = "127.0.0.1"
broker_port = 1883
heartbeat_interval = 30
is_active = true
[[site.connection.topic]]
topic_pattern = "sito_001/gateway/+/heartbeat"
qos_level = 1
"""


def write(file: Path, text: str) -> Path:
    file.write_text(text, encoding="utf-8")
    return file


def test_the_file_of_the_operators_contract_is_read(tmp_path: Path) -> None:
    (draft,) = read_fleet(write(tmp_path / "fleet.toml", CONTRACT))
    assert (draft.code, draft.name, draft.customer) == ("sito_001", "Ponte Nord", "ANAS")
    assert (draft.connection.broker_host, draft.connection.heartbeat_interval) == ("127.0.0.1", 30)
    assert [(t.topic_pattern, t.qos_level) for t in draft.connection.topics] == [("sito_001/gateway/+/heartbeat", 1)]


def test_json_says_the_same_as_toml(tmp_path: Path) -> None:
    row = {
        "code": "sito_001",
        "name": "Ponte Nord",
        "customer": "ANAS",
        "connection": {
            "broker_host": "127.0.0.1",
            "broker_port": 1883,
            "heartbeat_interval": 30,
            "is_active": True,
            "topic": [{"topic_pattern": "sito_001/gateway/+/heartbeat", "qos_level": 1}],
        },
    }
    as_json = read_fleet(write(tmp_path / "fleet.json", json.dumps({"site": [row]})))
    assert as_json == read_fleet(write(tmp_path / "fleet.toml", CONTRACT))


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("broker_port = 1883", "broker_port = 70000", r"site 'sito_001': connection\.broker_port"),
        ("broker_port = 1883", "broker_prot = 1883", r"site 'sito_001': connection\.broker_prot"),
        ('broker_host = "127.0.0.1"', "", r"site 'sito_001': connection\.broker_host"),
        ('name = "Ponte Nord"', "longitude = 200", r"site 'sito_001': longitude"),
        ('name = "Ponte Nord"', "latitude = nan", r"site 'sito_001': latitude"),
        ("qos_level = 1", "qos_level = 3", r"site 'sito_001': connection\.topic\[1\]\.qos_level"),
        ('code = "sito_001"', "", r"site number 1: code"),
        ('code = "sito_001"', 'code = "a/b"', r"site 'a/b': code"),
        ('"sito_001/gateway/+/heartbeat"', '"sito_002/#"', r"site 'sito_001': .*sito_002/#"),
    ],
)
def test_a_bad_row_is_named_by_its_site_and_field(tmp_path: Path, old: str, new: str, named: str) -> None:
    assert old in CONTRACT
    with pytest.raises(FleetInvalid, match=named):
        read_fleet(write(tmp_path / "fleet.toml", CONTRACT.replace(old, new)))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "broker_port",
            "port",
            r"connection\.port: `port` is not known here; a connection has broker_host, .*, topic$",
        ),
        (
            "qos_level",
            "qos",
            r"topic\[1\]\.qos: `qos` is not known here; a topic has topic_pattern, qos_level, is_active$",
        ),
        ("customer", "owner", r"owner: `owner` is not known here; a site has code, name, .*connection$"),
    ],
)
def test_an_unknown_field_is_told_with_those_that_there_are(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(FleetInvalid, match=said):
        read_fleet(write(tmp_path / "fleet.toml", CONTRACT.replace(old, new)))


def test_the_manual_has_every_field_with_its_default_and_no_other() -> None:
    manual = (Path(__file__).parents[2] / "docs" / "operations.md").read_text()
    tables = re.findall(r"^\| field \|.*\n\|.*\n((?:\|.*\n)+)", manual, re.MULTILINE)
    for draft, table in zip((SiteDraft, ConnectionDraft, TopicDraft), tables, strict=True):
        rows = dict(re.findall(r"^\| `(\w+)` \| (.+?) \|", table, re.MULTILINE))
        assert list(rows) == ["topic" if name == "topics" else name for name in draft.model_fields]
        for name, field in draft.model_fields.items():
            if field.is_required():
                assert rows[name] == "must be given"
            elif field.default not in ("", (), None):
                # Written as in the file, where true is small.
                assert rows[name] == f"`{str(field.default).lower() if field.default is True else field.default}`"


def test_every_bad_row_is_named_not_only_the_first() -> None:
    rows = [
        {"code": "one", "connection": {"broker_host": "h", "broker_port": 0}},
        {"code": "two", "connection": {"broker_host": "h"}},
        {"code": "three", "connection": {"broker_host": "h", "max_retries": "many"}},
    ]
    with pytest.raises(FleetInvalid) as refused:
        parse_fleet({"site": rows}, "fleet.toml")
    assert "site 'one': connection.broker_port" in str(refused.value)
    assert "site 'three': connection.max_retries" in str(refused.value)
    assert "'two'" not in str(refused.value)


def test_one_code_in_two_rows_is_refused() -> None:
    row = {"code": "one", "connection": {"broker_host": "h"}}
    with pytest.raises(FleetInvalid, match=r"site 'one': code: there is another"):
        parse_fleet({"site": [row, row]}, "fleet.toml")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("fleet.yaml", "site: []", r"\.toml or \.json"),
        ("fleet.toml", "[[site]\n", "is not TOML: .*line 1"),
        ("fleet.json", "{", "is not JSON: .*line 1"),
        ("fleet.json", "[]", r"list of \[\[site\]\]"),
        ("fleet.json", "[" * 100_000, "is not JSON"),
        ("fleet.toml", "[[sites]]\n", r"list of \[\[site\]\]"),
        ("fleet.toml", "[site]\ncode = 'a'\n", r"list of \[\[site\]\]"),
        ("fleet.json", '{"site": [3]}', "site number 1"),
        ("fleet.json", '{"site": [{"code": "a", "connection": 3}]}', "site 'a': connection"),
    ],
)
def test_what_is_no_fleet_file_is_refused_in_words(tmp_path: Path, name: str, text: str, said: str) -> None:
    with pytest.raises(FleetInvalid, match=said):
        read_fleet(write(tmp_path / name, text))


def test_a_refusal_never_shows_a_password() -> None:
    connection = {"broker_host": "h", "broker_port": 0, "password": ["canary"], "username": 3}
    with pytest.raises(FleetInvalid) as refused:
        parse_fleet({"site": [{"code": "one", "connection": connection}]}, "fleet.toml")
    assert "connection.password" in str(refused.value)
    assert "canary" not in str(refused.value)
