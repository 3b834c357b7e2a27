"""The machine's speed as a control variate of figures."""

from __future__ import annotations

import dataclasses
import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs import a_run, a_suite
from timetrial.analysis.statistics.comparisons import compare, is_significant
from timetrial.analysis.statistics.measured import Measured, speed_adjustment
from timetrial.analysis.statistics.probe_readings import log_speed, speeds_of
from timetrial.analysis.statistics.shared_variance import Figures
from timetrial.analysis.statistics.speed_covariate import UNSEEN, Adjusted, adjusted, differs
from timetrial.analysis.summarize import summarize
from timetrial.model import CpuSpeed, MachineConditions, Measurement, ProcessStamp, Speed
from timetrial.model.measurement import ProcessUse
from timetrial.reports.speed_text import speed_sentences

LAYOUTS = st.tuples(st.integers(0, 10_000), st.sampled_from([(2, 9), (3, 6), (5, 5), (12, 4)]))


def figures(values: np.ndarray) -> Figures:
    rows = (dict(enumerate(own.tolist(), 1)) for own in values)
    return {f"s{place}": row for place, row in enumerate(rows)}


def noise(seed: int, shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    numbers = np.random.default_rng(seed)
    common = numbers.standard_normal(shape[1])
    return 0.1 * (numbers.standard_normal(shape) + common), 0.1 * numbers.standard_normal(shape)


def means(of: Figures) -> np.ndarray:
    found: list[float] = [float(np.mean(list(own.values()))) for own in of.values()]
    return np.array([mean - found[0] for mean in found])


@given(LAYOUTS, st.floats(0.3, 1.5))
def test_what_depends_on_speed_alone_has_no_residual(
    layout: tuple[int, tuple[int, int]], slope: float
) -> None:
    seed, shape = layout
    x, _ = noise(seed, shape)
    level = np.linspace(0, 1, shape[0])[:, None]
    if differs(figures(x)):
        return
    found = adjusted(figures(level - slope * x), figures(x))
    assert isinstance(found, Adjusted)
    assert found.variance_left == pytest.approx(0, abs=1e-9)
    assert found.slope == pytest.approx(-slope)
    assert means(found.figures) == pytest.approx(level[:, 0] - level[0, 0], abs=1e-9)
    assert found.resolution == pytest.approx(UNSEEN * slope)


def test_speed_that_has_nothing_to_do_with_servers_leaves_the_expectation() -> None:
    sums, plain, adjustments = np.zeros(4), np.zeros(4), 0
    for seed in range(300):
        x, e = noise(seed, (4, 6))
        y = figures(np.arange(4)[:, None] * 0.02 - x + e / 2)
        found = adjusted(y, figures(x))
        if isinstance(found, Adjusted):
            adjustments += 1
            sums += means(found.figures)
            plain += means(y)
    assert adjustments > 250
    off = sums / adjustments - np.arange(4) * 0.02
    assert np.abs(off).max() < 4 * 0.05 * math.sqrt(2 / 6 / adjustments)
    assert np.abs(off).max() < np.abs(plain / adjustments - np.arange(4) * 0.02).max() + 0.003


@given(st.integers(0, 10_000), st.permutations(range(4)))
def test_another_order_of_servers_changes_their_order_alone(seed: int, order: list[int]) -> None:
    x, e = noise(seed, (4, 6))
    y = e / 3 - x
    one = adjusted(figures(y), figures(x))
    other = adjusted(figures(y[order]), figures(x[order]))
    if not isinstance(one, Adjusted):
        assert other == one
        return
    assert isinstance(other, Adjusted)
    assert other.slope == pytest.approx(one.slope)
    for place, name in enumerate(other.figures):
        assert list(other.figures[name].values()) == pytest.approx(
            list(one.figures[f"s{order[place]}"].values())
        )


@pytest.mark.parametrize("shape", [(2, 9), (5, 6)])
def test_a_server_that_slows_the_probe_down_makes_no_covariate(shape: tuple[int, int]) -> None:
    x, e = noise(7, shape)
    x[0] += 0.5
    assert adjusted(figures(e - x), figures(x)) == "differs-between-stacks"


@pytest.mark.parametrize(("shape", "enough"), [
    ((2, 7), False), ((2, 8), True), ((3, 4), False), ((3, 5), True), ((12, 3), True),
])  # fmt: skip
def test_few_rounds_of_few_servers_have_no_slope(shape: tuple[int, int], *, enough: bool) -> None:
    x, _ = noise(3, shape)
    x -= x.mean(axis=1, keepdims=True)
    found = adjusted(figures(-x), figures(x))
    assert isinstance(found, Adjusted) is enough
    assert enough or found == "too-few-rounds"


def test_speed_that_explains_nothing_leaves_figures_alone() -> None:
    refusals = [adjusted(*map(figures, noise(seed, (5, 6)))) for seed in range(40)]
    assert refusals.count("explains-too-little") > 30


def test_a_round_without_readings_is_told() -> None:
    x, e = noise(1, (3, 6))
    known = {name: dict(itertools.islice(own.items(), 5)) for name, own in figures(x).items()}
    assert adjusted(figures(e), known) == "no-readings"


def test_a_layout_with_holes_is_fitted_as_what_is_left_of_it() -> None:
    x, _ = noise(2, (4, 8))
    x -= x.mean(axis=1, keepdims=True)
    holed = {name: dict(own) for name, own in figures(x).items()}
    for number in (6, 7, 8):
        del holed["s3"][number]
    y = {name: {r: 1 - 0.7 * value for r, value in own.items()} for name, own in holed.items()}
    found = adjusted(y, holed)
    assert isinstance(found, Adjusted)
    assert found.slope == pytest.approx(-0.7)
    assert found.variance_left == pytest.approx(0, abs=1e-9)


def read(mean_log_ns: float, amount: int = 5_000, readings: int = 5) -> Speed:
    return Speed(amount, (CpuSpeed(0, readings, mean_log_ns, 0.01),))


def with_speeds(measurement: Measurement, *speeds: Speed | None) -> Measurement:
    windows = tuple(
        dataclasses.replace(window, speed=speed)
        for window, speed in zip(measurement.windows, itertools.cycle(speeds), strict=False)
    )
    busy = MachineConditions(passed_s=10, server_cpus=(0,), measured_cpus=2)
    uses = (ProcessUse(ProcessStamp(1, 1), 9.5),)
    return dataclasses.replace(measurement, windows=windows, surroundings=busy, uses=uses)


def rounds_of(run_of_two: tuple[Measurement, ...]) -> dict[str, dict[int, Measurement]]:
    found: dict[str, dict[int, Measurement]] = {}
    for m in run_of_two:
        found.setdefault(m.trial.cell.stack, {})[m.trial.round] = m
    return found


def measured(*speeds: Speed | None) -> dict[str, dict[int, Measurement]]:
    run = a_run(a_suite(["granian", "uvicorn"]))
    here = [m for m in run.measurements if m.trial.cell.benchmark == "json_query"]
    return rounds_of(tuple(with_speeds(m, *speeds) for m in here))


def test_windows_are_weighed_by_their_readings() -> None:
    (one, *_) = next(iter(measured(read(1.0, readings=1), read(2.0, readings=3)).values())).values()
    assert log_speed(one.windows) == pytest.approx(1.75)


@pytest.mark.parametrize(("speeds", "refusal"), [
    ((None,), None),
    ((read(1.0), None), "no-readings"),
    ((read(1.0), read(1.0, readings=0)), "no-readings"),
    ((read(1.0), read(1.0, amount=7)), "other-amounts"),
])  # fmt: skip
def test_readings_that_cannot_be_used_say_why(
    speeds: tuple[Speed | None, ...], refusal: str | None
) -> None:
    rounds = measured(*speeds)
    assert speeds_of("throughput", rounds) == refusal
    assert speeds_of("memory_bytes", measured(read(1.0))) is None


def test_throughput_depends_on_speed_only_where_servers_are_busy() -> None:
    rounds = measured(read(1.0))
    idle = {
        name: {r: dataclasses.replace(m, uses=()) for r, m in own.items()}
        for name, own in rounds.items()
    }
    assert speeds_of("throughput", idle) == "not-server-bound"
    assert not isinstance(speeds_of("cpu_s_per_1000", idle), str)
    assert not isinstance(speeds_of("throughput", rounds), str)


def slowed(measurement: Measurement, x: float) -> Measurement:
    """Return a measurement in which the machine was slower by a factor of exp(x)."""
    windows = tuple(
        dataclasses.replace(
            window,
            completions=round(1e6 * math.exp(-x)),
            completions_overall=round(1e6 * math.exp(-x)),
            server_cpu_s=1.0,
            speed=read(12 + x),
        )
        for window in measurement.windows
    )
    return dataclasses.replace(with_speeds(measurement), windows=windows)


def test_comparisons_are_made_without_the_machines_speed() -> None:
    run = a_run(a_suite(["granian", "uvicorn", "waitress"], rounds=6))
    numbers = np.random.default_rng(11)
    measurements = tuple(slowed(m, float(numbers.normal(0, 0.1))) for m in run.measurements)
    run = dataclasses.replace(run, measurements=measurements)
    (table, *_) = summarize(run).tables
    (speed, *_) = [each for each in table.speed if each.metric == "throughput"]
    assert speed.refusal is None
    assert speed.variance_left is not None
    assert speed.variance_left < 0.01
    (sentence, *_) = speed_sentences(table)
    assert sentence.startswith("The speed probe took the machine's speed out")
    pairs = [c for c in table.comparisons if c.metric == "throughput"]
    for pair in pairs:
        assert not is_significant(pair)
        # Half of it is what an unseen effect on the probe is allowed.
        assert pair.max_difference is not None
        assert pair.max_difference < 0.02


def test_two_stacks_are_adjusted_by_their_differences() -> None:
    base = measured(read(1.0))
    numbers = np.random.default_rng(4)
    rounds = {
        name: {r: slowed(m, float(numbers.normal(0, 0.1))) for r, m in own.items()}
        for name, own in base.items()
    }
    few = Measured("cpu_s_per_1000", rounds)
    assert speed_adjustment(few, list(rounds)) is not None
    (pair,) = compare(few, list(rounds))
    assert pair.max_difference is not None
    assert pair.max_difference > 0.05
