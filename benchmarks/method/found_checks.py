"""Rounds with faults, and without, put to the checks: what fires, and whether it is right."""

from __future__ import annotations

import math
import random
import statistics
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from duet_bias import GROUPED, PLAIN
from fault_rounds import Pools
from faults import FAULTS, RUN, SOUND, Fault
from found import MODES, Found
from known_difference import BASE, name_of
from proof import NOT_MEASURED, Figure
from recorded import Recording
from replay import Round
from resampling import Share, drawn, smallest
from shipped import MOST_ROUNDS, findings, shifted
from timetrial.analysis.checks.thresholds import TOO_FEW_ROUNDS
from timetrial.analysis.statistics.estimates import window_throughput
from timetrial.model.finding import Finding
from timetrial.model.measurement import Measurement
from timetrial.model.suite import Mode
from trials import Effort, pairs

RECALL = 0.95
"""At least so many faults are to be found, with the right reason."""
QUIET = 0.02
"""In no more rounds than that may a check fire when nothing is wrong."""
STEP = 0.05
DRIFT = (0.0, 0.0, 0.01, 0.01, 0.02, 0.02, 0.03, 0.03, 0.03, 0.05, 0.05, 0.05)
"""What a server costs more, round by round of a run."""
UNSTEADY = frozenset({"unsteady-rounds"})
LENGTHS = (RUN, MOST_ROUNDS)
"""Rounds of the runs in which that is looked for."""
_STEPS = (0.01, 0.5)
"""Between which the smallest that is found is looked for."""
_FEW = 4
"""As many times fewer samples for each size of a step."""
_KIND = "two"
"""Of the benchmarks with known differences."""
_ONE = "a"


@dataclass(frozen=True, slots=True)
class Counted:
    """What was found in so many runs."""

    runs: int
    hits: int
    """Of those: in which a check fired that was to fire."""
    right: Counter[str]
    """The findings that were right, each once a run."""
    others: Counter[str]


def checks(  # noqa: PLR0913 - the last one has a default
    found: Found,
    pools: Pools,
    known: Recording | None,
    quiet: Recording | None,
    effort: Effort,
    *,
    unlike: Sequence[Recording] = (),
) -> Iterator[str]:
    """Count what each fault is found by, and what is found where there is none.

    Rounds of `unlike` stacks on a quiet machine count as those of `known` and `quiet` do.
    """
    rows = found.tables.setdefault("Checks", [])
    for fault in FAULTS:
        own = pools.rounds.get(fault.name, ())
        if not fault.checks:
            continue
        yield f"checks: {fault.what}"
        if len(own) >= fault.rounds:
            rows.append(_recall(fault, own, effort))
        else:
            what = f"check recall, {fault.what}"
            rows.append(Figure(what, "≥ 95 %", f"{NOT_MEASURED}: {len(own)} rounds", None))
    if known is not None:
        yield "checks: steps and drifts"
        rows += _unsteady(known, effort)
    yield "checks: a quiet machine"
    rows += _quiet(pools.rounds.get(SOUND, ()), quiet, effort)
    recordings = [each for each in (quiet, known, *unlike) if each is not None]
    rows += _all_quiet(pools.rounds.get(SOUND, ()), recordings)


def _recall(fault: Fault, rounds: Sequence[Measurement], effort: Effort) -> Figure:
    if fault.rounds == 1:
        counted = count(_single(rounds), fault.checks)
        return recall_of(fault.what, f"{len(rounds)} rounds, each alone", counted)
    counted = count(_drawn(rounds, fault.rounds, effort), fault.checks)
    what = f"runs of {fault.rounds} of {len(rounds)} rounds"
    return recall_of(fault.what, what, counted)


def recall_of(what: str, of: str, counted: Counted) -> Figure:
    share = Share(counted.hits, counted.runs)
    by = f", by {_listed(counted.right)}" if counted.right else ""
    besides = f"; besides: {_listed(counted.others)}" if counted.others else ""
    return Figure(
        f"check recall, {what} ({of})", "≥ 95 %", f"{share}{by}{besides}", share.value >= RECALL
    )


def _unsteady(known: Recording, effort: Effort) -> Iterator[Figure]:
    """Make runs in which a server's cost steps or drifts of rounds at each of its costs."""
    levels = levels_of(known)
    if not all(levels.values()):
        return
    for rounds in LENGTHS:
        of = f"runs of {rounds} of {len(levels[STEP])} rounds"
        for what, course in (
            ("a step of 5 % in the middle", step(rounds)),
            ("a drift by 5 %", stretched(DRIFT, rounds)),
        ):
            yield recall_of(what, of, count(along(course, levels, effort), UNSTEADY))
        calm = count(along([0.0] * rounds, levels, effort), frozenset())
        yield _at_most(f"checks firing on the same without a step ({of})", calm, None)
    figures = [math.log(window_throughput(each.windows)) for each in levels[0.0]]
    apart = 100 * statistics.stdev(figures)
    yield Figure("throughput of those rounds, standard deviation", "–", f"{apart:.1f} %", None)
    yield _smallest_step(levels[0.0], effort)


def _smallest_step(rounds: Sequence[Measurement], effort: Effort) -> Figure:
    """Find from where on steps are found, by raising what a server costs in half of a run."""
    found = []
    for length in LENGTHS:

        def is_found(by: float, length: int = length) -> bool:
            levels = {0.0: rounds, by: [shifted(each, -by, by) for each in rounds]}
            counted = count(along(step(length, by), levels, effort, _FEW), UNSTEADY)
            return counted.hits / counted.runs >= RECALL

        size = smallest(is_found, *_STEPS)
        found.append("none" if math.isinf(size) else f"{100 * math.expm1(size):.2g} %")
    lengths = " / ".join(map(str, LENGTHS))
    what = f"smallest step in the middle that is found in 95 % of runs of {lengths} rounds"
    return Figure(what, "–", " / ".join(found), None)


def step(rounds: int, by: float = STEP) -> list[float]:
    return [0.0] * (rounds // 2) + [by] * (rounds - rounds // 2)


def stretched(course: Sequence[float], rounds: int) -> list[float]:
    return [course[place * len(course) // rounds] for place in range(rounds)]


def levels_of(known: Recording) -> dict[float, list[Measurement]]:
    """List what the server gave at each cost of a step or a drift, round by round."""
    return {share: _at(known, share) for share in sorted({*DRIFT, STEP})}


def _at(known: Recording, share: float) -> list[Measurement]:
    """List what the server gave at a cost, round by round."""
    other = name_of(share or STEP)
    found = pairs(known, f"{_KIND}{other}", BASE, other)
    return [pair[1] if share else pair[0] for pair in found]


def along(
    course: Sequence[float],
    levels: Mapping[float, Sequence[Measurement]],
    effort: Effort,
    fewer: int = 1,
) -> Iterator[list[Round]]:
    """Draw runs, in blocks of rounds that followed each other, each at the cost of its place."""
    randomness = random.Random(1)  # noqa: S311 - a sample that must repeat
    rounds = min(map(len, levels.values()))
    for _ in range(max(1, _times(effort) // fewer)):
        draws = drawn(rounds, len(course), randomness, swap=False)
        yield [{_ONE: levels[share][draw.place]} for share, draw in zip(course, draws, strict=True)]


def _drawn(rounds: Sequence[Measurement], length: int, effort: Effort) -> Iterator[list[Round]]:
    return along([0.0] * length, {0.0: rounds}, effort)


def _times(effort: Effort) -> int:
    return effort.comparisons // 4


def _single(rounds: Sequence[Measurement]) -> Iterator[list[Round]]:
    return ([{_ONE: measurement}] for measurement in rounds)


def _quiet(
    own: Sequence[Measurement], recording: Recording | None, effort: Effort
) -> Iterator[Figure]:
    """Judge rounds of a quiet machine one by one, and those of two stacks also in runs."""
    alone = [count(_single(own), frozenset())] if own else []
    alone += _alone(recording) if recording is not None else ()
    if alone:
        what = "checks firing on a quiet machine, rounds of equal stacks"
        yield _at_most(what, _added(alone), QUIET)
    if recording is not None and (two := recording.of(_KIND)):
        randomness = random.Random(1)  # noqa: S311 - a sample that must repeat
        runs = [
            [two[draw.place] for draw in drawn(len(two), RUN, randomness, swap=False)]
            for _ in range(_times(effort))
        ]
        what = f"checks firing on a quiet machine, runs of {RUN} of {len(two)} rounds of two stacks"
        yield _at_most(what, count(runs, frozenset()), None)


def _all_quiet(own: Sequence[Measurement], recordings: Sequence[Recording]) -> Iterator[Figure]:
    """Judge every round that was recorded beside nothing else, of whatever stacks, one by one."""
    if recordings:
        alone = [count(_single(own), frozenset())] if own else []
        alone += [counted for recording in recordings for counted in _alone(recording)]
        what = "checks firing on a quiet machine, all recorded rounds"
        yield _at_most(what, _added(alone), QUIET)


def _alone(recording: Recording) -> Iterator[Counted]:
    for benchmark in dict.fromkeys(name for r in recording.rounds for name in r.benchmarks):
        runs = [[each] for each in recording.of(benchmark)]
        yield count(runs, frozenset(), _mode_of(benchmark))


def _mode_of(benchmark: str) -> Mode:
    is_duet = "duet" in benchmark or benchmark.startswith((PLAIN, GROUPED))
    return "duet" if is_duet else MODES.get(benchmark, "alternate")


def _at_most(what: str, counted: Counted, target: float | None) -> Figure:
    fired = Share(counted.hits, counted.runs)
    names = f": {_listed(counted.others)}" if counted.others else ""
    return Figure(
        what,
        "–" if target is None else f"≤ {100 * target:g} %",
        f"{fired} of {counted.runs}{names}",
        None if target is None else fired.value <= target,
    )


def count(
    runs: Iterator[list[Round]] | Sequence[list[Round]],
    checks: frozenset[str],
    mode: Mode = "alternate",
) -> Counted:
    """Put runs to all checks; where none is right, any that fires is a hit."""
    right: Counter[str] = Counter()
    others: Counter[str] = Counter()
    total = hits = 0
    for rounds in runs:
        names = doubts(findings(tuple(rounds[0]), rounds, mode))
        total += 1
        hits += bool(names & checks if checks else names)
        right.update(names & checks)
        others.update(names - checks)
    return Counted(total, hits, right, others)


def doubts(found: Sequence[Finding]) -> frozenset[str]:
    """Name what is doubted; that one round is few is no news here, and a note is no doubt."""
    return frozenset(
        each.name for each in found if each.severity != "note" and each.name != TOO_FEW_ROUNDS.name
    )


def _added(parts: Sequence[Counted]) -> Counted:
    return Counted(
        sum(each.runs for each in parts),
        sum(each.hits for each in parts),
        Counter(),
        sum((each.others for each in parts), Counter()),
    )


def _listed(names: Counter[str]) -> str:
    ordered = sorted(names.items(), key=lambda each: (-each[1], each[0]))
    return ", ".join(f"{name} {times}" for name, times in ordered)
