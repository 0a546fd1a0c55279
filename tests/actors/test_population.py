"""Who lives at a site, and how many more may come (rows C3 and C5)."""

from sitewarden.actors.directory import Finding
from sitewarden.actors.population import Allowance, Population
from sitewarden.store.records import DataloggerRecord
from thespian.actors import ActorAddress

ADDRESS = ActorAddress("one")


def test_a_remembered_fallback_serial_is_no_serial() -> None:
    population = Population()
    population.settle(DataloggerRecord(1, "monstro/1", "monstro_1"), ADDRESS)
    assert population.locate("monstro/1", "SN1").finding is Finding.SERIAL_LEARNED


def test_a_remembered_serial_is_known_and_another_replaces_it_once() -> None:
    population = Population()
    population.settle(DataloggerRecord(1, "monstro/1", "SN1"), ADDRESS)
    findings = [population.locate("monstro/1", serial).finding for serial in ("SN1", "SN2", "SN2", None)]
    assert findings == [Finding.KNOWN, Finding.HARDWARE_REPLACED, Finding.KNOWN, Finding.KNOWN]


def test_a_resident_is_found_by_its_actor() -> None:
    population = Population()
    population.settle(DataloggerRecord(1, "monstro/1", "SN1"), ADDRESS)
    assert population.slot_of(ADDRESS) == "monstro/1"
    assert population.slot_of(ActorAddress("another")) is None


def test_an_allowance_ends_and_those_that_are_there_count() -> None:
    allowance = Allowance(3)
    allowance.devices = 1
    assert [allowance.take() for _ in range(4)] == [True, True, False, False]
    assert allowance.devices == 3


def test_where_discovery_is_closed_nobody_may_enter() -> None:
    allowance = Allowance(3)
    allowance.is_open = False
    assert not allowance.take()
