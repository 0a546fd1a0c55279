from sitewarden.actors.directory import Directory, Finding, Place, fallback_serial


def directory(**serials: str | None) -> Directory:
    made = Directory()
    for slot, serial in serials.items():
        made.add(slot.replace("_", "/"), serial)
    return made


def test_a_device_without_a_serial_is_found_by_its_slot() -> None:
    known = directory(monstro_1=None)
    assert known.locate("monstro/1", None) == Place(Finding.KNOWN, "monstro/1", None)
    assert known.locate("monstro/2", None) == Place(Finding.NEW, "monstro/2", None)


def test_a_serial_that_arrives_later_fills_in_and_doubles_nothing() -> None:
    known = directory(monstro_1=None)
    place = known.locate("monstro/1", "SN1")
    assert place == Place(Finding.SERIAL_LEARNED, "monstro/1", "SN1")
    known.add(place.slot, place.serial)
    assert known.locate("monstro/1", "SN1") == Place(Finding.KNOWN, "monstro/1", "SN1")
    assert known.locate("monstro/1", None) == Place(Finding.KNOWN, "monstro/1", None)


def test_another_serial_in_a_slot_is_replaced_hardware_in_the_same_place() -> None:
    known = directory(monstro_1="SN1")
    place = known.locate("monstro/1", "SN2")
    assert place == Place(Finding.HARDWARE_REPLACED, "monstro/1", "SN2")
    known.add(place.slot, place.serial)
    assert known.locate("adaq/1", "SN1") == Place(Finding.NEW, "adaq/1", "SN1")


def test_one_serial_in_two_slots_is_a_conflict_and_moves_nothing() -> None:
    known = directory(monstro_1="SN1", monstro_2="SN2")
    assert known.locate("monstro/2", "SN1") == Place(Finding.SERIAL_CONFLICT, "monstro/2", None)
    assert known.locate("monstro/3", "SN1") == Place(Finding.SERIAL_CONFLICT, "monstro/3", None)


def test_the_name_of_another_slots_fallback_does_not_take_that_slot_over() -> None:
    known = directory(monstro_1=None, monstro_2=None)
    assert known.locate("monstro/1", "monstro_2").slot == "monstro/1"


def test_a_device_met_by_its_serial_is_the_same_when_its_slot_is_told() -> None:
    known = Directory()
    known.add("serial:DL-001", "DL-001")
    assert known.locate("monstro/1", "DL-001") == Place(Finding.KNOWN, "serial:DL-001", "DL-001")


def test_a_device_of_a_slot_is_the_same_when_a_topic_names_its_serial_alone() -> None:
    assert directory(monstro_1="DL-001").locate("serial:DL-001", "DL-001").slot == "monstro/1"


def test_the_fallback_serial_is_written_as_the_older_system_wrote_it() -> None:
    assert fallback_serial("monstro/1") == "monstro_1"
