"""What intervals of three and more stacks are wider by than their variances alone would make them.

A stack's own variance is known by a few degrees of freedom and drawn towards the mean of all
(`shared_variance`). That of a stack whose rounds vary more than the others' comes out too small
then, the more so the fewer rounds there are. `benchmarks/method/allowances.py` finds by how much
intervals have to be wider for that: it was run for 3, 4, 5, 6, 8, 12 and 24 stacks, and the factors
of other numbers lie between those of their neighbours.
"""

from __future__ import annotations

from collections.abc import Mapping

Table = Mapping[int, tuple[float, ...]]
"""By rounds, from so many on: factors for 3, 4, … stacks, the last of them for more."""

ALL_PAIRS: Table = {
    3: (1.3, 1.285, 1.29, 1.27, 1.27, 1.265, 1.245, 1.225, 1.2, 1.18),
    4: (1.255, 1.2, 1.14, 1.125, 1.125, 1.12, 1.105, 1.09, 1.07, 1.05),
    5: (1.185, 1.115, 1.085, 1.05, 1.035, 1.02, 1.015, 1.01, 1.01, 1.015),
    6: (1.17, 1.075, 1.05, 1.035, 1.02, 1.01, 1.01, 1.01, 1.01, 1.01),
    8: (1.085, 1.065, 1.05, 1.035, 1.025, 1.02, 1.015, 1.01, 1.005, 1.005),
    12: (1.08, 1.045, 1.035, 1.025, 1.02, 1.02, 1.015, 1.01, 1.005, 1.005),
}
"""Of all pairs."""
BEST: Table = {
    3: (1.25, 1.25, 1.335, 1.345, 1.345, 1.34, 1.335, 1.33, 1.325, 1.32),
    4: (1.175, 1.175, 1.175, 1.175, 1.185, 1.195, 1.195, 1.195, 1.195, 1.19),
    5: (1.1, 1.09, 1.105, 1.105, 1.09, 1.08, 1.08, 1.08, 1.08, 1.075),
    6: (1.06, 1.06, 1.05, 1.06, 1.045, 1.03, 1.02, 1.02, 1.02, 1.02),
    8: (1.035, 1.04, 1.03, 1.03, 1.02, 1.015, 1.01, 1.01, 1.01, 1.01),
    12: (1.035, 1.035, 1.03, 1.02, 1.015, 1.01, 1.01, 1.005, 1.005, 1.005),
}
"""Of comparisons with the best."""
_FEWEST_STACKS = 3


def allowance(table: Table, stacks: int, rounds: int) -> float:
    """Return the factor for so many stacks that have so many rounds."""
    row = table[max((begin for begin in table if begin <= rounds), default=min(table))]
    return row[max(0, min(stacks - _FEWEST_STACKS, len(row) - 1))]
