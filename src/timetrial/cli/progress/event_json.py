"""Events as JSON, one line each, for programs that follow a run. Pure."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from timetrial.analysis.statistics.estimates import window_throughput
from timetrial.cli.progress.state import ProgressEvent
from timetrial.features.capacity.events import (
    CapacityEvent,
    Recovering,
    TrialBegins,
    TrialEnds,
    TrialProceeds,
)
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
    content: Mapping[str, object]
    match event:
        case TrialStored():
            trial = event.measurement.trial
            per_s = window_throughput(event.measurement.windows)
            content = {"round": trial.round, **_cell(trial.cell), "per_s": per_s}
            content = {**content, "done": event.done, "total": event.total}
        case WindowMeasured():
            content = {
                "round": event.round,
                **_cell(event.cell),
                "per_s": event.completions_per_s,
                **_flat(event, without={"round", "cell", "completions_per_s"}),
            }
        case StackFailedToServe(failure):
            named = ("round", "benchmark", "stack", "phase", "reason")
            content = {name: getattr(failure, name) for name in named}
        case RateSet():
            content = {"benchmark": event.benchmark, "rate_per_s": event.load.rate_per_s}
        case RoundMeasured():
            content = _round(event)
        case PilotStarted() | RunStarted():
            outlines = [{"benchmark": one.name, "stacks": one.stacks} for one in event.benchmarks]
            content = {**_flat(event, without={"benchmarks"}), "benchmarks": outlines}
        case BenchmarkStopped(stop):
            content = _flat(stop)
        case ExperimentRunning():
            content = {**_flat(event.occasion), **_flat(event, without={"occasion"})}
        case _:
            content = _of_capacity(event)
    return content


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


def _of_capacity(event: ProgressEvent | CapacityEvent) -> Mapping[str, object]:
    """Take what a trial asks for; of any other event all fields."""
    match event:
        case TrialEnds(trial):
            content = {"number": trial.number, "rate_per_s": trial.ask.rate_per_s}
            return {**content, "verdict": trial.verdict, **_ends(event), "left_s": event.left_s}
        case TrialBegins(ask):
            return {"rate_per_s": ask.rate_per_s, **_ends(event), "left_s": event.left_s}
        case TrialProceeds(ask) | Recovering(ask):
            return {"rate_per_s": ask.rate_per_s, **_flat(event, without={"ask"})}
        case _:
            return _flat(event)


def _ends(event: TrialBegins | TrialEnds) -> Mapping[str, object]:
    interval = event.interval
    if interval is None:
        return {"low_per_s": None, "high_per_s": None}
    return {"low_per_s": interval.low_per_s, "high_per_s": interval.high_per_s}


def _cell(cell: Cell) -> Mapping[str, object]:
    return {"benchmark": cell.benchmark, "stack": cell.stack}


def _flat(record: object, *, without: AbstractSet[str] = frozenset()) -> dict[str, object]:
    """Take the fields of a record that has no records in it."""
    if not dataclasses.is_dataclass(record):
        raise TypeError(record)
    return {
        field.name: getattr(record, field.name)
        for field in dataclasses.fields(record)
        if field.name not in without
    }
