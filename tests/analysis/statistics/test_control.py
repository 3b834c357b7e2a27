"""What the control takes back, and what it leaves alone."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timetrial.analysis.statistics.control import bar, is_alarm, suppress_by_control
from timetrial.model.metrics import Metric
from timetrial.model.summary import Comparison, Estimate, Verdict

RATIOS = st.floats(0.5, 2.0)
VERDICTS = st.sampled_from(["higher", "lower", "no difference detected", "no verdict"])


def compared(
    ratio: float, verdict: Verdict = "higher", metric: Metric = "throughput"
) -> Comparison:
    return Comparison(metric, "one", "other", Estimate(ratio, None, None, 5), 0.01, verdict)


def verdicts(comparisons: tuple[Comparison, ...]) -> list[Verdict]:
    return [each.verdict for each in comparisons]


def test_verdicts_below_twice_the_deviation_of_an_alarm_are_withheld() -> None:
    found = (compared(1.05), compared(0.96, "lower"), compared(1.07), compared(0.93, "lower"))
    assert verdicts(suppress_by_control(found, [compared(1.03)])) == [
        "not judged",
        "not judged",
        "higher",
        "lower",
    ]


def test_the_direction_of_the_deviation_does_not_matter() -> None:
    assert verdicts(suppress_by_control((compared(1.05),), [compared(1 / 1.03, "lower")])) == [
        "not judged"
    ]


@pytest.mark.parametrize("verdict", ["no difference detected", "no verdict"])
def test_a_control_that_does_not_alarm_takes_nothing_back(verdict: Verdict) -> None:
    found = (compared(1.001), compared(1.5))
    assert suppress_by_control(found, [compared(1.2, verdict)]) == found
    assert suppress_by_control(found, []) == found


def test_an_alarm_is_about_its_own_metric() -> None:
    found = (compared(1.01), compared(1.01, metric="cpu_s_per_1000"))
    alarm = compared(1.03, metric="cpu_s_per_1000")
    assert verdicts(suppress_by_control(found, [alarm])) == ["higher", "not judged"]


@pytest.mark.parametrize(
    ("ratio", "verdict", "alarms"),
    [
        (0.998, "lower", False),
        (1.019, "higher", False),
        (1.021, "higher", True),
        (0.97, "lower", True),
        (1.2, "no difference detected", False),
    ],
)
def test_only_a_difference_that_matters_is_an_alarm(
    ratio: float, verdict: Verdict, *, alarms: bool
) -> None:
    assert is_alarm(compared(ratio, verdict, "memory_bytes")) == alarms


@given(st.lists(st.tuples(RATIOS, VERDICTS), max_size=8), RATIOS)
def test_only_claims_are_taken_back_and_only_small_ones(
    found: list[tuple[float, Verdict]], deviation: float
) -> None:
    before = tuple(compared(ratio, verdict) for ratio, verdict in found)
    alarm = compared(deviation)
    after = suppress_by_control(before, [alarm])
    for one, other in zip(before, after, strict=True):
        small = abs(math.log(one.ratio.value)) < bar(alarm)
        claims = one.verdict in {"higher", "lower"}
        assert other.verdict == ("not judged" if small and claims else one.verdict)
        assert (other.ratio, other.metric) == (one.ratio, one.metric)
