"""What people write down about sites is stored whole or not at all."""

import threading

import pytest
from sitewarden.config.settings import MqttSection
from sitewarden.store.drafts import ConnectionDraft, SiteDraft, TopicDraft
from sitewarden.store.errors import ClientIdTaken, PrefixOverlap, SiteTwice, SiteUnknown
from sitewarden.store.store import Store


def site(code: str, topics: tuple[str, ...] = (), name: str = "", **connection: object) -> SiteDraft:
    drafts = tuple(TopicDraft(topic_pattern=pattern) for pattern in topics)
    fields = {"broker_host": "127.0.0.1", "topics": drafts, **connection}
    return SiteDraft(code=code, name=name, connection=ConnectionDraft(**fields))


def test_a_site_is_stored_with_its_connection_and_topics(store: Store) -> None:
    store.save_fleet([site("sito_001", ("sito_001/a", "sito_001/+/b"), name="Ponte Nord", keep_alive_interval=20)])

    [found] = store.configurations()

    assert (found.site.code, found.site.name, found.site.is_active) == ("sito_001", "Ponte Nord", True)
    assert (found.connection.site_id, found.connection.topic_prefix) == (found.site.id, "sito_001")
    assert found.connection.keep_alive_interval == 20
    assert [topic.topic_pattern for topic in found.topics] == ["sito_001/a", "sito_001/+/b"]
    assert store.configuration(found.site.id) == found
    assert store.configuration(found.site.id + 1) is None


def test_saving_again_updates_by_code_and_keeps_the_ids(store: Store) -> None:
    store.save_fleet([site("a", ("a/1", "a/2"), name="old")])
    [before] = store.configurations()

    store.save_fleet([site("a", ("a/2", "a/3"), name="new"), site("b", ("b/1",))])

    after, other = store.configurations()
    assert after.site.id == before.site.id
    assert after.connection.id == before.connection.id
    assert after.site.name == "new"
    assert after.site.created_at == before.site.created_at
    assert [topic.topic_pattern for topic in after.topics] == ["a/2", "a/3"]
    assert after.topics[0] == before.topics[1]
    assert [topic.topic_pattern for topic in other.topics] == ["b/1"]


def test_what_a_draft_leaves_open_is_the_installations_default(store: Store) -> None:
    store.save_fleet([site("a")], MqttSection(default_retry_delay=7, max_retry_delay=70))
    store.save_fleet([site("b", retry_delay=9, heartbeat_timeout_multiplier=5)])

    a, b = (found.connection for found in store.configurations())

    assert (a.retry_delay, a.max_retry_delay, a.heartbeat_timeout_multiplier) == (7, 70, 3)
    assert (b.retry_delay, b.max_retry_delay, b.heartbeat_timeout_multiplier) == (9, 300, 5)


def test_a_password_is_sealed_and_stays_until_another_is_given(store: Store) -> None:
    store.save_fleet([site("a", password="geheim")])
    [first] = store.configurations()
    assert "geheim" not in repr(first)
    assert store.secrets.open(first.connection.sealed_password) == "geheim"

    store.save_fleet([site("a", password="geheim")])
    assert [first] == [again._replace(site=first.site) for again in store.configurations()]

    store.save_fleet([site("a", keep_alive_interval=99)])
    [kept] = store.configurations()
    assert store.secrets.open(kept.connection.sealed_password) == "geheim"

    store.save_fleet([site("a", password="")])
    [without] = store.configurations()
    assert without.connection.sealed_password == ""


@pytest.mark.parametrize(("one", "other"), [("a", "a/b"), ("a/b", "a"), ("a", "a")])
def test_prefixes_that_overlap_on_one_broker_are_refused_and_nothing_is_stored(
    store: Store, one: str, other: str
) -> None:
    store.save_fleet([site("first", topic_prefix=one)])

    with pytest.raises(PrefixOverlap, match=r"first and second|second and first"):
        store.save_fleet([site("third"), site("second", topic_prefix=other)])

    assert [found.site.code for found in store.configurations()] == ["first"]


def test_neighbours_that_do_not_disturb_each_other_are_taken(store: Store) -> None:
    store.save_fleet([site("a"), site("ab"), site("a2", topic_prefix="a", broker_port=1884)])

    assert len(store.configurations()) == 3


def test_prefixes_may_change_places_in_one_go(store: Store) -> None:
    store.save_fleet([site("a", topic_prefix="x"), site("b", topic_prefix="y")])

    store.save_fleet([site("a", topic_prefix="y"), site("b", topic_prefix="x")])

    assert [found.connection.topic_prefix for found in store.configurations()] == ["y", "x"]


def test_two_sites_with_one_client_id_on_one_broker_are_refused(store: Store) -> None:
    with pytest.raises(ClientIdTaken, match="a and b"):
        store.save_fleet([site("a", client_id_prefix="same"), site("b", client_id_prefix="same")])


def test_a_site_written_down_twice_is_refused(store: Store) -> None:
    with pytest.raises(SiteTwice, match="a is written down twice"):
        store.save_fleet([site("a"), site("a")])


def test_four_who_save_at_once_wait_their_turn(store: Store) -> None:
    failures: list[BaseException] = []

    def save(code: str) -> None:
        try:
            for number in range(5):
                store.save_fleet([site(f"{code}{number}")])  # reads all sites, then writes
        except BaseException as error:  # noqa: BLE001  # in a thread: shown by the assertion
            failures.append(error)

    threads = [threading.Thread(target=save, args=(code,)) for code in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert len(store.configurations()) == 20


def test_the_desired_state_says_whether_it_changed(store: Store, site_id: int) -> None:
    assert store.set_connection_active(site_id, False)
    assert not store.set_connection_active(site_id, False)
    assert store.configurations()[0].connection.is_active is False
    with pytest.raises(SiteUnknown, match="999"):
        store.set_connection_active(999, True)


def test_the_installations_id_is_made_once_by_whoever_asks_first(store: Store) -> None:
    ids: list[str] = []
    threads = [threading.Thread(target=lambda: ids.append(store.installation_id())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(ids) == 8
    assert len(set(ids)) == 1
    assert len(ids[0]) == 8
    assert ids[0].isascii()
    assert ids[0] == ids[0].lower()
    assert ids[0].isalnum()
