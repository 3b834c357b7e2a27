"""Recorded rounds judged with what the speed probe read in them, and whether it read the machine.

The recorded rounds are those of windows that alternate: where stacks are loaded at once there is no
probe.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import duet_bias
from found import ALARMS, EQUAL, FIXED, NAMES, ROUNDS, Found, in_percent
from found_checks import (
    DRIFT,
    LENGTHS,
    STEP,
    UNSTEADY,
    along,
    count,
    levels_of,
    recall_of,
    step,
    stretched,
)
from found_known import cells_of, held
from made_up import made_up
from proof import Figure
from recorded import Recording, without_speed
from replay import Round
from resampling import Share, mean
from shipped import METRICS, Metric, Pair, adjustments, difference, shifted
from timetrial.analysis.statistics.comparisons import compare
from timetrial.analysis.statistics.estimates import window_throughput
from timetrial.analysis.statistics.mean_inference import centre
from timetrial.analysis.statistics.probe_readings import log_speed
from timetrial.analysis.statistics.speed_covariate import UNSEEN
from timetrial.model.measurement import Measurement, ProcessStamp, ProcessUse
from timetrial.model.speed import SpeedAdjustment
from trials import (
    Effort,
    coverage_outside,
    false_alarms,
    pairs,
    power,
    rounds_within,
    sample,
    smallest_found,
)

TARGETS: Mapping[Metric, float] = {"throughput": 0.02, "cpu_s_per_1000": 0.01}
"""Of the smallest difference found in one minute."""
_WITHIN_MINUTES = 1.0
_ENOUGH = 0.91
"""Share of the variance that readings have to explain for a third of the half-width."""
_SEED = 1
_FEWEST = 6
"""Rounds for a slope."""


def readable(recording: Recording) -> Recording:
    """Say what the servers used, which a recording has in its windows only.

    A run knows it of each process, and takes speed out of throughput where servers were at work all
    the time.
    """
    return recording.each(_at_work)


def _at_work(measurement: Measurement) -> Measurement:
    around = measurement.surroundings
    length_s = math.fsum(window.length_s for window in measurement.windows)
    if around is None or not length_s:
        return measurement
    used_s = math.fsum(window.server_cpu_s or 0.0 for window in measurement.windows)
    use = ProcessUse(ProcessStamp(1, 0), used_s / length_s * around.passed_s, around.server_cpus)
    return replace(measurement, uses=(use,))


def has_readings(recording: Recording) -> bool:
    return any(
        window.speed is not None
        for each in recording.rounds
        for own in each.benchmarks.values()
        for measurement in own.values()
        for window in measurement.windows
    )


def probe(found: Found, condition: str, recording: Recording, effort: Effort) -> Iterator[str]:
    """Judge rounds of equal stacks with and without the readings; yields what is done next."""
    rows = found.tables.setdefault(f"The speed probe, {condition}", [])
    read = readable(recording)
    for benchmark in ("two", "four"):
        rounds = read.of(benchmark)
        if not rounds:
            continue
        yield f"{condition}: probe, {benchmark}"
        names = tuple(rounds[0])
        for metric, said in adjustments(names, rounds, "alternate").items():
            what = f"{len(names)} that alternate, {NAMES[metric]}"
            rows.append(Figure(f"variance left, {what}, all rounds", "–", _left(said), None))
        if benchmark == "two":
            rows += _correlated(read)
        choices = [own for each in EQUAL[benchmark] if (own := pairs(read, *each))]
        shares = false_alarms(choices, "alternate", ROUNDS, effort.comparisons, seed=_SEED)
        for metric, share in shares.items():
            what = f"{len(names)} that alternate, {NAMES[metric]}, {FIXED}, with the probe"
            met = share.bounds[0] <= ALARMS
            rows.append(Figure(f"A/A false alarms, {what}", "lower bound ≤ 5 %", str(share), met))
    own = pairs(read, "two", "a", "b")
    if own:
        yield f"{condition}: probe, samples"
        rows += _adjusted(own, effort)
        yield from _power(rows, own, read.cost_s("two"), effort)


def _left(said: SpeedAdjustment) -> str:
    if said.refusal is not None:
        return f"not adjusted: {said.refusal}"
    return f"{said.variance_left:.2f}, slope {said.slope:.2f}"


def _correlated(recording: Recording) -> Iterator[Figure]:
    """Say how much of the variance goes with the readings, whatever the rule makes of them."""
    for metric in METRICS:
        both = [
            (d, (log_speed(b.windows) or 0.0) - (log_speed(a.windows) or 0.0))
            for a, b in pairs(recording, "two", "a", "b")
            if (d := difference(metric, (a, b))) is not None
        ]
        y, x = ([each[place] for each in both] for place in (0, 1))
        share = correlation(x, y) ** 2
        what = f"variance of differences that goes with readings (ρ²), {NAMES[metric]}"
        measured = f"{share:.2f} of {len(both)} rounds"
        yield Figure(what, f"≥ {_ENOUGH:g}", measured, share >= _ENOUGH)


def correlation(x: Sequence[float], y: Sequence[float]) -> float:
    xx, yy, xy = (
        math.fsum((p - mean(one)) * (q - mean(other)) for p, q in zip(one, other, strict=True))
        for one, other in ((x, x), (y, y), (x, y))
    )
    return xy / math.sqrt(xx * yy) if xx and yy else 0.0


def _adjusted(own: Sequence[Pair], effort: Effort) -> Iterator[Figure]:
    """Say in how many samples the readings count."""
    randomness = random.Random(_SEED)  # noqa: S311 - a sample that must repeat
    times = effort.comparisons // 4 or 1
    said = [
        adjustments(
            ("a", "b"),
            [{"a": a, "b": b} for a, b in sample(own, ROUNDS, randomness, swap=True)],
            "alternate",
        )
        for _ in range(times)
    ]
    for metric in METRICS:
        each = [by[metric] for by in said if metric in by]
        if each:
            share = Share(sum(by.refusal is None for by in each), len(each))
            what = f"samples of {ROUNDS} rounds that are adjusted, {NAMES[metric]}"
            yield Figure(what, "–", str(share), None)


def _power(rows: list[Figure], own: Sequence[Pair], cost_s: float, effort: Effort) -> Iterator[str]:
    wanted = rounds_within(_WITHIN_MINUTES, cost_s)
    plain = [(without_speed(a), without_speed(b)) for a, b in own]
    for metric in METRICS:
        sizes = []
        for name, rounds in (("with", own), ("without", plain)):
            yield f"probe: power, {NAMES[metric]}, {name}"
            curve = power(metric, rounds, "alternate", wanted, effort.samples(wanted))
            sizes.append(smallest_found(curve))
        what = f"smallest difference found in 80 % in 1 min, alternate, {NAMES[metric]}"
        target = TARGETS[metric]
        rows.append(
            Figure(
                f"{what}, with / without the probe",
                f"≤ {100 * target:g} % with",
                " / ".join(map(in_percent, sizes)),
                sizes[0] <= target,
            )
        )


def known(found: Found, recording: Recording, effort: Effort) -> Iterator[str]:
    """Judge known differences, and steps and drifts, with the readings."""
    rows = found.tables.setdefault("The speed probe, known differences", [])
    read = readable(recording)
    yield "probe: coverage"
    cells = cells_of(read, "two").values()
    shares = [coverage_outside(c.rounds, c.mode, ROUNDS, effort.comparisons, _SEED) for c in cells]
    for metric in METRICS:
        what = f"coverage, alternate, {NAMES[metric]}, {FIXED}, with the probe"
        rows += held(what, metric, shares)
    yield "probe: steps and drifts"
    rows += _recalled(read, effort)


def _recalled(recording: Recording, effort: Effort) -> Iterator[Figure]:
    levels = levels_of(recording)
    if not all(levels.values()):
        return
    for rounds in LENGTHS:
        for what, course in (
            ("a step of 5 % in the middle", step(rounds)),
            ("a drift by 5 %", stretched(DRIFT, rounds)),
            ("nothing", [0.0] * rounds),
        ):
            runs = map(steadied, along(course, levels, effort))
            of = f"speed taken out, runs of {rounds} of {len(levels[STEP])} rounds"
            counted = count(runs, UNSTEADY)
            if what != "nothing":
                yield recall_of(what, of, counted)
                continue
            share = Share(counted.hits, counted.runs)
            yield Figure(f"unsteady-rounds without a step ({of})", "–", str(share), None)


def steadied(run: Sequence[Round]) -> list[Round]:
    """Take the speed out of the throughput of the one stack of a run.

    The slope for a round is that of the other rounds, drawn to 0 by twice the square of its error.
    """
    ((name, _),) = run[0].items()
    own = [each[name] for each in run]
    x = [log_speed(m.windows) for m in own]
    known_ = [each for each in x if each is not None]
    if len(known_) < max(len(run), _FEWEST):
        return list(run)
    y = [math.log(window_throughput(m.windows)) for m in own]
    centre_x = mean(known_)
    return [
        {name: shifted(m, -_slope(known_, y, place) * (known_[place] - centre_x), 0.0)}
        for place, m in enumerate(own)
    ]


def _slope(x: Sequence[float], y: Sequence[float], left_out: int) -> float:
    x, y = ([v for place, v in enumerate(each) if place != left_out] for each in (x, y))
    at_x, at_y = mean(x), mean(y)
    xx = math.fsum((v - at_x) ** 2 for v in x)
    if not xx:
        return 0.0
    xy = math.fsum((v - at_x) * (w - at_y) for v, w in zip(x, y, strict=True))
    explained = xy * xy / xx
    error = max(0.0, math.fsum((w - at_y) ** 2 for w in y) - explained) / (len(x) - 2)
    return xy / xx * max(0.0, 1 - 2 * error / explained) if explained else 0.0


def readings(found: Found, recording: Recording, when: str) -> Iterator[str]:
    """Say by how much each of the unlike stacks changes what the probe reads."""
    rounds = recording.of(duet_bias.ALL)
    names = [name for name in duet_bias.STACKS if rounds and name in rounds[0]]
    x = {
        name: {
            number: speed
            for number, each in enumerate(rounds, start=1)
            if (speed := log_speed(each[name].windows)) is not None
        }
        for name in names
    }
    if not names or min(map(len, x.values())) < _FEWEST:
        return
    yield f"probe: readings beside {len(names)} stacks, {when}"
    rows = found.tables.setdefault("What unlike stacks do to the speed probe", [])
    numbers = sorted(set.intersection(*(set(own) for own in x.values())))
    for name in names:
        others = [other for other in names if other != name]
        off = [x[name][r] - mean([x[other][r] for other in others]) for r in numbers]
        middle = centre(off)
        half = middle.half_width or math.inf
        measured = _interval(middle.mean, middle.mean - half, middle.mean + half)
        inside = abs(middle.mean) + half <= UNSEEN
        what = f"work of the probe beside {name}, off from the mean of the others, {when}"
        rows.append(Figure(what, "within ± 1 %", measured, inside))
    yield from _farthest(rows, x, names, when)


def _farthest(
    rows: list[Figure], x: Mapping[str, Mapping[int, float]], names: Sequence[str], when: str
) -> Iterator[str]:
    yield f"probe: pairs of stacks, {when}"
    compared = compare(made_up(x), names)
    farthest = max(compared, key=lambda pair: abs(math.log(pair.ratio.value)))
    low, high = farthest.ratio.low or 0.0, farthest.ratio.high or math.inf
    rows.append(
        Figure(
            f"the two farthest apart: {farthest.b} over {farthest.a}, {when}",
            "within ± 1 %",
            f"{_interval(*map(math.log, (farthest.ratio.value, low, high)))}, simultaneous",
            max(high - 1, 1 - low) <= UNSEEN,
        )
    )


def _interval(value: float, low: float, high: float) -> str:
    return f"{100 * value:+.1f} % [{100 * low:+.1f}, {100 * high:+.1f}]"
