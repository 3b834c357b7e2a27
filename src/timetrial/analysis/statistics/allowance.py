"""What intervals of three and more stacks are wider by than their variances alone would make them.

A stack's own variance is known by a few degrees of freedom and drawn towards the mean of all
(`shared_variance`). That of a stack whose rounds vary more than the others' comes out too small
then, the more so the fewer rounds there are. `benchmarks/method/allowances.py` finds by how much
intervals have to be wider for that, for every number of stacks from 3 to 24.
"""

from __future__ import annotations

from collections.abc import Mapping

Table = Mapping[int, tuple[float, ...]]
"""By rounds, from so many on: factors for 3, 4, … stacks, the last of them for more."""

ALL_PAIRS: Table = {3: (1.06, 1.065, 1.065, 1.06, 1.06, 1.035, 1.025, 1.025)}
"""Of all pairs."""
BEST: Table = {3: (1.035, 1.05, 1.035, 1.03, 1.03, 1.02, 1.02, 1.025)}
"""Of comparisons with the best."""
_FEWEST_STACKS = 3


def allowance(table: Table, stacks: int, rounds: int) -> float:
    """Return the factor for so many stacks that have so many rounds."""
    row = table[max((begin for begin in table if begin <= rounds), default=min(table))]
    return row[max(0, min(stacks - _FEWEST_STACKS, len(row) - 1))]
