"""Racing: which stacks are so clearly behind that further rounds are better spent on the others.

After each round the best is compared with all others, one-sided and simultaneously, at a level of
its own (Maron and Moore, Hoeffding races, NIPS 6, 1994; Birattari and others, A racing algorithm
for configuring metaheuristics, GECCO 2002). A margin makes it improbable that the truly best one
leaves, however often that is looked at: benchmarks/method/racing.py simulates it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from timetrial.analysis.statistics.families import WithBest
from timetrial.analysis.statistics.measured import ALL_ROUNDS, Measured, Procedure, best_of
from timetrial.analysis.statistics.shared_variance import FEWEST_STACKS
from timetrial.model import METRICS

FIRST_LOOK = 3
"""Rounds before the first look."""
MARGIN = 0.10
"""By how much the best has to be ahead of a stack that leaves, as a share of that one's figure."""
LOOK_LEVEL = 0.025
FEWEST_LEFT = 2
"""Rivals that stay in any case: the lead over the next is measured to the end."""


def clearly_behind(
    measured: Measured, racing: Sequence[str], rivals: Sequence[str], dropped: frozenset[str]
) -> tuple[str, ...]:
    """Return the stacks that leave: those farthest behind the best rival come first.

    `racing` are those that have not left, `dropped` those that have; only `rivals`, which are
    among the former, can be the best.
    """
    stacks = (*racing, *sorted(dropped & measured.rounds.keys()))
    procedure = Procedure(dropped=dropped)
    best = best_of(measured, stacks, rivals, procedure)
    if best is None or len(racing) < FEWEST_STACKS:
        return ()
    pair_of, family = measured.pairs(stacks, procedure), WithBest(len(racing))
    behind: dict[str, float] = {}
    for name in racing:
        evidence = pair_of(name, best).until(ALL_ROUNDS) if name != best else None
        if evidence is None or evidence.error is None:
            continue
        lead = METRICS[measured.metric].direction * evidence.mean
        errors = family.errors(LOOK_LEVEL, evidence)
        if lead - errors * evidence.error - evidence.resolution > math.log1p(MARGIN):
            behind[name] = lead
    leaving: list[str] = []
    left = len(rivals)
    for name in sorted(behind, key=behind.__getitem__, reverse=True):
        if name in rivals:
            if left == FEWEST_LEFT:
                continue
            left -= 1
        leaving.append(name)
    return tuple(leaving)
