"""Two drivers are compared round by round."""

from __future__ import annotations

import pytest

from runs import a_measurement, a_window
from timetrial.analysis.statistics.estimates import throughput_ratio
from timetrial.model.measurement import Measurement
from timetrial.model.summary import Estimate, Missing


def rounds(*completions: int) -> list[Measurement]:
    return [
        a_measurement([a_window(completions=number)], round_=round_)
        for round_, number in enumerate(completions, start=1)
    ]


def test_a_constant_ratio_is_found_whatever_rounds_are_like() -> None:
    ratio = throughput_ratio(rounds(200, 400, 800), rounds(100, 200, 400))
    assert isinstance(ratio, Estimate)
    assert ratio.value == pytest.approx(2)
    assert ratio.rounds == 3


def test_rounds_that_one_of_them_lacks_do_not_count() -> None:
    ratio = throughput_ratio(rounds(200, 400), rounds(100))
    assert isinstance(ratio, Estimate)
    assert ratio.value == pytest.approx(2)
    assert ratio.rounds == 1


def test_without_a_common_round_there_is_no_ratio() -> None:
    assert isinstance(throughput_ratio(rounds(200), []), Missing)
