"""One Sitewarden for each data directory."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sitewarden.shell.instance_lock import AlreadyRunning, only_instance


def test_a_second_one_is_refused_and_told_who_the_first_is(tmp_path: Path) -> None:
    first, second = only_instance(tmp_path), only_instance(tmp_path)
    with first, pytest.raises(AlreadyRunning, match=f"process {os.getpid()}"), second:
        pass


def test_two_directories_do_not_disturb_each_other(tmp_path: Path) -> None:
    with only_instance(tmp_path / "one"), only_instance(tmp_path / "two"):
        assert (tmp_path / "two").is_dir()


def test_after_the_first_has_ended_the_directory_is_free(tmp_path: Path) -> None:
    for _ in range(2):
        with only_instance(tmp_path):
            pass


def test_one_that_was_killed_locks_nothing(tmp_path: Path) -> None:
    holder = f"""
import sys
from pathlib import Path
from sitewarden.shell.instance_lock import only_instance
with only_instance(Path({str(tmp_path)!r})):
    print("held", flush=True)
    sys.stdin.read()
"""
    with subprocess.Popen(
        [sys.executable, "-c", holder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        with pytest.raises(AlreadyRunning, match=f"process {process.pid}"), only_instance(tmp_path):
            pass
        process.kill()
    with only_instance(tmp_path):
        pass


def test_the_data_directory_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    with only_instance(tmp_path / "data"):
        assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700
