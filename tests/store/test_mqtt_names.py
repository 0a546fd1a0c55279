"""The syntax of what people write."""

import pytest
from sitewarden.store.mqtt_names import (
    check_filter,
    check_host,
    check_line,
    check_prefix,
    is_below,
    prefixes_overlap,
)


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "broker.example.com",
        "broker.example.com.",
        "10.0.0.1",
        "::1",
        "fe80::1%eth0",
        "my_broker",
        "a" * 63,
    ],
)
def test_hosts_that_can_be_dialled(host: str) -> None:
    assert check_host(host) == host


@pytest.mark.parametrize(
    "host",
    [
        "",
        ".",
        "a..b",
        "a" * 64,
        ".a",
        "-a",
        "a-",
        "a b",
        "häuser.de",
        "a/b",
        "http://a",
        "a:1883",
        "[::1]",
        "a.b" * 100,
    ],
)
def test_hosts_that_would_end_who_dials_them(host: str) -> None:
    with pytest.raises(ValueError, match="neither a host name nor an IP address"):
        check_host(host)


@pytest.mark.parametrize("pattern", ["a", "#", "+", "a/#", "+/a/+/#", "/", "a//b", "a/+"])
def test_filters_that_mqtt_allows(pattern: str) -> None:
    assert check_filter(pattern) == pattern


@pytest.mark.parametrize("pattern", ["", "a#", "#/a", "a/#/b", "a/b#", "a+", "+a/b", "##", "a/++/b"])
def test_filters_that_mqtt_forbids(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"stands alone|at least one"):
        check_filter(pattern)


@pytest.mark.parametrize("prefix", ["sito_001", "a/b", "à"])
def test_prefixes_that_may_be_used(prefix: str) -> None:
    assert check_prefix(prefix) == prefix


@pytest.mark.parametrize("prefix", ["", "/", "/a", "a/", "a//b", "a/+", "#", "$SYS"])
def test_prefixes_that_may_not(prefix: str) -> None:
    with pytest.raises(ValueError, match=r"empty level|holds no|belong to the broker"):
        check_prefix(prefix)


@pytest.mark.parametrize("text", ["a\nb", "\x00", "\x7f", "\x85", "\ud800", "\u2028", "\t"])
def test_text_of_more_than_one_line_names_its_character(text: str) -> None:
    with pytest.raises(ValueError, match=r"U\+"):
        check_line(text)


@pytest.mark.parametrize(
    ("one", "other", "overlap"),
    [("a", "a", True), ("a", "a/b", True), ("a", "ab", False), ("a/b", "a/c", False), ("A", "a", False)],
)
def test_prefixes_overlap_level_by_level(one: str, other: str, overlap: bool) -> None:
    assert prefixes_overlap(one, other) is overlap
    assert prefixes_overlap(other, one) is overlap


@pytest.mark.parametrize(
    ("pattern", "below"), [("a/#", True), ("a/b", True), ("a", False), ("ab/c", False), ("+/b", False), ("#", False)]
)
def test_a_filter_is_below_a_prefix_only_with_all_its_topics(pattern: str, below: bool) -> None:
    assert is_below("a", pattern) is below
