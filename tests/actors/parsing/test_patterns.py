import pytest
from sitewarden.actors.parsing.patterns import KINDS, NamedSegment, PatternInvalid, parse_pattern


def test_a_named_segment_has_the_kind_of_its_name_unless_it_says_another() -> None:
    assert parse_pattern("gateway/{gateway:instance}/datalogger/{type}/{instance}/heartbeat") == (
        "gateway",
        NamedSegment("gateway", KINDS["instance"]),
        "datalogger",
        NamedSegment("type", KINDS["type"]),
        NamedSegment("instance", KINDS["instance"]),
        "heartbeat",
    )


@pytest.mark.parametrize(
    ("pattern", "complaint"),
    [
        ("gateway/{room}/x", "kind 'room'; there are instance, type, serial"),
        ("gateway/{room:colour}/x", "kind 'colour'"),
        ("gateway/+/x", r"level '\+'"),
        ("gateway/#", "level '#'"),
        ("gateway//x", "level ''"),
        ("", "level ''"),
        ("gateway/n{instance}", "level 'n{instance}'"),
        ("a/{instance}/b/{instance}", "names a segment twice"),
    ],
)
def test_a_pattern_that_cannot_be_read_says_why(pattern: str, complaint: str) -> None:
    with pytest.raises(PatternInvalid, match=complaint):
        parse_pattern(pattern)


@pytest.mark.parametrize(
    ("kind", "text", "is_taken"),
    [
        ("instance", "1", True),
        ("instance", "9999", True),
        ("instance", "10000", False),
        ("instance", "0", False),
        ("instance", "01", False),
        ("instance", "+1", False),
        ("instance", "-1", False),
        ("instance", " 1", False),
        ("instance", "1\n", False),
        ("instance", "1_0", False),
        ("instance", "١", False),
        ("instance", "", False),
        ("type", "monstr-o", True),
        ("type", "x" * 50, True),
        ("type", "x" * 51, False),
        ("type", "", False),
        ("type", "a.b", False),
        ("type", "è", False),
        ("serial", "DL-001:a.b_c", True),
        ("serial", "x" * 101, False),
        ("serial", "<img>", False),
        ("serial", "", False),
    ],
)
def test_a_segment_takes_what_its_kind_may_hold(kind: str, text: str, is_taken: bool) -> None:
    assert bool(KINDS[kind].takes(text)) is is_taken
