"""The private servers come and go as the tests of the product rely on."""

from collections.abc import Callable
from pathlib import Path

import pytest
from servers.mosquitto import Mosquitto
from servers.ports import HIGHEST_PORT, free_port
from servers.process import ServerFailed, require_binaries


def test_a_broker_that_was_killed_comes_back_on_its_port(private_mosquitto: Callable[..., Mosquitto]) -> None:
    broker = private_mosquitto()
    port = broker.port

    broker.kill()
    assert not broker.is_accepting()
    broker.start()

    assert broker.is_accepting()
    assert broker.port == port


def test_a_broker_with_a_broken_configuration_says_so_and_leaves_nothing(
    private_mosquitto: Callable[..., Mosquitto],
) -> None:
    with pytest.raises(ServerFailed, match="nonsense"):
        private_mosquitto(["nonsense true"])


def test_a_frozen_broker_does_not_answer_until_it_is_thawed(private_mosquitto: Callable[..., Mosquitto]) -> None:
    broker = private_mosquitto()

    broker.freeze()
    assert not broker.is_accepting()
    broker.thaw()

    assert broker.is_accepting()


def test_a_stopped_server_leaves_no_files() -> None:
    with Mosquitto() as broker:
        directory: Path = broker.directory
        assert directory.exists()

    assert not directory.exists()


def test_what_is_not_installed_is_skipped_and_fails_on_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "false")
    with pytest.raises(pytest.skip.Exception, match="install the Debian package the-package"):
        require_binaries("the-package", "no-such-binary")

    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="nothing may be skipped"):
        require_binaries("the-package", "no-such-binary")


def test_ports_stay_out_of_the_range_of_outgoing_connections() -> None:
    first_outgoing, _ = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()

    assert free_port() <= HIGHEST_PORT < int(first_outgoing)
