"""Events as JSON, one line each, for programs that follow a run. Pure."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping

from timetrial.analysis.statistics.estimates import window_throughput
from timetrial.features.capacity.events import (
    CapacityEvent,
    Recovering,
    Starting,
    TrialBegins,
    TrialEnds,
    TrialProceeds,
)
from timetrial.cli.progress.state import ProgressEvent
from timetrial.model import (
    BenchmarkStopped,
    Cell,
    ExperimentRunning,
    PilotStarted,
    RateSet,
    RoundMeasured,
    RunStarted,
    StackFailedToServe,
    TrialStored,
    WindowMeasured,
    visible_json,
)

_CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")


def event_line(event: ProgressEvent | CapacityEvent) -> str:
    """Write an event as a line of JSON: `event` is its name, and nothing in it is long."""
    name = _CAPITAL.sub("_", type(event).__name__).lower()
    return visible_json(json.dumps({"event": name, **_content(event)}, ensure_ascii=False))


def _content(event: ProgressEvent | CapacityEvent) -> Mapping[str, object]:
    match event:
        case TrialStored():
            trial = event.measurement.trial
            per_s = window_throughput(event.measurement.windows)
            content = {"round": trial.round, **_cell(trial.cell), "per_s": per_s}
            return {**content, "done": event.done, "total": event.total}
        case WindowMeasured():
            return {
                "round": event.round,
                **_cell(event.cell),
                "per_s": event.completions_per_s,
                "elapsed_s": event.elapsed_s,
                "remaining_s": event.remaining_s,
            }
        case StackFailedToServe(failure):
            return {
                "round": failure.round,
                "benchmark": failure.benchmark,
                "stack": failure.stack,
                "phase": failure.phase,
                "reason": failure.reason,
            }
        case RateSet():
            return {"benchmark": event.benchmark, "rate_per_s": event.load.rate_per_s}
        case RoundMeasured():
            return _round(event)
        case PilotStarted() | RunStarted():
            return {
                **_flat(event, without={"benchmarks"}),
                "benchmarks": [
                    {"benchmark": each.name, "stacks": each.stacks} for each in event.benchmarks
                ],
            }
        case BenchmarkStopped(stop):
            return _flat(stop)
        case ExperimentRunning():
            return {**_flat(event.occasion), **_flat(event, without={"occasion"})}
        case Starting() | TrialBegins() | TrialProceeds() | Recovering() | TrialEnds():
            return _of_capacity(event)
        case _:
            return _flat(event)


def _round(event: RoundMeasured) -> Mapping[str, object]:
    return {
        "round": event.round,
        "rounds": event.rounds,
        "remaining_s": event.remaining_s,
        "standings": [
            {
                "benchmark": standing.benchmark,
                "stacks": [
                    {"stack": name, "per_s": each.value, "low": each.low, "high": each.high}
                    for name, each in standing.throughputs
                ],
            }
            for standing in event.standings
        ],
    }


def _of_capacity(
    event: Starting | TrialBegins | TrialProceeds | Recovering | TrialEnds,
) -> Mapping[str, object]:
    if isinstance(event, TrialEnds):
        trial = event.trial
        content = {"number": trial.number, "rate_per_s": trial.ask.rate_per_s}
        return {**content, "verdict": trial.verdict, **_ends(event), "left_s": event.left_s}
    if isinstance(event, TrialBegins):
        return {"rate_per_s": event.ask.rate_per_s, **_ends(event), "left_s": event.left_s}
    if isinstance(event, TrialProceeds | Recovering):
        return {"rate_per_s": event.ask.rate_per_s, **_flat(event, without={"ask"})}
    return _flat(event)


def _ends(event: TrialBegins | TrialEnds) -> Mapping[str, object]:
    interval = event.interval
    if interval is None:
        return {"low_per_s": None, "high_per_s": None}
    return {"low_per_s": interval.low_per_s, "high_per_s": interval.high_per_s}


def _cell(cell: Cell) -> Mapping[str, object]:
    return {"benchmark": cell.benchmark, "stack": cell.stack}


def _flat(record: object, *, without: frozenset[str] | set[str] = frozenset()) -> dict[str, object]:
    """Take the fields of a record that has no records in it."""
    if not dataclasses.is_dataclass(record):
        raise TypeError(record)
    return {
        field.name: getattr(record, field.name)
        for field in dataclasses.fields(record)
        if field.name not in without
    }
