"""What an examination says first: whether the machine is fit, and its smallest difference."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.text import Text

from timetrial.analysis.doctor_result import Diagnosis, Noise
from timetrial.model import METRICS, counted, in_minutes, listed
from timetrial.reports.compact_table import Column, compact
from timetrial.reports.doctor import NAMED_LENGTH_S, advice, alarms, percent, table
from timetrial.reports.grids import prose
from timetrial.reports.verdict_line import Headline, most, said


def render_diagnosis(diagnosis: Diagnosis, *, brief: bool = False) -> RenderableType:
    """Make the answer ready to be printed by rich; `brief`: the verdict and the table alone."""
    return _Answer(diagnosis, brief)


@dataclass(frozen=True, slots=True)
class _Answer:
    diagnosis: Diagnosis
    brief: bool

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        diagnosis, width = self.diagnosis, options.max_width
        noise = diagnosis.noise
        checks = counted(len(diagnosis.checks), "check")
        how = checks if noise is None else f"{checks} · {noise.server} against itself"
        yield from said(headline_of(diagnosis), "This machine", how, width)
        if noise is not None:
            yield compact(_floors(noise), console, options)
        if self.brief:
            return
        doubts = [check for check in diagnosis.checks if check.judged != "ok"]
        if doubts:
            yield table(sorted(doubts, key=lambda check: check.judged != "unfit"))
        if noise is not None:
            yield from most((*alarms(noise), *_advice(diagnosis, noise)), width)
        passed = counted(len(diagnosis.checks) - len(doubts), "check")
        yield prose(Text(f"{passed} passed: --details lists all.", "dim"), width)


def headline_of(diagnosis: Diagnosis) -> Headline:
    """Say whether the machine is fit to measure on, and how small a difference it can show."""
    unfit, doubtful = (
        [check.name for check in diagnosis.checks if check.judged == fit]
        for fit in ("unfit", "doubtful")
    )
    if unfit:
        return Headline("NOT FIT", f"do not measure here: {listed(unfit)}.", failed=True)
    text = _smallest(diagnosis.noise)
    if doubtful:
        return Headline("FIT, WITH DOUBTS", f"{text} Doubtful: {listed(doubtful)}.")
    return Headline("FIT", text, decided=True)


def _smallest(noise: Noise | None) -> str:
    if noise is None:
        return "you can measure on this machine."
    floors = noise.floors["throughput"]
    if not floors:
        return "you can measure here; the smallest difference is not known."
    floor = next((each for each in floors if each.length_s == NAMED_LENGTH_S), floors[0])
    return (
        f"a run of {in_minutes(floor.length_s)} detects differences from "
        f"{percent(floor.detectable)} on in requests a second."
    )


def _floors(noise: Noise) -> Iterator[Column]:
    names = (Text(METRICS[metric].label) for metric in noise.floors)
    yield Column("smallest difference in", tuple(names), is_figure=False, wraps=True)
    lengths_s = sorted({floor.length_s for floors in noise.floors.values() for floor in floors})
    for length_s in lengths_s:
        cells = (
            next((percent(each.detectable) for each in floors if each.length_s == length_s), "–")
            for floors in noise.floors.values()
        )
        yield Column(f"in {in_minutes(length_s)}", tuple(map(Text, cells)))


def _advice(diagnosis: Diagnosis, noise: Noise) -> Iterator[str]:
    """Advise where no check beside has a remedy already."""
    if not any(check.remedy for check in diagnosis.checks):
        yield advice(diagnosis, noise)
