import pytest
from sitewarden.actors.backoff import BackoffPolicy, RetryAt, after_failure, is_proved

POLICY = BackoffPolicy(retry_delay=5, max_retry_delay=300, jitter=0.2)


def middle(low: float, high: float) -> float:
    return (low + high) / 2


def highest(_low: float, high: float) -> float:
    return high


def lowest(low: float, _high: float) -> float:
    return low


@pytest.mark.parametrize(("failures_before", "delay"), list(enumerate([5, 10, 20, 40, 80, 160, 300, 300, 300])))
def test_each_failure_in_a_row_doubles_the_wait_up_to_the_cap(failures_before: int, delay: float) -> None:
    assert after_failure(POLICY, failures_before, middle) == RetryAt(pytest.approx(delay), failures_before + 1)


@pytest.mark.parametrize(("draw", "delay"), [(lowest, 4.0), (highest, 6.0)])
def test_jitter_moves_a_wait_by_its_share_either_way(draw: object, delay: float) -> None:
    assert after_failure(POLICY, 0, draw).delay == pytest.approx(delay)


def test_jitter_may_pass_the_cap_so_that_capped_sites_stay_apart() -> None:
    assert after_failure(POLICY, 20, highest).delay == pytest.approx(360)


def test_a_link_that_has_failed_for_years_still_has_a_wait() -> None:
    assert after_failure(POLICY, 10**6, middle).delay == pytest.approx(300)


@pytest.mark.parametrize(
    ("connected", "keep_alive", "proved"),
    [(59, 10, False), (60, 10, True), (60, 30, True), (61, 60, False), (119, 60, False), (120, 60, True)],
)
def test_a_link_is_proved_after_a_minute_and_two_keep_alives(connected: float, keep_alive: float, proved: bool) -> None:
    assert is_proved(connected, keep_alive) is proved
