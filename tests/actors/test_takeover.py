"""Another client with our id is inferred where the broker has no word for it (row B7)."""

import pytest
from sitewarden.actors.takeover import EVIDENCE_LASTS, MOST_KNOWN, SHORT_LIFE, TakeoverEvidence

START = 1_000.0  # monotonic seconds
BEFORE, OTHER = 17.0, 42.0  # since when others have run, epoch seconds


@pytest.fixture
def evidence() -> TakeoverEvidence:
    return TakeoverEvidence()


def live(evidence: TakeoverEvidence, seconds: float, works: bool = True, at: float = START) -> bool:
    """Open a link and have it cut after so many seconds; whether that is a takeover."""
    evidence.opened(at)
    if works:
        evidence.echoed()
    return evidence.is_takeover(True, at + seconds)


@pytest.mark.parametrize(
    ("lives", "is_takeover"),
    [
        ([2.0], False),
        ([2.0, 2.0], True),
        ([2.0, 2.0, 2.0], True),
        ([2.0, SHORT_LIFE], False),
        ([SHORT_LIFE, 2.0], False),
        ([2.0, SHORT_LIFE, 2.0], False),
    ],
)
def test_a_link_that_is_cut_soon_after_it_worked_twice_running_was_taken_over(
    evidence: TakeoverEvidence, lives: list[float], is_takeover: bool
) -> None:
    assert [live(evidence, seconds) for seconds in lives][-1] is is_takeover


def test_a_broker_that_kicks_before_anything_has_worked_is_no_takeover(evidence: TakeoverEvidence) -> None:
    assert not any(live(evidence, 0.1, works=False) for _ in range(5))


def test_a_dial_that_fails_in_between_speaks_for_a_broker_that_goes_away(evidence: TakeoverEvidence) -> None:
    live(evidence, 2.0)
    evidence.failed()
    assert not live(evidence, 2.0)


def test_a_cut_after_another_has_shown_up_with_our_id_is_a_takeover(evidence: TakeoverEvidence) -> None:
    live(evidence, 2 * SHORT_LIFE)
    evidence.saw_other(OTHER, START)
    assert live(evidence, 2 * SHORT_LIFE)
    assert not live(evidence, 2 * SHORT_LIFE, at=START + EVIDENCE_LASTS)


def test_what_the_broker_has_kept_of_ourselves_before_a_restart_is_no_other(evidence: TakeoverEvidence) -> None:
    evidence.opened(START)
    evidence.saw_other(BEFORE, START)  # retained, or queued: our own presence comes after it
    evidence.echoed()
    evidence.saw_other(BEFORE, START)
    assert not evidence.is_takeover(True, START + 2 * SHORT_LIFE)


def test_what_a_device_writes_on_our_topic_does_not_fill_the_memory(evidence: TakeoverEvidence) -> None:
    for number in range(2 * MOST_KNOWN):
        evidence.saw_other(float(number), START)
    assert len(evidence.earlier) == MOST_KNOWN


def test_a_link_that_is_cut_before_it_is_open_is_no_second_life_of_the_one_before(evidence: TakeoverEvidence) -> None:
    live(evidence, 2.0)
    assert not any(evidence.is_takeover(False, START + 2.0) for _ in range(5))
    assert live(evidence, 2.0), "nor does it hide that the next one is taken over"
