"""Counted starts as they were recorded: by server, and by the turns of the loop before its app."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from timetrial.features.counting.figure import Figure

QUIET, BUSY = "counted-quiet.json", "counted-busy.json"
"""Without endless loops beside it, and with them."""
TURNS = 25
"""Of the loop, in starts that are to cost more than those without turns."""
CALIBRATION = 20_000
"""Turns that cost so much more that the cost of one is known."""


@dataclass(frozen=True, slots=True)
class Start:
    """What a request cost in one start, and how long the start took."""

    instructions: float
    system_calls: float
    beside_probing: float | None
    took_s: float
    load: float
    """Average of the machine, over a minute, when it began."""

    def times(self, factor: float) -> Figure:
        """Return what it would have cost with so many more instructions."""
        return Figure(factor * self.instructions, self.system_calls)


Starts = Mapping[str, Mapping[int, Sequence[Start]]]
"""By server and turns."""


@dataclass(frozen=True, slots=True)
class Recording:
    """What one call of `count_starts.py`, or several in a row, have recorded."""

    starts: Starts
    conditions: Mapping[str, Any]
    failures: Sequence[str] = ()

    def number(self, server: str, turns: int) -> int:
        return len(self.starts.get(server, {}).get(turns, ()))


def read(file: Path) -> Recording:
    found = json.loads(file.read_text("utf-8"))
    starts = {
        server: {int(turns): [Start(**each) for each in of] for turns, of in by_turns.items()}
        for server, by_turns in found["starts"].items()
    }
    return Recording(starts, found["conditions"], found["failures"])


def write(recording: Recording, file: Path) -> None:
    """Replace the file: it is whole at any moment."""
    starts = {
        server: {turns: [asdict(each) for each in of] for turns, of in by_turns.items()}
        for server, by_turns in recording.starts.items()
    }
    found = {
        "conditions": recording.conditions, "failures": recording.failures, "starts": starts,
    }  # fmt: skip
    unfinished = file.with_suffix(".new")
    unfinished.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    unfinished.replace(file)
