from collections.abc import Callable

import pytest
from sitewarden.actors.backoff import BackoffPolicy, Park, RetryAt, after_failure, is_proved

POLICY = BackoffPolicy(retry_delay=5, max_retry_delay=300, jitter=0.2, max_retries=10, probe_interval=900)
PATIENT = POLICY._replace(max_retries=10**9)

Draw = Callable[[float, float], float]


def middle(low: float, high: float) -> float:
    return (low + high) / 2


def highest(_low: float, high: float) -> float:
    return high


def lowest(low: float, _high: float) -> float:
    return low


@pytest.mark.parametrize(("failures_before", "delay"), list(enumerate([5, 10, 20, 40, 80, 160, 300, 300, 300])))
def test_each_failure_in_a_row_doubles_the_wait_up_to_the_cap(failures_before: int, delay: float) -> None:
    decision = after_failure(POLICY, failures_before, False, middle)
    assert decision == RetryAt(pytest.approx(delay), failures_before + 1)


@pytest.mark.parametrize(("draw", "delay"), [(lowest, 4.0), (highest, 6.0)])
def test_jitter_moves_a_wait_by_its_share_either_way(draw: Draw, delay: float) -> None:
    assert after_failure(POLICY, 0, False, draw).delay == pytest.approx(delay)


def test_jitter_may_pass_the_cap_so_that_capped_sites_stay_apart() -> None:
    assert after_failure(PATIENT, 20, False, highest).delay == pytest.approx(360)


def test_a_link_that_has_failed_for_years_still_has_a_wait() -> None:
    assert after_failure(PATIENT, 10**6, False, middle).delay == pytest.approx(300)


@pytest.mark.parametrize(
    ("failures_before", "parks"), [(8, False), (9, False), (10, True), (11, True)], ids=lambda value: str(value)
)
def test_a_link_is_parked_when_its_last_retry_has_failed(failures_before: int, parks: bool) -> None:
    assert isinstance(after_failure(POLICY, failures_before, False, middle), Park) is parks


def test_a_link_that_waiting_does_not_mend_is_parked_at_once() -> None:
    assert after_failure(POLICY, 0, True, middle) == Park(pytest.approx(900))


@pytest.mark.parametrize(("draw", "delay"), [(lowest, 720.0), (highest, 1080.0)])
def test_a_probe_is_moved_by_jitter_as_a_retry_is(draw: Draw, delay: float) -> None:
    assert after_failure(POLICY, 10, False, draw) == Park(pytest.approx(delay))


def test_a_link_that_may_not_be_probed_waits_for_a_person() -> None:
    assert after_failure(POLICY._replace(probe_interval=0), 10, False, middle) == Park(None)


@pytest.mark.parametrize(
    ("connected", "keep_alive", "proved"),
    [(59, 10, False), (60, 10, True), (60, 30, True), (61, 60, False), (119, 60, False), (120, 60, True)],
)
def test_a_link_is_proved_after_a_minute_and_two_keep_alives(connected: float, keep_alive: float, proved: bool) -> None:
    assert is_proved(connected, keep_alive) is proved


def test_a_broker_that_kicks_before_each_proof_is_dialled_ever_less_often_and_then_parked() -> None:
    waits = []
    count = 0
    while True:
        if is_proved(59, keep_alive=30):
            count = 0
        decision = after_failure(POLICY, count, False, middle)
        if isinstance(decision, Park):
            break
        waits.append(decision.delay)
        count = decision.retry_count
    assert waits == pytest.approx([5, 10, 20, 40, 80, 160, 300, 300, 300, 300])


def test_a_link_that_proves_itself_between_its_failures_is_dialled_soon_each_time() -> None:
    count = 0
    for _ in range(20):
        if is_proved(60, keep_alive=30):
            count = 0
        decision = after_failure(POLICY, count, False, middle)
        assert decision == RetryAt(pytest.approx(5), 1)
        count = 1
