"""The same stack under the same load, by two load generators."""

from __future__ import annotations

from typing import TYPE_CHECKING

from timetrial.analysis.statistics.estimates import mean_of_logs, window_throughput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from timetrial.model.measurement import Measurement
    from timetrial.model.summary import Estimate, Missing


def throughput_ratio(
    one: Sequence[Measurement], other: Sequence[Measurement]
) -> Estimate | Missing:
    """Estimate throughput of `one` over `other` from the rounds in which both have some."""
    rates = [
        {m.trial.round: window_throughput(m.windows) for m in measured} for measured in (one, other)
    ]
    both = [number for number in rates[0] if rates[0][number] and rates[1].get(number)]
    return mean_of_logs([rates[0][number] / rates[1][number] for number in both])
