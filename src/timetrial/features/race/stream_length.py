"""Whether the streams of a race end soon enough to be measured in its windows."""

from __future__ import annotations

from timetrial.model import BadInput, Workload
from timetrial.model.workload import is_long_wait

_WELL_BELOW = 0.8


def require_short_streams(workload: Workload) -> None:
    """Raise BadInput for a stream whose events take a second or more."""
    for step in workload.steps:
        stream = step.stream
        if stream is None or stream.events is None or not is_long_wait(step):
            continue
        fewer = 1 + int(_WELL_BELOW * (stream.events - 1) / step.wait_s)
        raise BadInput(
            f"{step.label} takes {step.wait_s:.1f} s for {stream.events} events; a race reads "
            f"streams for less than a second: --events {fewer}"
        )
