"""Which stacks may be loaded at once: they share the same cores, and each works against the other.

Duets compare what is much alike (Bulej et al., Duet benchmarking, ICPE 2020). Two servers that
sleep, wake and use threads in different ways share a core unevenly, in CPU groups of equal weight,
too, and the ratio then tells of the scheduler: held to windows that alternate, duets of unlike
stacks were off by up to a tenth (`benchmarks/method/duet_bias.py`, docs/method.md). So both
have to be the same server with as many workers and threads.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from timetrial.model.suite import Stack

_INSTEAD = "leave out mode = 'duet', and they take turns"


def refusal(stacks: Sequence[Stack]) -> str | None:
    """Say in one sentence why these stacks cannot be compared by duets; None: they can."""
    if len(stacks) < 2:  # noqa: PLR2004 - a duet is of two
        return f"a duet takes two stacks or more, there is only {stacks[0].name!r}"
    found = (_refusal_of_pair(one, other) for one, other in itertools.combinations(stacks, 2))
    return next((why for why in found if why is not None), None)


def _refusal_of_pair(one: Stack, other: Stack) -> str | None:
    if one.server != other.server:
        differ = f"run on {one.server} and {other.server}"
    elif (one.workers, one.threads) != (other.workers, other.threads):
        differ = f"have {_shape(one)} and {_shape(other)} workers × threads"
    else:
        return None
    return (
        f"{one.name!r} and {other.name!r} {differ}, and stacks so unlike do not share the "
        f"same cores evenly when both are loaded at once; {_INSTEAD}"
    )


def _shape(stack: Stack) -> str:
    return f"{stack.workers} × {stack.threads}"
