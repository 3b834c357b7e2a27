"""Which stacks may be loaded at once: they share the same cores, and each works against the other.

Duets compare what is much alike (Bulej et al., Duet benchmarking, ICPE 2020). Two servers that
sleep, wake and use threads in different ways may share a core unevenly, and the ratio then tells
of the scheduler. `benchmarks/method/duet_bias.py` holds duets to windows that alternate; what it
has shown to agree is listed here, and all else is refused.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from timetrial.suite import Stack

SERVERS_THAT_MAY_MEET: frozenset[frozenset[str]] = frozenset()
"""Pairs of servers, by name."""
SHAPES_THAT_MAY_MEET: frozenset[frozenset[tuple[int, int]]] = frozenset()
"""Pairs of workers and threads."""

_INSTEAD = "leave out mode = 'duet', and they take turns"


def refusal(stacks: Sequence[Stack]) -> str | None:
    """Say in one sentence why these stacks cannot be compared by duets; None: they can."""
    if len(stacks) < 2:  # noqa: PLR2004 - a duet is of two
        return f"a duet takes two stacks or more, there is only {stacks[0].name!r}"
    found = (_refusal_of_pair(one, other) for one, other in itertools.combinations(stacks, 2))
    return next((why for why in found if why is not None), None)


def _refusal_of_pair(one: Stack, other: Stack) -> str | None:
    servers = frozenset((one.server, other.server))
    shapes = frozenset(((one.workers, one.threads), (other.workers, other.threads)))
    if len(servers) > 1 and servers not in SERVERS_THAT_MAY_MEET:
        differ = f"run on {one.server} and {other.server}"
    elif len(shapes) > 1 and shapes not in SHAPES_THAT_MAY_MEET:
        differ = f"have {_shape(one)} and {_shape(other)} workers × threads"
    else:
        return None
    return (
        f"{one.name!r} and {other.name!r} {differ}, and it is not proven that such stacks share "
        f"the same cores evenly when both are loaded at once; {_INSTEAD}"
    )


def _shape(stack: Stack) -> str:
    return f"{stack.workers} × {stack.threads}"
