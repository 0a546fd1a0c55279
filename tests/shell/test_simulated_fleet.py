"""What a simulated fleet publishes, and when."""

import json
from random import Random

from sitewarden.shell.simulated_fleet import Cadence, Datalogger, Gateway, Rota, build_site

START = 1_760_450_236.288


def silence(deviation: float) -> float:
    return 0.0 * deviation


def test_a_site_is_a_gateway_and_its_dataloggers_with_their_sensors() -> None:
    gateway, *dataloggers = build_site("sito_001", 1, 3, 5, Cadence(), Random(1), START)
    assert isinstance(gateway, Gateway)
    assert [d.instance for d in dataloggers if isinstance(d, Datalogger)] == [1, 2, 3]
    serials = [serial for d in dataloggers if isinstance(d, Datalogger) for serial, _ in d.instruments]
    assert len(serials) == len(set(serials)) == 15


def test_a_datalogger_heartbeat_has_the_form_that_the_field_sends() -> None:
    datalogger = build_site("sito_001", 1, 1, 5, Cadence(dataloggers=5), Random(1), START)[1]
    topic, payload = datalogger.publish(START, silence)
    assert topic == "sito_001/datalogger/monstro/1/heartbeat"
    heartbeat = json.loads(payload)
    assert heartbeat["heart_beat"] == "sito_001"
    assert heartbeat["message_interval_seconds"] == 5
    first = heartbeat["sensors_last_data"][0]
    assert first["device_name"] == "MNA00101001"
    assert first["ts"] == "2025-10-14 13:57:16.288000"
    assert {"last_acc00", "last_acc01", "last_acc02", "last_incli_x", "last_incli_y"} <= first.keys()
    assert "last_ch1" in heartbeat["sensors_last_data"][4]


def test_a_gateway_heartbeat_is_flat_and_its_figures_agree() -> None:
    gateway = build_site("sito_001", 1, 1, 1, Cadence(), Random(1), START)[0]
    topic, payload = gateway.publish(START + 3600, silence)
    assert topic == "sito_001/gateway/heartbeat"
    heartbeat = json.loads(payload)
    assert heartbeat["system_uptime"] == 3600
    assert heartbeat["ram_used_gb"] == round(heartbeat["ram_total_gb"] * heartbeat["ram_percent_used"] / 100, 2)
    assert 0 < heartbeat["disk_free_gb"] < heartbeat["disk_total_gb"]


def test_every_device_has_its_turn_at_its_own_interval_and_none_is_missed_by_a_late_caller() -> None:
    devices = build_site("sito_001", 1, 3, 1, Cadence(dataloggers=10, gateways=20), Random(1), START)
    rota = Rota(devices, start=0.0)
    turns = [*rota.due(0.0), *rota.due(7.0), *rota.due(60.0)]
    assert [at for at, _ in turns] == sorted(at for at, _ in turns)
    counts = {device.serial: sum(d is device for _, d in turns) for device in devices}
    assert counts == {devices[0].serial: 3, **{device.serial: 6 for device in devices[1:]}}
    assert rota.next >= 60.0


def test_devices_do_not_all_publish_at_once() -> None:
    devices = build_site("sito_001", 1, 5, 1, Cadence(10, 10), Random(1), START)
    times = [at for at, _ in Rota(devices, start=0.0).due(10.0)]
    assert len(set(times)) == len(devices)
