"""Plots of what was found, by matplotlib in an environment of its own."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from found import Found
from resampling import Share
from timetrial.model.errors import StackFailed
from timetrial.stacks.cache import cache_dir
from timetrial.stacks.environment import Environments

ALARMS = "method-false-alarms.svg"
DUETS = "method-duets.svg"
_PINS = Path(__file__).parents[2] / "requirements" / "bench-method.txt"
_PROGRAM = Path(__file__).with_name("plots.py")
_AT_MOST_S = 120.0


class NoPlots(Exception):  # noqa: N818 - the message is the reason
    """There is nothing to draw with."""


def draw(folder: Path, found: Found) -> list[str]:
    """Draw what there is into a folder and return the names of the files. Raises NoPlots."""
    intervals = {}
    if found.alarms:
        rows = {name: _in_percent(share) for name, share in found.alarms.items()}
        label = "false alarms on equal stacks, % of comparisons"
        intervals[ALARMS] = {"label": label, "line": 5.0, "rows": rows}
    if found.duets:
        label = "difference of the ratio from that of two that alternate, %"
        intervals[DUETS] = {"label": label, "line": 0.0, "rows": found.duets}
    figures = json.dumps({"curves": found.curves, "intervals": intervals})
    try:
        python = Environments(cache_dir()).prepare(["matplotlib"], [_PINS]).python
        ended = subprocess.run(
            [str(python), str(_PROGRAM), str(folder)],
            input=figures, capture_output=True, text=True, timeout=_AT_MOST_S, check=True,
        )  # fmt: skip
    except (StackFailed, OSError, subprocess.SubprocessError) as error:
        raise NoPlots(f"there are no plots: {error}") from error
    return ended.stdout.split()


def _in_percent(share: Share) -> tuple[float, float, float]:
    low, high = share.bounds
    return 100 * share.value, 100 * low, 100 * high
