"""Rounds as they were taken, in a file of a few hundred kilobytes, and back as measurements."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from timetrial.model.measurement import Counts, MachineConditions, Measurement, Memory, Window
from timetrial.model.run import Run
from timetrial.model.speed import CpuSpeed, Speed
from timetrial.model.trial import Cell, Trial
from timetrial.model.units import NS_PER_S

DATA = Path(__file__).with_name("data")
NO_MEMORY = Memory(0, 0)


@dataclass(frozen=True, slots=True)
class Recorded:
    """One round: what its benchmarks gave, and how long everything took."""

    benchmarks: Mapping[str, Mapping[str, Measurement]]
    """Measurements by benchmark and stack."""
    stacks: int
    """As many were started, warmed up and stopped in it."""
    around_s: float
    """All that is no benchmark: starts, warm-ups, stops."""
    benchmark_s: Mapping[str, float]
    """By benchmark, lead-ins and drains included."""

    def cost_s(self, benchmark: str) -> float:
        """Return the machine time of a round that had this benchmark, and its stacks, alone."""
        own = len(self.benchmarks[benchmark]) / self.stacks
        return self.around_s * own + self.benchmark_s[benchmark]


@dataclass(frozen=True, slots=True)
class Recording:
    """Rounds of one kind, and the conditions they were taken under."""

    rounds: tuple[Recorded, ...]
    conditions: Mapping[str, Any] = field(default_factory=dict)

    def of(self, benchmark: str) -> list[Mapping[str, Measurement]]:
        """List what each round that is complete gave in one benchmark."""
        return [r.benchmarks[benchmark] for r in self.rounds if benchmark in r.benchmarks]

    def cost_s(self, benchmark: str) -> float:
        """Return the mean machine time of a round with that benchmark alone."""
        costs = [r.cost_s(benchmark) for r in self.rounds if benchmark in r.benchmarks]
        return sum(costs) / len(costs)

    def each(self, change: Callable[[Measurement], Measurement]) -> Recording:
        """Change every measurement."""
        rounds = (
            replace(
                taken,
                benchmarks={
                    name: {stack: change(measurement) for stack, measurement in own.items()}
                    for name, own in taken.benchmarks.items()
                },
            )
            for taken in self.rounds
        )
        return replace(self, rounds=tuple(rounds))


def without_speed(measurement: Measurement) -> Measurement:
    """Leave out what the speed probe read: so are runs judged by default, which have none."""
    windows = tuple(replace(window, speed=None) for window in measurement.windows)
    return replace(measurement, windows=windows)


def of_run(run: Run, conditions: Mapping[str, Any]) -> Recording:
    """Keep of a run what resampling needs; benchmarks that a stack is missing from are left out."""
    rounds = [_round(run, planned.number) for planned in run.plan.rounds]
    return Recording(tuple(each for each in rounds if each is not None), conditions)


def _round(run: Run, number: int) -> Recorded | None:
    measured = [m for m in run.measurements if m.trial.round == number]
    lives = [life for life in run.lives if life.round == number]
    benchmarks: dict[str, dict[str, Measurement]] = {}
    for measurement in measured:
        cell = measurement.trial.cell
        benchmarks.setdefault(cell.benchmark, {})[cell.stack] = measurement
    for benchmark in run.plan.suite.benchmarks:
        if set(benchmarks.get(benchmark.name, ())) != set(benchmark.stacks):
            benchmarks.pop(benchmark.name, None)
    if not benchmarks or not lives:
        return None
    benchmark_s = {name: _length_s(own) for name, own in benchmarks.items()}
    began_ns = min(life.started_ns for life in lives)
    whole_s = (max(life.stopped_ns for life in lives) - began_ns) / NS_PER_S
    around_s = max(0.0, whole_s - sum(benchmark_s.values()))
    return Recorded(benchmarks, len(lives), around_s, benchmark_s)


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
            "benchmark_s": {name: round(length, 3) for name, length in each.benchmark_s.items()},
            "benchmarks": {
                name: {stack: _compact(m) for stack, m in own.items()}
                for name, own in each.benchmarks.items()
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
                benchmark: {s: _measurement(number, benchmark, s, w) for s, w in own.items()}
                for benchmark, own in each["benchmarks"].items()
            },
            each["stacks"],
            each["around_s"],
            each["benchmark_s"],
        )
        for number, each in enumerate(text["rounds"], start=1)
    )
    return Recording(rounds, text["conditions"])


def _compact(measurement: Measurement) -> dict[str, Any]:
    found: dict[str, Any] = {"windows": [_window(each) for each in measurement.windows]}
    if measurement.surroundings is not None:
        found["around"] = _rounded(asdict(measurement.surroundings))
    return found


Row = list[float | list[float] | None]


def _window(window: Window) -> Row:
    """Keep what verdicts and the checks for a disturbed machine ask for."""
    shares = (
        window.server_cpu_s, window.generator_cpu_s, window.generator_wait_s,
        window.server_wait_s, window.foreign_cpu_s,
    )  # fmt: skip
    return [
        window.index,
        window.opened_ns - window.started_ns,
        window.closed_ns - window.opened_ns,
        window.drained_ns - window.closed_ns,
        window.completions,
        window.completions_overall,
        window.counts.arrivals,
        window.counts.ok,
        window.generator_threads,
        *(None if share is None else round(share, 6) for share in shares),
        None if window.speed is None else _speed(window.speed),
    ]


def _speed(speed: Speed) -> list[float]:
    """Return the amount of the probe's work, and four numbers for each CPU."""
    read = (
        number
        for one in speed.cpus
        for number in (one.cpu, one.readings, round(one.mean_log_ns, 6), round(one.cpu_share, 6))
    )
    return [speed.amount, *read]


def _speed_of(row: Sequence[Any]) -> Speed:
    amount, *read = row
    cpus = zip(read[::4], read[1::4], read[2::4], read[3::4], strict=True)
    return Speed(amount, tuple(CpuSpeed(*one) for one in cpus))


def _rounded(figures: Mapping[str, Any]) -> dict[str, Any]:
    return {k: round(v, 6) if isinstance(v, float) else v for k, v in figures.items()}


def _measurement(number: int, benchmark: str, stack: str, kept: Mapping[str, Any]) -> Measurement:
    around = kept.get("around")
    if around is not None:
        around = MachineConditions(**{**around, "server_cpus": tuple(around["server_cpus"])})
    return Measurement(
        Trial(number, Cell(benchmark, stack)),
        tuple(_window_of(*each) for each in kept["windows"]),
        NO_MEMORY,
        (),
        (),
        surroundings=around,
    )


def _window_of(  # noqa: PLR0913, PLR0917 - a row of a file
    index: int,
    lead_in_ns: int,
    length_ns: int,
    drain_ns: int,
    completions: int,
    overall: int,
    arrivals: int,
    ok: int,
    threads: int,
    server_cpu_s: float | None,
    generator_cpu_s: float,
    generator_wait_s: float | None,
    server_wait_s: float | None,
    foreign_cpu_s: float | None,
    speed: Sequence[float] | None = None,
) -> Window:
    closed_ns = lead_in_ns + length_ns
    # Made at once: to replace most of another one would take three times as long.
    return Window(
        index=index,
        started_ns=0,
        opened_ns=lead_in_ns,
        closed_ns=closed_ns,
        drained_ns=closed_ns + drain_ns,
        counts=Counts(arrivals, ok),
        completions=completions,
        completions_overall=overall,
        response_time="",
        server_cpu_s=server_cpu_s,
        generator_cpu_s=generator_cpu_s,
        generator_threads=threads,
        connections_reached=None,
        connects=None,
        bytes_received=None,
        generator_wait_s=generator_wait_s,
        server_wait_s=server_wait_s,
        foreign_cpu_s=foreign_cpu_s,
        speed=None if speed is None else _speed_of(speed),
    )


def a_window(
    index: int, length_ns: int, completions: int, overall: int, cpu_s: float | None
) -> Window:
    """Make a window of which nothing else is known."""
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
