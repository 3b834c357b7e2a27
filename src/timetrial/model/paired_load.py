"""Which stacks may be loaded at once in a duet, on the same cores.

Duets compare similar stacks (Bulej et al., Duet benchmarking, ICPE 2020). Two servers that sleep,
wake and use threads in different ways share a core unevenly, even in CPU groups of equal weight.
Their ratio then shows the scheduler: compared with alternating windows, duets of unlike stacks were
off by up to a tenth (`benchmarks/method/duet_bias.py`, docs/results/method.md). So both stacks must
run the same server with equal workers and threads.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from timetrial.model.suite import Stack

_INSTEAD = "leave out mode = 'duet', and they take turns"


def refusal(stacks: Sequence[Stack]) -> str | None:
    """Return in one sentence why these stacks cannot be compared by duets; None: they can."""
    if len(stacks) < 2:  # noqa: PLR2004 - a duet is of two
        return f"a duet takes two stacks or more, there is only {stacks[0].name!r}"
    refusals = itertools.starmap(_refusal_of_pair, itertools.combinations(stacks, 2))
    return next(filter(None, refusals), None)


def _refusal_of_pair(a: Stack, b: Stack) -> str | None:
    if a.server != b.server:
        differ = f"run on {a.server} and {b.server}"
    elif (a.workers, a.threads) != (b.workers, b.threads):
        differ = f"have {_shape(a)} and {_shape(b)} workers × threads"
    else:
        return None
    return (
        f"{a.name!r} and {b.name!r} {differ}, and stacks so unlike do not share the "
        f"same cores evenly when both are loaded at once; {_INSTEAD}"
    )


def _shape(stack: Stack) -> str:
    return f"{stack.workers} × {stack.threads}"
