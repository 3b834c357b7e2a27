"""Rounds as they were taken, in a file of a few hundred kilobytes, and back as measurements."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from timetrial.measurement import Counts, Measurement, Memory, Window
from timetrial.run import Run
from timetrial.trial import Cell, Trial
from timetrial.units import NS_PER_S

DATA = Path(__file__).with_name("data")
NO_MEMORY = Memory(0, 0)


@dataclass(frozen=True, slots=True)
class Recorded:
    """One round: what its contests gave, and how long everything took."""

    contests: Mapping[str, Mapping[str, Measurement]]
    """Measurements by contest and stack."""
    stacks: int
    """As many were started, warmed up and stopped in it."""
    around_s: float
    """All that is no contest: starts, warm-ups, stops."""
    contest_s: Mapping[str, float]
    """By contest, lead-ins and drains included."""

    def cost_s(self, contest: str) -> float:
        """Return the machine time of a round that had this contest, and its stacks, alone."""
        own = len(self.contests[contest]) / self.stacks
        return self.around_s * own + self.contest_s[contest]


@dataclass(frozen=True, slots=True)
class Recording:
    """Rounds of one kind, and the conditions they were taken under."""

    rounds: tuple[Recorded, ...]
    conditions: Mapping[str, Any] = field(default_factory=dict)

    def of(self, contest: str) -> list[Mapping[str, Measurement]]:
        """List what each round that is complete gave in one contest."""
        return [r.contests[contest] for r in self.rounds if contest in r.contests]

    def cost_s(self, contest: str) -> float:
        """Return the mean machine time of a round with that contest alone."""
        costs = [r.cost_s(contest) for r in self.rounds if contest in r.contests]
        return sum(costs) / len(costs)


def of_run(run: Run, conditions: Mapping[str, Any]) -> Recording:
    """Keep of a run what resampling needs; contests that a stack is missing from are left out."""
    rounds = [_round(run, planned.number) for planned in run.plan.rounds]
    return Recording(tuple(each for each in rounds if each is not None), conditions)


def _round(run: Run, number: int) -> Recorded | None:
    measured = [m for m in run.measurements if m.trial.round == number]
    lives = [life for life in run.lives if life.round == number]
    contests: dict[str, dict[str, Measurement]] = {}
    for measurement in measured:
        cell = measurement.trial.cell
        contests.setdefault(cell.contest, {})[cell.stack] = measurement
    for contest in run.plan.suite.contests:
        if set(contests.get(contest.name, ())) != set(contest.stacks):
            contests.pop(contest.name, None)
    if not contests or not lives:
        return None
    contest_s = {name: _length_s(own) for name, own in contests.items()}
    began_ns = min(life.started_ns for life in lives)
    whole_s = (max(life.stopped_ns for life in lives) - began_ns) / NS_PER_S
    around_s = max(0.0, whole_s - sum(contest_s.values()))
    return Recorded(contests, len(lives), around_s, contest_s)


def _length_s(measured: Mapping[str, Measurement]) -> float:
    windows = [window for m in measured.values() for window in m.windows]
    began_ns = min(window.started_ns for window in windows)
    return (max(window.drained_ns for window in windows) - began_ns) / NS_PER_S


def write(recording: Recording, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    rounds = [
        {
            "stacks": each.stacks,
            "around_s": round(each.around_s, 3),
            "contest_s": {name: round(length, 3) for name, length in each.contest_s.items()},
            "contests": {
                name: {stack: _compact(m) for stack, m in own.items()}
                for name, own in each.contests.items()
            },
        }
        for each in recording.rounds
    ]
    lines = ",\n".join(json.dumps(each, separators=(",", ":")) for each in rounds)
    head = json.dumps(dict(recording.conditions))
    file.write_text(f'{{"conditions": {head},\n"rounds": [\n{lines}\n]}}\n', "utf-8")


def read(file: Path) -> Recording:
    """Raise OSError for a file that is not there, ValueError or KeyError for any other file."""
    text = json.loads(file.read_text("utf-8"))
    rounds = tuple(
        Recorded(
            {
                contest: {s: _measurement(number, contest, s, w) for s, w in own.items()}
                for contest, own in each["contests"].items()
            },
            each["stacks"],
            each["around_s"],
            each["contest_s"],
        )
        for number, each in enumerate(text["rounds"], start=1)
    )
    return Recording(rounds, text["conditions"])


def _compact(measurement: Measurement) -> list[list[float | None]]:
    return [
        [
            window.index,
            window.closed_ns - window.opened_ns,
            window.completions,
            window.completions_overall,
            None if window.server_cpu_s is None else round(window.server_cpu_s, 6),
        ]
        for window in measurement.windows
    ]


def _measurement(number: int, contest: str, stack: str, windows: list[list[Any]]) -> Measurement:
    made = tuple(
        a_window(index, length_ns, done, overall, cpu_s)
        for index, length_ns, done, overall, cpu_s in windows
    )
    return Measurement(Trial(number, Cell(contest, stack)), made, NO_MEMORY, (), ())


def a_window(
    index: int, length_ns: int, completions: int, overall: int, cpu_s: float | None
) -> Window:
    """Make a window with what was kept of it; nothing else is known any more."""
    return Window(
        index=index,
        started_ns=0,
        opened_ns=0,
        closed_ns=length_ns,
        drained_ns=length_ns,
        counts=Counts(),
        completions=completions,
        completions_overall=overall,
        response_time="",
        server_cpu_s=cpu_s,
        generator_cpu_s=0.0,
        generator_threads=1,
        connections_reached=None,
        connects=None,
        bytes_received=None,
    )
