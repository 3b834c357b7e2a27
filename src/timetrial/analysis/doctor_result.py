"""What the doctor found: the machine's settings, what goes on there, and its noise. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from timetrial.analysis.statistics.pairs import round_differences
from timetrial.analysis.statistics.power import NoiseFloor, noise_floors
from timetrial.analysis.summarize import summarize
from timetrial.model.machine_check import Ceiling, MachineCheck
from timetrial.model.metrics import PairedMetric
from timetrial.model.run import Run
from timetrial.model.summary import Comparison
from timetrial.model.units import seconds

FLOOR_LENGTHS_S = (60.0, 300.0, 600.0)
METRICS: tuple[PairedMetric, ...] = ("throughput", "cpu_s_per_1000")


@dataclass(frozen=True, slots=True)
class Noise:
    """What an A/A run gave: a stack against itself."""

    server: str
    rounds: int
    round_s: float
    """On average."""
    throughput_per_s: float
    control: tuple[Comparison, ...]
    floors: Mapping[PairedMetric, tuple[NoiseFloor, ...]]


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """All of it."""

    checks: tuple[MachineCheck, ...]
    ceiling: Ceiling
    noise: Noise | None = None
    """None where it was not measured."""

    @property
    def fit(self) -> bool:
        return all(check.judged != "unfit" for check in self.checks)


def noise_of(run: Run) -> Noise | None:
    """Read the noise off a run of one stack and its twin; None where they have no two rounds."""
    suite = run.plan.suite
    twin = next(stack for stack in suite.stacks if stack.control_of)
    rounds = {
        stack.name: {m.trial.round: m for m in run.measurements if m.trial.cell.stack == stack.name}
        for stack in suite.stacks
    }
    one, other = rounds[twin.control_of or ""], rounds[twin.name]
    differences = {metric: round_differences(metric, one, other) for metric in METRICS}
    if min(map(len, differences.values())) < 2:  # noqa: PLR2004 - a deviation takes two
        return None
    round_s = _round_s(run)
    windows = [window for m in (*one.values(), *other.values()) for window in m.windows]
    return Noise(
        server=twin.server,
        rounds=len(differences["throughput"]),
        round_s=round_s,
        throughput_per_s=sum(w.completions for w in windows) / sum(w.length_s for w in windows),
        control=summarize(run).tables[0].control,
        floors={
            metric: noise_floors(tuple(found.values()), round_s, FLOOR_LENGTHS_S)
            for metric, found in differences.items()
        },
    )


def _round_s(run: Run) -> float:
    """Take the mean length of a round, from the first start to the last stop."""
    lengths = []
    for number in {life.round for life in run.lives}:
        lives = [life for life in run.lives if life.round == number]
        began_ns = min(life.started_ns for life in lives)
        lengths.append(seconds(max(life.stopped_ns for life in lives) - began_ns))
    return sum(lengths) / len(lengths)
