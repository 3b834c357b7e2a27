"""Delays as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timetrial.model.delay import (
    Bimodal,
    Constant,
    Delay,
    Exponential,
    LogNormal,
    NoDelay,
    Uniform,
    read_delay,
)


@pytest.mark.parametrize(
    ("text", "delay"),
    [
        ("0", NoDelay()),
        ("25ms", Constant(0.025)),
        ("constant 1.5s", Constant(1.5)),
        ("  250us ", Constant(0.00025)),
        ("lognormal 25ms 0.5", LogNormal(0.025, 0.5)),
        ("bimodal 2ms 200ms 0.01", Bimodal(0.002, 0.2, 0.01)),
        ("uniform 10ms 40ms", Uniform(0.01, 0.04)),
        ("uniform 0 40ms", Uniform(0.0, 0.04)),
        ("exponential 25ms", Exponential(0.025)),
    ],
)
def test_a_delay_is_read(text: str, delay: Delay) -> None:
    assert read_delay(text) == delay


@pytest.mark.parametrize(
    "text",
    [
        "", "25", "-1ms", "25 ms", "ms", "nan", "1e3ms", "lognormal", "lognormal 25ms",
        "lognormal 25ms -1", "lognormal 25ms inf", "lognormal 25ms nan", "bimodal 1ms 2ms 1.1",
        "uniform 2ms 1ms", "uniform 1ms 2ms 3ms", "exponential 0.5", "gamma 25ms",
        "constant 25ms 1",
    ],
)  # fmt: skip
def test_what_is_no_delay_is_refused_with_examples(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no latency; examples are 0, 25ms, lognormal"):
        read_delay(text)


@given(st.text())
def test_nothing_else_is_ever_raised(text: str) -> None:
    try:
        read_delay(text)
    except ValueError as error:
        assert "is no latency" in str(error)  # noqa: PT017 - that it may pass is the point
