"""Which counter this machine has."""

from __future__ import annotations

from timetrial.model import BadInput
from timetrial.stacks.counters.callgrind import CallgrindCounter
from timetrial.stacks.counters.counter import Counter
from timetrial.stacks.counters.pmu import CpuCounter, cpu_counts
from timetrial.stacks.counters.tool import built_tool
from timetrial.stacks.counters.valgrind import INSTALL, find_valgrind, require_tried


def find_counter(*, tries_others: bool = False) -> tuple[Counter, str]:
    """Return the best counter, and why it is not a better one, '' where it is the best.

    Raises BadInput where there is none, or a Valgrind that was not tried.
    """
    if cpu_counts():
        return CpuCounter(), ""
    valgrind = find_valgrind()
    if valgrind is None:
        raise BadInput(f"--count: Valgrind is not there; {INSTALL}")
    require_tried(valgrind, tries_others=tries_others)
    tool = built_tool(valgrind)
    if not isinstance(tool, str):
        return tool, ""
    return CallgrindCounter(valgrind), f"{tool}, and callgrind is four times slower; {INSTALL}"
