"""Recordings put to the trials: each function makes the rows of one table."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import naive
import stall
import usual
from proof import NOT_MEASURED, Figure
from recorded import Recording
from resampling import Share
from shipped import FEWEST_ROUNDS, METRICS, Metric
from trials import (
    MINUTES,
    Effort,
    false_alarms,
    pairs,
    power,
    rounds_within,
    smallest_found,
    suites_with_false_alarms,
    wrong_signs,
)

NAMES: Mapping[Metric, str] = {"throughput": "throughput", "cpu_s_per_1000": "CPU per request"}
MODES = {"two": "alternate", "duet": "duet"}
ROUNDS = 12
"""Of a comparison: the first look of a run that stops by itself."""
EQUAL: Mapping[str, Sequence[tuple[str, str, str]]] = {
    "two": (("two", "a", "b"),),
    "four": tuple(("four", a, b) for a, b in itertools.combinations("abcd", 2)),
    "duet": (("duet", "a", "b"), ("other-duet", "c", "d")),
}
"""Pairs of equal stacks, each in its contest, by what they are judged as."""
POWER_TARGETS: Mapping[tuple[str, str, Metric], float] = {
    ("quiet", "duet", "throughput"): 0.005,
    ("quiet", "two", "throughput"): 0.010,
    ("foreign", "duet", "throughput"): 0.015,
    ("foreign", "duet", "cpu_s_per_1000"): 0.007,
}
"""Of one minute."""
SAME_WITHIN = 0.02
"""By so much a duet's ratio may be off, with certainty, for a pair to be let in."""


Curve = Sequence[tuple[float, float]]
"""Differences in per cent, and the share of samples in which they are found."""
Interval = tuple[float, float, float]
"""Value, low and high, in per cent."""


@dataclass(slots=True)
class Found:
    """Rows, and what is drawn of them."""

    tables: dict[str, list[Figure]] = field(default_factory=dict)
    curves: dict[str, Curve] = field(default_factory=dict)
    alarms: dict[str, Share] = field(default_factory=dict)
    duets: dict[str, Interval] = field(default_factory=dict)


def alike(found: Found, condition: str, recording: Recording, effort: Effort) -> Iterator[str]:
    """Judge rounds of equal stacks; yields what is done next."""
    rows = found.tables.setdefault(f"Equal stacks, {condition}", [])
    for contest, who in EQUAL.items():
        choices = [found_ for each in who if (found_ := pairs(recording, *each))]
        for metric in METRICS:
            what = f"{mode_of(contest)}, {NAMES[metric]}"
            yield f"{condition}: false alarms, {what}"
            share = false_alarms(metric, choices, ROUNDS, effort.comparisons, seed=1)
            found.alarms[f"{condition}: {what}"] = share
            rows.append(
                Figure(
                    f"A/A false alarms, {what}", "lower bound ≤ 5 %", str(share),
                    share.bounds[0] <= 0.05,  # noqa: PLR2004 - the target
                )
            )  # fmt: skip
    for metric in METRICS:
        yield f"{condition}: tables of 20 stacks, {NAMES[metric]}"
        four = recording.of("four")
        share = suites_with_false_alarms(metric, four, ROUNDS, effort.suites, seed=1)
        rows.append(
            Figure(
                f"any false verdict in a table of 20, {NAMES[metric]}", "≤ 5 % of tables",
                str(share), share.value <= 0.05,  # noqa: PLR2004 - the target
            )
        )  # fmt: skip
    yield from _wrong_signs(rows, condition, recording, effort)
    yield from _power(found, rows, condition, recording, effort)


def _wrong_signs(
    rows: list[Figure], condition: str, recording: Recording, effort: Effort
) -> Iterator[str]:
    for contest in MODES:
        yield f"{condition}: wrong signs, {mode_of(contest)}"
        own = pairs(recording, contest, "a", "b")
        share = wrong_signs("throughput", own, math.log(1.03), effort.simulations, seed=1)
        what = f"wrong-sign verdicts on a true 3 %, {mode_of(contest)}, {FEWEST_ROUNDS} rounds"
        rows.append(Figure(what, "< 0.1 %", str(share), share.value < 0.001))  # noqa: PLR2004 - the target


def _power(
    found: Found, rows: list[Figure], condition: str, recording: Recording, effort: Effort
) -> Iterator[str]:
    for contest in MODES:
        own = pairs(recording, contest, "a", "b")
        cost_s = recording.cost_s(contest)
        for metric in METRICS:
            what = f"{mode_of(contest)}, {NAMES[metric]}"
            sizes: list[float | None] = []
            for minutes in MINUTES:
                yield f"{condition}: power, {what}, {minutes} min"
                wanted = rounds_within(minutes, cost_s)
                sizes.append(smallest_found(metric, own, wanted, effort.power))
                if metric == "throughput" and wanted >= FEWEST_ROUNDS:
                    curve = power(metric, own, wanted, effort.power)
                    name = f"{condition}, {mode_of(contest)}, {minutes} min"
                    found.curves[name] = [(100 * by, curve(by)) for by in _GRID]
            target = POWER_TARGETS.get((condition, contest, metric))
            rows.append(
                Figure(
                    f"smallest difference found in 80 % in {in_minutes()}, {what} "
                    f"({cost_s:.1f} s a round)",
                    "–" if target is None else f"≤ {100 * target:g} % in 1 min",
                    " / ".join(map(in_percent, sizes)),
                    None if target is None else sizes[0] is not None and sizes[0] <= target,
                )
            )


_GRID = (0.001, 0.002, 0.003, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1)


def usual_designs(found: Found, runs: Sequence[naive.LongRun]) -> None:
    seconds = [run.per_second for run in runs]
    rows = found.tables.setdefault("The usual designs on equal stacks, quiet", [])
    for what, said in (
        ("one run of 15 s each", usual.one_run_each(seconds)),
        ("best of 3 runs of 5 s, 1 % counts", usual.best_of_three(seconds)),
    ):
        alarms, size = usual.false_alarms(said), usual.smallest_found(said)
        rows.append(Figure(f"{what}: false alarms", "–", str(alarms or NOT_MEASURED), None))
        if what.startswith("one"):
            covered = usual.coverage(said)
            rows.append(Figure(f"{what}: coverage", "–", str(covered or NOT_MEASURED), None))
        rows.append(
            Figure(f"{what}: smallest difference found in 80 %", "–", in_percent(size), None)
        )


def stalls(found: Found, file: Path) -> None:
    figures = json.loads(file.read_text("utf-8"))
    rows = found.tables.setdefault("A server that stalls: 200 ms every 2 s, 1,000 requests/s", [])
    due, sent = figures["due"], figures["sent"]
    rows.append(
        Figure(
            "p99 from when requests were due", "180 ms ± 2 %", f"{due:.1f} ms", stall.is_right(due)
        )
    )
    rows.append(
        Figure(
            "p99 from when they were sent",
            "fails the check",
            f"{sent:.1f} ms",
            not stall.is_right(sent),
        )
    )


def mode_of(contest: str) -> str:
    return MODES.get(contest, "alternate, four stacks")


def in_minutes() -> str:
    return f"{' / '.join(map(str, MINUTES))} min"


def in_percent(share: float | None) -> str:
    if share is None:
        return "–"
    return "none" if math.isinf(share) else f"{100 * share:.2g} %"
