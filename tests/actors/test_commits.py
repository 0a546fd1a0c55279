"""When what has changed is written (rows C10 and F3). Times are seconds."""

import pytest
from sitewarden.actors.commits import RETRY_AFTER, SITE_WAITS_NO_LONGER, Commits

INTERVAL = 5.0
ACK_DELAY = 0.2


@pytest.fixture
def commits() -> Commits:
    """A schedule that has just had all handed on, at 0."""
    commits = Commits(INTERVAL, ACK_DELAY)
    commits.handed_on(0.0)
    return commits


def test_without_a_reason_a_commit_waits_for_its_interval(commits: Commits) -> None:
    assert not commits.is_due(INTERVAL - 0.1)
    assert commits.is_due(INTERVAL)


def test_a_message_waits_for_others_but_not_for_long(commits: Commits) -> None:
    commits.wait(1, 1.0)
    commits.wait(2, 1.1)
    assert not commits.is_due(1.1)
    assert commits.is_due(1.1 + ACK_DELAY)


def test_a_site_whose_window_may_be_full_does_not_wait(commits: Commits) -> None:
    commits.wait(SITE_WAITS_NO_LONGER, 1.0)
    assert commits.is_due(1.0)


def test_a_discovery_does_not_wait(commits: Commits) -> None:
    commits.want()
    assert commits.is_due(0.0)


def test_what_is_handed_on_is_not_handed_on_again(commits: Commits) -> None:
    commits.wait(SITE_WAITS_NO_LONGER, 1.0)
    commits.handed_on(1.0)
    assert not commits.is_due(1.0)


def test_while_a_batch_is_written_the_next_one_gathers(commits: Commits) -> None:
    commits.begin()
    commits.wait(SITE_WAITS_NO_LONGER, 1.0)
    assert not commits.is_due(INTERVAL)
    commits.end()
    assert commits.is_due(1.0)


def test_a_database_in_trouble_is_left_in_peace_and_then_tried_again(commits: Commits) -> None:
    commits.begin()
    commits.fail(1.0)
    assert not commits.is_due(1.0 + RETRY_AFTER - 0.1)
    assert commits.is_due(1.0 + RETRY_AFTER)


def test_meanwhile_all_is_handed_on_for_the_spool_if_it_is_wanted(commits: Commits) -> None:
    commits.begin()
    commits.is_spool_wanted = True
    assert commits.is_due(0.1)


def test_who_stops_makes_no_further_attempt_after_one_that_failed(commits: Commits) -> None:
    commits.hurry()
    commits.begin()
    commits.fail(0.1)
    assert not commits.is_due(10 * RETRY_AFTER)
    commits.is_spool_wanted = True
    assert commits.is_due(0.1)


def test_who_stops_waits_for_nothing_but_the_batch_under_way(commits: Commits) -> None:
    commits.fail(0.0)
    commits.hurry()
    assert commits.is_due(0.1)
    commits.begin()
    assert not commits.is_due(0.1)
