"""A connection looked at from outside, stage by stage, when somebody asks (row B15).

    dns -> tcp -> tls -> connack -> suback, one for each filter -> data

It blocks, so it runs in the thread of whoever asks, never in the actors'. It has a client id of its own, keeps no
session, leaves no will and publishes nothing: the site's live link goes on beside it, undisturbed.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from typing import NamedTuple

from .diagnosis_network import Network
from .diagnosis_session import Conversation
from .diagnosis_tls import Tls
from .stages import Finding, Outcome, Stage, printable
from .trial import Trial

Look = Callable[[float], Finding | Sequence[Finding]]


class Limits(NamedTuple):
    """How long a diagnosis may take, in seconds: a stage, the last stage, and all of them."""

    stage: float
    listen: float
    total: float


def diagnose(trial: Trial, limits: Limits) -> Iterator[Stage]:
    """Look at a connection, giving each stage as it ends; after a failure the rest is skipped.

    Blocks between two stages, all in all about `limits.total` seconds at most. No password is in what it says.
    """
    give_up_at = time.monotonic() + limits.total
    network = Network(trial.target)
    tls = Tls(network)
    with closing(network), closing(Conversation(trial, network, tls)) as conversation:
        looks: list[tuple[str, Look, float]] = [
            ("dns", network.resolve, limits.stage),
            ("tcp", network.connect, limits.stage),
            ("tls", tls.secure, limits.stage),
            ("connack", conversation.greet, limits.stage),
            ("suback", conversation.subscribe, limits.stage),
            ("data", conversation.listen, limits.listen),
        ]
        obstacle = ""
        for name, look, limit in looks:
            left = give_up_at - time.monotonic()
            if obstacle:
                yield Stage(name, Outcome.SKIPPED, 0.0, f"not tried, because {obstacle}")
            elif left <= 0:
                obstacle = "the time is over"
                yield out_of_time(name, limits.total)
            else:
                for stage in timed(name, look, min(limit, left)):
                    obstacle = f"{name} failed" if stage.outcome is Outcome.FAILED else obstacle
                    yield stage


def timed(name: str, look: Look, limit: float) -> list[Stage]:
    started = time.monotonic()
    found = look(limit)
    seconds = time.monotonic() - started
    findings = [found] if isinstance(found, Finding) else found
    return [Stage(name, f.outcome, seconds, printable(f.result), printable(f.advice)) for f in findings]


def out_of_time(name: str, total: float) -> Stage:
    result = f"not tried: the {total:g} s for all of it are over"
    return Stage(name, Outcome.FAILED, 0.0, result, "See why the stages before took so long.")


def is_fine(stages: Sequence[Stage]) -> bool:
    """Say whether nothing failed."""
    return all(stage.outcome is not Outcome.FAILED for stage in stages)
