"""Secrets are sealed with keys that can be replaced."""

import stat
import threading
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sitewarden.store.errors import SecretsInvalid, SecretUnreadable
from sitewarden.store.secrets import Secrets


def new_key() -> str:
    return Fernet.generate_key().decode()


def test_a_key_is_made_at_the_first_use_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    file = tmp_path / "data" / "secret.key"

    sealed = Secrets.load(None, file).seal("geheim")

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert Secrets.load(None, file).open(sealed) == "geheim"
    assert list(file.parent.iterdir()) == [file]


def test_those_who_make_the_key_at_once_end_with_the_same_one(tmp_path: Path) -> None:
    loaded: list[Secrets] = []
    file = tmp_path / "secret.key"
    threads = [threading.Thread(target=lambda: loaded.append(Secrets.load(None, file))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    sealed = loaded[0].seal("geheim")

    assert [secrets.open(sealed) for secrets in loaded] == ["geheim"] * 8


def test_given_keys_win_over_the_file_which_is_not_made(tmp_path: Path) -> None:
    file = tmp_path / "secret.key"

    Secrets.load(new_key(), file)

    assert not file.exists()


def test_after_a_key_was_replaced_the_old_one_still_opens(tmp_path: Path) -> None:
    old, new = new_key(), new_key()
    sealed = Secrets.load(old, tmp_path).seal("geheim")

    assert Secrets.load(f"{new}, {old}", tmp_path).open(sealed) == "geheim"
    with pytest.raises(SecretUnreadable, match="add that key to SECRET_KEYS"):
        Secrets.load(new, tmp_path).open(sealed)


def test_nothing_is_sealed_to_nothing(tmp_path: Path) -> None:
    secrets = Secrets.load(new_key(), tmp_path)

    assert secrets.seal("") == ""
    assert secrets.open("") == ""


@pytest.mark.parametrize("keys", ["", " , ", "short", "not ascii é"])
def test_keys_that_cannot_be_used_are_refused_and_not_repeated(keys: str, tmp_path: Path) -> None:
    with pytest.raises(SecretsInvalid, match="SECRET_KEYS") as refusal:
        Secrets.load(keys, tmp_path)

    assert not keys.strip(" ,") or keys not in str(refusal.value)


def test_a_bad_key_among_good_ones_is_named_by_its_place(tmp_path: Path) -> None:
    with pytest.raises(SecretsInvalid, match="key 2 in SECRET_KEYS"):
        Secrets.load(f"{new_key()},bad", tmp_path)


def test_a_file_that_holds_no_key_is_named(tmp_path: Path) -> None:
    file = tmp_path / "secret.key"
    file.write_bytes(b"\xff\n")

    with pytest.raises(SecretsInvalid, match=r"secret\.key"):
        Secrets.load(None, file)
