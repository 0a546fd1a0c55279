"""How often an actor that fails is begun again (row B9)."""

from sitewarden.actors.restarts import RestartBudget, RestartPolicy

POLICY = RestartPolicy(limit=5, period=60, delay=1)


def test_the_first_restart_is_at_once_and_each_next_one_within_the_period_waits_longer() -> None:
    budget = RestartBudget(POLICY)
    assert [budget.after_failure(now) for now in range(5)] == [0, 1, 2, 4, 8]


def test_past_its_limit_an_actor_is_begun_again_no_more() -> None:
    budget = RestartBudget(POLICY)
    assert [budget.after_failure(now) is None for now in range(7)] == [False] * 5 + [True] * 2


def test_what_was_longer_ago_than_the_period_is_forgiven() -> None:
    budget = RestartBudget(POLICY)
    for now in (0, 10, 20, 30, 40):
        budget.after_failure(now)
    assert budget.after_failure(59) is None
    assert budget.used(59) == 5
    assert budget.after_failure(60) == 8
    assert budget.used(100) == 1
    assert budget.after_failure(200) == 0


def test_who_is_on_probation_has_no_restart_left_until_the_period_is_over() -> None:
    budget = RestartBudget(POLICY)
    budget.spend(1000)
    assert budget.after_failure(1001) is None
    assert budget.after_failure(1060) == 0
