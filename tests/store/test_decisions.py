"""People's decisions on devices and topics."""

import pytest
from sitewarden.store.errors import DeviceUnknown, TopicUnknown
from sitewarden.store.records import Batch, DataloggerRecord, DiscoveredTopicRecord, GatewayRecord, Kind, SensorRecord
from sitewarden.store.store import Store


@pytest.fixture
def devices(store: Store, site_id: int) -> dict[Kind, int]:
    """One device of each kind: its id."""
    records = (
        GatewayRecord(site_id, "gateway/1", "GW-1"),
        DataloggerRecord(site_id, "monstro/1", "DL-1"),
        SensorRecord(site_id, "monstro/1", "S-1"),
    )
    return {key.kind: device_id for key, device_id in store.write(Batch(devices=records)).device_ids.items()}


@pytest.mark.parametrize("kind", list(Kind))
def test_a_device_is_labelled_deleted_and_restored(
    store: Store, site_id: int, devices: dict[Kind, int], kind: Kind
) -> None:
    def found() -> tuple[str | None, bool]:
        memory = store.memory(site_id)
        [device] = {Kind.GATEWAY: memory.gateways, Kind.DATALOGGER: memory.dataloggers, Kind.SENSOR: memory.sensors}[
            kind
        ]
        return device.label, device.is_deleted

    assert found() == (None, False)
    store.set_label(kind, devices[kind], "Pila 3")
    store.set_deleted(kind, devices[kind], True)
    assert found() == ("Pila 3", True)
    store.set_label(kind, devices[kind], "Pila 3")  # nothing changes, and it is no error
    store.set_label(kind, devices[kind], None)
    store.set_deleted(kind, devices[kind], False)
    assert found() == (None, False)


@pytest.mark.parametrize("kind", list(Kind))
def test_a_device_that_is_not_there_is_named(store: Store, kind: Kind) -> None:
    with pytest.raises(DeviceUnknown, match=f"{kind} 4711"):
        store.set_label(kind, 4711, "x")
    with pytest.raises(DeviceUnknown, match=f"{kind} 4711"):
        store.set_deleted(kind, 4711, True)


def test_a_topic_is_paused_on_its_own_site_only(store: Store, site_id: int) -> None:
    topic = DiscoveredTopicRecord(site_id, "sito_001/a", "+/a", 1.0, 2.0, 3, "{}", True, "p")
    topic_id = store.write(Batch(topics=(topic,))).topic_ids[site_id, "sito_001/a"]

    paused = store.set_topic_active(site_id, topic_id, False)

    assert paused == topic._replace(id=topic_id, is_active=False)
    assert store.memory(site_id).topics == (paused,)
    with pytest.raises(TopicUnknown, match=f"{topic_id} on site {site_id + 1}"):
        store.set_topic_active(site_id + 1, topic_id, True)
