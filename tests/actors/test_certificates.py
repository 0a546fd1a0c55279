"""What is wrong with a certificate is told in full: OpenSSL names but the first fault."""

import pytest
from sitewarden.actors.certificates import DAY_SECONDS, Certificate, expiring, faults, is_for

NOW = 1_800_000_000.0
YEAR = 365 * DAY_SECONDS
EXPIRED, HOST_MISMATCH, SELF_SIGNED, NO_LOCAL_ISSUER, REVOKED = 10, 62, 18, 20, 23
TRUSTED = "those this machine trusts"


def certificate(**fields: object) -> Certificate:
    good = Certificate("CN=broker", "CN=ca", ("broker.example", "10.0.0.1"), NOW - YEAR, NOW + YEAR)
    return good._replace(**fields)


@pytest.mark.parametrize(
    ("host", "names", "is_so"),
    [
        ("broker.example", ("broker.example",), True),
        ("Broker.Example.", ("broker.example",), True),
        ("broker.example", ("*.example",), True),
        ("a.broker.example", ("*.example",), False),
        ("example", ("*.example",), False),
        ("broker.example", ("other.example", "broker.example"), True),
        ("broker.example", (), False),
        ("10.0.0.1", ("10.0.0.1",), True),
        ("10.0.0.1", ("*.0.0.1",), False),
        ("::1", ("::1",), True),
        ("0:0:0:0:0:0:0:1", ("::1",), True),
    ],
)
def test_a_certificate_is_for_the_hosts_that_it_names(host: str, names: tuple[str, ...], is_so: bool) -> None:
    assert is_for(host, names) is is_so


@pytest.mark.parametrize(
    ("changes", "host", "code", "words"),
    [
        ({"valid_until": NOW - DAY_SECONDS}, "broker.example", EXPIRED, ["expired on 2027-01-14 (1 day ago)"]),
        ({"valid_until": NOW - 3.5 * DAY_SECONDS}, "broker.example", EXPIRED, ["(4 days ago)"]),
        ({"valid_from": NOW + 1}, "broker.example", 9, ["not valid before 2027-01-15"]),
        ({}, "else.example", HOST_MISMATCH, ["is for broker.example, 10.0.0.1, not for else.example"]),
        ({"names": ()}, "broker.example", HOST_MISMATCH, ["is for no host at all"]),
        ({}, "broker.example", NO_LOCAL_ISSUER, [f"signed by CN=ca, which is not among {TRUSTED}"]),
        ({"valid_until": NOW - 1}, "else.example", SELF_SIGNED, ["expired", "signed by", "not for else.example"]),
        ({}, "broker.example", REVOKED, []),
    ],
)
def test_all_that_is_wrong_is_told_with_the_fix(
    changes: dict[str, object], host: str, code: int, words: list[str]
) -> None:
    found = faults([certificate(**changes)], host, code, TRUSTED, NOW)
    assert len(found) == len(words)
    for fault, word in zip(found, words, strict=True):
        assert word in fault.result
        assert fault.advice


def test_one_of_the_chain_that_has_expired_is_named() -> None:
    old = certificate(subject="CN=between", valid_until=NOW - DAY_SECONDS)
    [fault] = faults([certificate(), old], "broker.example", EXPIRED, TRUSTED, NOW)
    assert "CN=between" in fault.result


def test_a_chain_that_could_not_be_seen_still_has_its_fault() -> None:
    [fault] = faults([], "broker.example", NO_LOCAL_ISSUER, TRUSTED, NOW)
    assert TRUSTED in fault.result


@pytest.mark.parametrize(("days", "is_soon"), [(29.9, True), (30.1, False), (-1, True)])
def test_the_first_of_a_chain_to_expire_counts(days: float, is_soon: bool) -> None:
    first = certificate(subject="CN=first", valid_until=NOW + days * DAY_SECONDS)
    assert (expiring([certificate(), first], NOW) == first) is is_soon
    assert expiring([], NOW) is None
