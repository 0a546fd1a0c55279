"""Being told to stop, by the signals of the real system."""

import os
import signal
import subprocess
import sys

import pytest
from sitewarden.shell.stop_signal import stop_signals


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_is_seen_by_the_one_who_waits_and_by_all_later_ones(number: signal.Signals) -> None:
    with stop_signals() as stop:
        assert not stop.wait(0)
        os.kill(os.getpid(), number)
        assert stop.wait(10)
        assert stop.wait(0)


def test_what_took_the_signals_before_takes_them_afterwards() -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with stop_signals():
        assert signal.getsignal(signal.SIGTERM) != before[1]
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_one_wish_that_comes_as_several_signals_does_not_kill() -> None:
    with stop_signals() as stop:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGINT):
            os.kill(os.getpid(), number)
        assert stop.wait(10)


def test_somebody_who_has_lost_patience_ends_a_process_that_hangs() -> None:
    hanging = """
import time
from sitewarden.shell.stop_signal import stop_signals
with stop_signals() as stop:
    print("ready", flush=True)
    stop.wait(None)
    print("told", flush=True)
    while True:
        time.sleep(1)
"""
    with subprocess.Popen([sys.executable, "-c", hanging], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGTERM)
        assert process.stdout.readline() == "told\n"
        ended = None
        while ended is None:
            # Somebody presses Ctrl-C again and again; those that come within the first second are one wish.
            process.send_signal(signal.SIGINT)
            try:
                ended = process.wait(0.2)
            except subprocess.TimeoutExpired:
                continue
        assert ended == -signal.SIGINT
