import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sitewarden.actors.topics import below_prefix, filter_covers, filters_overlap, pattern_of, subscriptions
from sitewarden.store.records import TopicRecord

# How long an example takes says how busy the machine is, not whether the code is right.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

# (filter, topic, whether it matches): MQTT 5 sections 4.7.1 and 4.7.2
MATCHES = [
    ("a/b", "a/b", True),
    ("a/b", "a/b/c", False),
    ("a/b", "a", False),
    ("a/+", "a/b", True),
    ("a/+", "a/", True),
    ("a/+", "a", False),
    ("a/+", "a/b/c", False),
    ("+/+", "/b", True),
    ("+", "/b", False),
    ("a/+/c", "a/b/c", True),
    ("a/#", "a", True),
    ("a/#", "a/b/c/d", True),
    ("a/#", "ab/c", False),
    ("a/+/#", "a", False),
    ("a/+/#", "a/b", True),
    ("#", "a/b", True),
    ("#", "$SYS/broker", False),
    ("+/broker", "$SYS/broker", False),
    ("$SYS/#", "$SYS/broker", True),
    ("site_1/#", "site_10/gateway", False),
]

# (wide, narrow, whether it covers)
COVERS = [
    ("a/#", "a/b", True),
    ("a/#", "a/+/c", True),
    ("a/#", "a/+/#", True),
    ("a/#", "a", True),
    ("a/+", "a/b", True),
    ("a/+", "a/+", True),
    ("a/+", "a/#", False),
    ("a/+/#", "a/#", False),
    ("a/b", "a/+", False),
    ("a/+/c", "a/b/+", False),
    ("#", "$SYS/#", False),
    ("#", "+/b", True),
]

levels = st.sampled_from(["", "a", "b", "1", "$S"])
topics = st.lists(levels, min_size=1, max_size=5).map("/".join)
filters = st.tuples(
    st.lists(st.one_of(levels, st.just("+")), max_size=4), st.sampled_from([["#"], ["+"], ["a"], [""]])
).map(lambda parts: "/".join(parts[0] + parts[1]))


def configured(pattern: str, qos: int = 1, is_active: bool = True) -> TopicRecord:
    return TopicRecord(id=1, site_id=1, topic_pattern=pattern, qos_level=qos, is_active=is_active)


@pytest.mark.parametrize(("pattern", "topic", "expected"), MATCHES)
def test_a_filter_takes_the_topics_that_mqtt_says(pattern: str, topic: str, expected: bool) -> None:
    assert filter_covers(pattern, topic) is expected


@pytest.mark.parametrize(("wide", "narrow", "expected"), COVERS)
def test_a_filter_covers_another_that_takes_no_topic_of_its_own(wide: str, narrow: str, expected: bool) -> None:
    assert filter_covers(wide, narrow) is expected


@unhurried
@given(filters, filters, topics)
def test_what_a_covered_filter_takes_is_taken_by_the_one_that_covers_it(wide: str, narrow: str, topic: str) -> None:
    if filter_covers(wide, narrow) and filter_covers(narrow, topic):
        assert filter_covers(wide, topic)


@unhurried
@given(filters)
def test_a_filter_covers_itself(pattern: str) -> None:
    assert filter_covers(pattern, pattern)


OWN = ("s/backend/status", 1)


def test_discovery_subscribes_all_below_the_prefix_and_nothing_else() -> None:
    assert subscriptions("s", [configured("s/gateway/+/heartbeat", 2)], "open") == (("s/#", 1),)


def test_without_discovery_the_configured_filters_are_subscribed_in_their_order() -> None:
    topics = [configured("s/b", 0), configured("s/a", 1)]
    assert subscriptions("s", topics, "closed") == (("s/b", 0), ("s/a", 1), OWN)


def test_a_covered_filter_is_dropped_and_lends_its_qos() -> None:
    topics = [configured("s/gateway/1/heartbeat", 1), configured("s/gateway/#", 0), configured("s/gateway/#", 0)]
    assert subscriptions("s", topics, "closed") == (("s/gateway/#", 1), OWN)


def test_an_inactive_filter_is_not_subscribed_and_lends_no_qos() -> None:
    topics = [configured("s/gateway/#", 0), configured("s/gateway/1", 1, False), configured("s/x", 1, False)]
    assert subscriptions("s", topics, "closed") == (("s/gateway/#", 0), OWN)


def test_qos_2_is_subscribed_at_1() -> None:
    assert subscriptions("s", [configured("s/a", 2)], "closed") == (("s/a", 1), OWN)


def test_a_site_with_no_active_filter_and_no_discovery_hears_itself_alone() -> None:
    assert subscriptions("s", [], "closed") == (OWN,)


def test_a_filter_that_covers_our_own_presence_is_heard_as_it_needs() -> None:
    assert subscriptions("s", [configured("s/#", 0)], "closed") == (("s/#", 1),)


def test_filters_that_overlap_are_joined_so_that_no_topic_comes_twice() -> None:
    topics = [configured("s/gateway/+/heartbeat", 0), configured("s/gateway/1/+", 1), configured("s/x", 0)]
    assert subscriptions("s", topics, "closed") == (("s/gateway/+/+", 1), ("s/x", 0), OWN)


@unhurried
@given(st.lists(filters, max_size=6), topics)
def test_of_the_subscriptions_one_takes_what_is_configured_and_no_two_take_one_topic(
    patterns: list[str], topic: str
) -> None:
    wanted = [f"s/{pattern}" for pattern in patterns]
    chosen = [subscription.filter for subscription in subscriptions("s", list(map(configured, wanted)), "closed")]
    assert all(any(filter_covers(one, pattern) for one in chosen) for pattern in wanted)
    assert sum(filter_covers(one, f"s/{topic}") for one in chosen) <= 1
    assert not any(filters_overlap(one, other) for one in chosen for other in chosen if one is not other)


@pytest.mark.parametrize(
    ("prefix", "topic", "below"),
    [
        ("site_1", "site_1/gateway/heartbeat", "gateway/heartbeat"),
        ("site_1", "site_10/gateway/heartbeat", None),
        ("site_1", "site_1", None),
        ("site_1", "other/site_1/x", None),
        ("north/site_1", "north/site_1/x", "x"),
    ],
)
def test_only_what_is_below_the_prefix_is_the_sites(prefix: str, topic: str, below: str | None) -> None:
    assert below_prefix(prefix, topic) == below


@pytest.mark.parametrize(
    ("prefix", "topic", "pattern"),
    [
        ("s", "s/datalogger/monstro/12/heartbeat", "s/datalogger/monstro/+/heartbeat"),
        ("s", "s/gateway/1/datalogger/2/data", "s/gateway/+/datalogger/+/data"),
        ("88", "88/gateway/1/heartbeat", "88/gateway/+/heartbeat"),
        ("s", "s/sensor/MNA00542/v2", "s/sensor/MNA00542/v2"),
        ("s", "s/gateway/٣/heartbeat", "s/gateway/٣/heartbeat"),
        ("s", "t/1", "t/1"),
    ],
)
def test_the_instances_of_a_device_share_a_pattern(prefix: str, topic: str, pattern: str) -> None:
    assert pattern_of(prefix, topic) == pattern
