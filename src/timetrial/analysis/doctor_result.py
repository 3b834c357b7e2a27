"""The doctor's result: the machine's settings, its activity, and its noise. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from timetrial.analysis.statistics.pairs import round_differences
from timetrial.analysis.statistics.power import NoiseFloor, noise_floors
from timetrial.analysis.summarize import summarize
from timetrial.model import Ceiling, Comparison, MachineCheck, PairedMetric, Run, seconds

FLOOR_LENGTHS_S = (60.0, 300.0, 600.0)
METRICS: tuple[PairedMetric, ...] = ("throughput", "cpu_s_per_1000")


@dataclass(frozen=True, slots=True)
class Noise:
    """The result of an A/A run: a stack against itself."""

    server: str
    rounds: int
    round_s: float
    """Mean length of a round."""
    throughput_per_s: float
    control: tuple[Comparison, ...]
    floors: Mapping[PairedMetric, tuple[NoiseFloor, ...]]


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Checks, ceiling and noise of a machine."""

    checks: tuple[MachineCheck, ...]
    ceiling: Ceiling
    noise: Noise | None = None
    """None where it was not measured."""

    @property
    def fit(self) -> bool:
        return all(check.judged != "unfit" for check in self.checks)


def noise_of(run: Run) -> Noise | None:
    """Read the noise from a run of a stack and its A/A control; None with fewer than two rounds."""
    suite = run.plan.suite
    control = next(stack for stack in suite.stacks if stack.control_of)
    rounds = {
        stack.name: {m.trial.round: m for m in run.measurements if m.trial.cell.stack == stack.name}
        for stack in suite.stacks
    }
    a, b = rounds[control.control_of or ""], rounds[control.name]
    differences = {metric: round_differences(metric, a, b) for metric in METRICS}
    if min(map(len, differences.values())) < 2:  # noqa: PLR2004 - a deviation takes two
        return None
    round_s = _round_s(run)
    windows = [window for m in (*a.values(), *b.values()) for window in m.windows]
    return Noise(
        server=control.server,
        rounds=len(differences["throughput"]),
        round_s=round_s,
        throughput_per_s=sum(w.completions for w in windows) / sum(w.length_s for w in windows),
        control=summarize(run).tables[0].control,
        floors={
            metric: noise_floors(tuple(by_round.values()), round_s, FLOOR_LENGTHS_S)
            for metric, by_round in differences.items()
        },
    )


def _round_s(run: Run) -> float:
    """Return the mean length of a round in s, from the first start to the last stop."""
    lengths = []
    for number in {life.round for life in run.lives}:
        lives = [life for life in run.lives if life.round == number]
        began_ns = min(life.started_ns for life in lives)
        lengths.append(seconds(max(life.stopped_ns for life in lives) - began_ns))
    return sum(lengths) / len(lengths)
