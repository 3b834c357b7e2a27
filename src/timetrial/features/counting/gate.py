"""A gate by counts: its judgements, and what they are of in words. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from timetrial.features.counting.judge import beside_probing, judgements_of, means
from timetrial.features.counting.sides import Sides
from timetrial.features.gate.judgement import Gate, GateRule
from timetrial.reports.ratios import change

MAX_REGRESSION = 0.002
"""Of counts, where no limit is named: what varies between starts is as much."""
WHAT_COUNTS_ARE = (
    "Counted is what runs in user space, one request at a time: neither waiting nor the kernel, of "
    "which the system calls are counted. It tells old from new on one server, and ranks no servers."
)


def gate_of(
    sides: Sides, names: Sequence[str], rule: GateRule, counter: str, notes: Sequence[str] = ()
) -> Gate:
    """Judge the counts of both sides."""
    old, new = names
    judgements = judgements_of(sides, new, rule)
    counted = f"{sides.starts} starts of each were counted, by {counter}."
    remarks = (*_figures(sides), counted, WHAT_COUNTS_ARE, *notes)
    return Gate("side by side", old, new, rule, judgements, remarks)


def _figures(sides: Sides) -> Iterator[str]:
    for label in sides.old[0]:
        instructions = means(sides, label, "instructions")
        calls = means(sides, label, "system_calls")
        line = (
            f"{label}: {instructions.old:,.0f} instructions a request before, "
            f"{instructions.new:,.0f} now"
        )
        if calls.old or calls.new:  # not every counter knows them
            line += f"; {calls.old:,.1f} system calls before, {calls.new:,.1f} now"
        beside = beside_probing(sides, label)
        if beside is not None:
            line += f"; instructions without the look-up of keys {change(beside, 2)}"
        yield f"{line}."
