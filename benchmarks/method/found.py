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
from shipped import FEWEST_ROUNDS, GOAL, METRICS, MOST_ROUNDS, Metric
from tables import STACKS_OF_A_TABLE, tables_with_false_alarms
from timetrial.model.suite import Mode
from trials import (
    MINUTES,
    Effort,
    false_alarms,
    false_alarms_gone_on,
    pairs,
    power,
    power_gone_on,
    rounds_within,
    smallest_found,
    wrong_signs,
)

NAMES: Mapping[Metric, str] = {"throughput": "throughput", "cpu_s_per_1000": "CPU per request"}
MODES: Mapping[str, Mode] = {"two": "alternate", "duet": "duet"}
ROUNDS = 12
"""Of a comparison whose rounds are fixed: the first look of a run that stops by itself."""
FIXED = f"{ROUNDS} rounds"
GONE_ON = f"--precision {GOAL.half_width:g}"
ALL_LOOKS = f"{MOST_ROUNDS} rounds with looks"
EQUAL: Mapping[str, Sequence[tuple[str, str, str]]] = {
    "two": (("two", "a", "b"),),
    "four": tuple(("four", a, b) for a, b in itertools.combinations("abcd", 2)),
    "duet": (("duet", "a", "b"), ("other-duet", "c", "d")),
}
"""Pairs of equal stacks, each in its benchmark, by what they are judged as."""
POWER_TARGETS: Mapping[tuple[str, str, Metric], float] = {
    ("quiet", "duet", "throughput"): 0.005,
    ("quiet", "two", "throughput"): 0.010,
    ("foreign", "duet", "throughput"): 0.015,
    ("foreign", "duet", "cpu_s_per_1000"): 0.007,
}
"""Of one minute."""


ALARMS = 0.05
"""The largest allowed rate of false alarms."""
WRONG_SIGNS = 0.001

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
    left_out: list[str] = field(default_factory=list)
    """What there was no time for."""


def join(parts: Sequence[Found]) -> Found:
    """Put together what was found in parts; rows of one table stay in that order."""
    whole = Found()
    for part in parts:
        for heading, rows in part.tables.items():
            if rows:
                whole.tables.setdefault(heading, []).extend(rows)
        whole.curves.update(part.curves)
        whole.alarms.update(part.alarms)
        whole.duets.update(part.duets)
        whole.left_out += part.left_out
    return whole


def alarms(found: Found, condition: str, recording: Recording, effort: Effort) -> Iterator[str]:
    """Judge rounds of equal stacks by what is told apart; yields what is done next."""
    rows = found.tables.setdefault(f"Equal stacks, {condition}", [])
    for benchmark, who in EQUAL.items():
        choices = [found_ for each in who if (found_ := pairs(recording, *each))]
        if not choices:
            continue
        mode = MODES.get(benchmark, "alternate")
        yield f"{condition}: false alarms, {mode_of(benchmark)}"
        fixed = false_alarms(choices, mode, ROUNDS, effort.comparisons, seed=1)
        gone_on = false_alarms_gone_on(choices, mode, effort.comparisons, seed=1)
        for design, shares in ((FIXED, fixed), (GONE_ON, gone_on.alarms)):
            for metric, share in shares.items():
                what = f"{mode_of(benchmark)}, {NAMES[metric]}, {design}"
                found.alarms[f"{condition}: {what}"] = share
                met = share.bounds[0] <= ALARMS
                rows.append(
                    Figure(f"A/A false alarms, {what}", "lower bound ≤ 5 %", str(share), met)
                )
        what = f"rounds until it ended, {mode_of(benchmark)}, {GONE_ON}"
        rows.append(Figure(what, "–", f"{gone_on.rounds:.1f}", None))
    yield from _tables(rows, condition, recording, effort)


def _tables(
    rows: list[Figure], condition: str, recording: Recording, effort: Effort
) -> Iterator[str]:
    four = recording.of("four")
    if not four:
        return
    for design, wanted, times, looks in (
        (FIXED, ROUNDS, effort.tables, False),
        (ALL_LOOKS, MOST_ROUNDS, effort.tables_at_looks, True),
    ):
        yield f"{condition}: tables of {STACKS_OF_A_TABLE} stacks, {design}"
        shares = tables_with_false_alarms(four, wanted, times, seed=1, several_looks=looks)
        for metric, share in shares.items():
            what = f"any false verdict in a table of {STACKS_OF_A_TABLE}, {NAMES[metric]}, {design}"
            rows.append(Figure(what, "≤ 5 % of tables", str(share), share.value <= ALARMS))


def finds(found: Found, condition: str, recording: Recording, effort: Effort) -> Iterator[str]:
    """Judge rounds of equal stacks by what is found if one of them is raised."""
    rows = found.tables.setdefault(f"Equal stacks, {condition}", [])
    yield from _wrong_signs(rows, condition, recording, effort)
    yield from _power(found, rows, condition, recording, effort)
    yield from _power_gone_on(rows, condition, recording, effort)


def _wrong_signs(
    rows: list[Figure], condition: str, recording: Recording, effort: Effort
) -> Iterator[str]:
    for benchmark, mode in MODES.items():
        yield f"{condition}: wrong signs, {mode}"
        own = pairs(recording, benchmark, "a", "b")
        if not own:
            continue
        share = wrong_signs("throughput", own, mode, math.log(1.03), effort.simulations, seed=1)
        what = f"wrong-sign verdicts on a true 3 %, {mode}, {FEWEST_ROUNDS} rounds"
        rows.append(Figure(what, "< 0.1 %", str(share), share.value < WRONG_SIGNS))


def _power(
    found: Found, rows: list[Figure], condition: str, recording: Recording, effort: Effort
) -> Iterator[str]:
    for benchmark, mode in MODES.items():
        own = pairs(recording, benchmark, "a", "b")
        if not own:
            continue
        cost_s = recording.cost_s(benchmark)
        for metric in METRICS:
            what = f"{mode}, {NAMES[metric]}"
            sizes: list[float | None] = []
            for minutes in MINUTES:
                yield f"{condition}: power, {what}, {minutes} min"
                wanted = rounds_within(minutes, cost_s)
                if wanted < FEWEST_ROUNDS:
                    sizes.append(None)
                    continue
                curve = power(metric, own, mode, wanted, effort.samples(wanted))
                sizes.append(smallest_found(curve, sizes[-1] if sizes else None))
                if metric == "throughput" and minutes in _DRAWN_MINUTES:
                    name = f"{condition}, {mode}, {minutes} min"
                    found.curves[name] = [(100 * by, curve(by)) for by in _GRID]
            target = POWER_TARGETS.get((condition, benchmark, metric))
            rows.append(
                Figure(
                    f"smallest difference found in 80 % in {in_minutes()}, {what} "
                    f"({cost_s:.1f} s a round)",
                    "–" if target is None else f"≤ {100 * target:g} % in 1 min",
                    " / ".join(map(in_percent, sizes)),
                    None if target is None else sizes[0] is not None and sizes[0] <= target,
                )
            )


def _power_gone_on(
    rows: list[Figure], condition: str, recording: Recording, effort: Effort
) -> Iterator[str]:
    for benchmark, mode in MODES.items():
        own = pairs(recording, benchmark, "a", "b")
        for metric in METRICS if own else ():
            what = f"{mode}, {NAMES[metric]}, {GONE_ON}"
            yield f"{condition}: power, {what}"
            size = smallest_found(power_gone_on(metric, own, mode, effort.power))
            rows.append(
                Figure(f"smallest difference found in 80 %, {what}", "–", in_percent(size), None)
            )


_DRAWN_MINUTES = MINUTES[:2]
_GRID = (0.001, 0.002, 0.003, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1)


def usual_designs(found: Found, runs: Sequence[naive.LongRun]) -> None:
    seconds = [run.per_second for run in runs]
    rows = found.tables.setdefault("The usual designs on equal stacks", [])
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


def mode_of(benchmark: str) -> str:
    return str(MODES.get(benchmark, "alternate, four stacks"))


def in_minutes() -> str:
    return f"{' / '.join(map(str, MINUTES))} min"


def in_percent(share: float | None) -> str:
    if share is None:
        return "–"
    return "none" if math.isinf(share) else f"{100 * share:.2g} %"
