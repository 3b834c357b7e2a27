"""An objective is read as people write it, and refused in one sentence."""

from __future__ import annotations

import pytest

from timetrial.features.capacity.slo import Limit, Objective, read_slo
from timetrial.model.errors import BadInput


@pytest.mark.parametrize(
    ("text", "objective"),
    [
        ("p99<100ms,errors<0.1%", Objective((Limit(0.99, 0.1),), 0.001)),
        (" p99.9 < 1.5 s , p50<200us ", Objective((Limit(0.5, 0.0002), Limit(0.999, 1.5)))),
        ("errors<5%", Objective((), 0.05)),
    ],
)
def test_limits_are_read_in_any_order(text: str, objective: Objective) -> None:
    read = read_slo(text)
    assert read.errors_below == pytest.approx(objective.errors_below)
    assert [limit.q for limit in read.limits] == [limit.q for limit in objective.limits]
    for limit, spec in zip(read.limits, objective.limits, strict=True):
        assert limit.below_s == pytest.approx(spec.below_s)


def test_without_a_word_on_errors_some_are_allowed_and_it_is_said() -> None:
    read = read_slo("p99<100ms")
    assert read.errors_below == 0.01
    assert str(read) == str(read_slo("p99<100ms,errors<1%"))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "'' is no limit"),
        ("p99", "'p99' is no limit"),
        ("p99>100ms", "'p99>100ms' is no limit"),
        ("p99<=100ms", "'p99<=100ms' is no limit"),
        ("max<1s", "'max' is nothing that can be limited"),
        ("p42<1s", "'p42' is nothing that can be limited"),
        ("p99<100", "'100' is no time"),
        ("p99<0ms", "'0ms' is not above 0"),
        ("p99<2ms,p99<3ms", "p99 is limited twice"),
        ("errors<1", "'1' is no share"),
        ("errors<100%", "'100%' is not from 0.01% to below 100%"),
        ("errors<0%", "'0%' is not from 0.01% to below 100%"),
        ("errors<1%,errors<2%", "errors are limited twice"),
        ("p99<100ms,", "'' is no limit"),
    ],
)
def test_what_is_no_objective_is_refused_with_what_is_allowed(text: str, problem: str) -> None:
    with pytest.raises(BadInput) as caught:
        read_slo(text)
    assert problem in str(caught.value)
    assert "allowed is a list such as p99<100ms,errors<0.1%" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "needed"),
    [("p50<1s", 100), ("p50<1s,errors<5%", 20), ("p99<1s", 1000), ("p99.9<1s", 10_000),
     ("p50<1s,errors<0.1%", 1000)],
)  # fmt: skip
def test_ten_response_times_lie_beyond_a_percentile_and_one_error_tells_a_share(
    text: str, needed: int
) -> None:
    assert read_slo(text).requests_needed == needed
