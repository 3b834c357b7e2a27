"""Which stacks of a suite are versions of one server, and what hash seed they share."""

from __future__ import annotations

import random

from timetrial.model import DraftSuite, Stack

_HIGHEST = 2**32 - 1
"""Of PYTHONHASHSEED; 0 would switch hashing at random off."""


def versions_beside(suite: DraftSuite, stack: Stack) -> tuple[str, ...]:
    """List the stacks that are the same server as `stack`, in versions; empty where it is alone.

    Versions of a package, of Python or of the app's code: all else is the same. Their A/A control
    is among them. A suite that has one version alone, and its control, compares unlike servers.
    """
    alike = [other for other in suite.stacks if _kind(other) == _kind(stack)]
    versions = [other for other in alike if other.control_of is None]
    return tuple(other.name for other in alike) if len(versions) > 1 else ()


def _kind(stack: Stack) -> object:
    settings = tuple(sorted(stack.env.items()))
    return stack.server, stack.interface, stack.workers, stack.threads, settings


def hash_seed(seed: int, round_: int, attempt: int) -> int:
    """Return the hash seed of a round, from the seed of the run.

    A start that is tried again has another one: what failed may depend on it.
    """
    randomness = random.Random(f"{seed} {round_} {attempt}")  # noqa: S311 - it has to be repeatable
    return randomness.randint(1, _HIGHEST)
