"""The result of `timetrial doctor`, as text and as data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict

from rich.console import Group, RenderableType
from rich.text import Text

from timetrial.analysis.doctor_result import Diagnosis, Noise
from timetrial.analysis.statistics.control import is_alarm
from timetrial.model import METRICS, Fit, MachineCheck, in_minutes, significant
from timetrial.reports.grids import bare

_STYLES: Mapping[Fit, str] = {"ok": "green", "doubtful": "yellow", "unfit": "bold red"}
NAMED_LENGTH_S = 300.0
"""The length of a run whose noise floor is named first."""
COARSE = 0.02
"""A noise floor of such a run above which there is advice."""


def as_data(diagnosis: Diagnosis) -> dict[str, object]:
    """Return the whole result; times in s, shares from 0 to 1."""
    return {
        "fit": diagnosis.fit,
        "conclusion": list(conclusion(diagnosis)),
        "checks": [asdict(check) for check in diagnosis.checks],
        "ceiling": asdict(diagnosis.ceiling),
        "noise": None if diagnosis.noise is None else asdict(diagnosis.noise),
    }


def table(checks: Iterable[MachineCheck]) -> RenderableType:
    """Lay out a line for each check, with its remedy below."""
    grid = bare(show_header=False)
    # Fixed, so that two tables below each other look like one.
    grid.add_column(no_wrap=True, min_width=8)
    grid.add_column(no_wrap=True, min_width=19)
    grid.add_column(overflow="fold")
    for check in checks:
        said = Text(check.said)
        if check.remedy:
            said.append(f"\n→ {check.remedy}", "dim")
        grid.add_row(Text(check.judged, _STYLES[check.judged]), Text(check.name, "bold"), said)
    return grid


def closing(diagnosis: Diagnosis) -> RenderableType:
    """Lay out the conclusion from the checks and from the noise."""
    return Group(*(Text(sentence) for sentence in conclusion(diagnosis)))


def conclusion(diagnosis: Diagnosis) -> Iterator[str]:
    """Yield sentences: whether the machine is fit, what its noise floor is, and advice."""
    yield _fitness(diagnosis)
    noise = diagnosis.noise
    if noise is not None:
        yield from _noise(noise)
        yield advice(diagnosis, noise)


def _fitness(diagnosis: Diagnosis) -> str:
    by_fit = {
        fit: [check.name for check in diagnosis.checks if check.judged == fit] for fit in _STYLES
    }
    doubts = f"; doubtful: {', '.join(by_fit['doubtful'])}" if by_fit["doubtful"] else ""
    if diagnosis.fit:
        return f"This machine is fit to measure on{doubts}."
    return f"This machine is not fit to measure on as it is: {', '.join(by_fit['unfit'])}{doubts}."


def _noise(noise: Noise) -> Iterator[str]:
    for metric, floors in noise.floors.items():
        named = next((floor for floor in floors if floor.length_s == NAMED_LENGTH_S), None)
        if named is None:
            continue
        rest = ", ".join(
            f"{in_minutes(floor.length_s)}: {percent(floor.detectable)}"
            for floor in floors
            if floor is not named
        )
        yield (
            f"Differences in {METRICS[metric].label} under {percent(named.detectable)} cannot be "
            f"seen here in {in_minutes(named.length_s)} ({rest}): 80 of 100 runs of two stacks "
            f"detect a larger one."
        )
    yield from alarms(noise)


def alarms(noise: Noise) -> Iterator[str]:
    """Yield a sentence for each metric in which a server differed from itself."""
    for alarm in filter(is_alarm, noise.control):
        yield (
            f"{noise.server} differed from itself in {METRICS[alarm.metric].label} "
            f"({alarm.ratio.value:.3f}), as on 5 of 100 sound machines: repeat it."
        )


def advice(diagnosis: Diagnosis, noise: Noise) -> str:
    """Say what would make the noise smaller, if that pays."""
    remedies = [check.remedy for check in diagnosis.checks if check.remedy]
    floors = noise.floors["throughput"]
    floor = next((floor for floor in floors if floor.length_s == NAMED_LENGTH_S), None)
    if floor is not None and floor.detectable <= COARSE and not remedies:
        return "No action needed; a finer difference takes a longer run."
    if remedies:
        return f"What to do: {'; '.join(dict.fromkeys(remedies))}; or measure for longer."
    return (
        "What to do: this machine is quiet, so the noise comes from outside of it. Measure for "
        "longer, at another time, or on a host of your own. CPU time per request varies least."
    )


def percent(share: float) -> str:
    """Write a share of 1 with two digits."""
    return f"{significant(100 * share, 2)} %"
