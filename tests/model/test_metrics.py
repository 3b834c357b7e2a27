"""The registry of metrics knows all of them, and figures are looked up by their names."""

from __future__ import annotations

import dataclasses
from typing import get_args

import pytest

from timetrial.features.tune.figures import Figures
from timetrial.model.metrics import BY_OPTION, COMPARED, METRICS, Metric
from timetrial.model.missing import Missing, MissingKind
from timetrial.model.suite import Stack
from timetrial.model.summary import UNJUDGED, Row, figure_of

STACK = Stack("uvicorn", "uvicorn", "bare", "asgi", workers=1, threads=1)


def missing(name: str) -> Missing:
    return Missing(MissingKind.DOES_NOT_COUNT, detail=name)


def test_every_metric_is_in_the_registry() -> None:
    assert set(METRICS) == set(get_args(Metric))


@pytest.mark.parametrize("record", [Row, Figures])
def test_a_metric_is_named_like_the_field_that_holds_its_figure(record: type) -> None:
    fields = {field.name for field in dataclasses.fields(record)}

    assert set(METRICS) <= fields


def test_a_figure_is_looked_up_by_its_metric() -> None:
    row = Row(
        STACK,
        **{metric: missing(metric) for metric in METRICS},
        generator_cpu_share=0.0,
        requests=0,
        failed=0,
        closed_by_server=0,
        ties="",
        parts=(),
        dropped_after_round=None,
        letters={},
        validity=UNJUDGED,
    )

    assert {metric: figure_of(row, metric) for metric in METRICS} == {
        metric: missing(metric) for metric in METRICS
    }


def test_more_is_better_of_what_comes_a_second_and_of_connections_held() -> None:
    more = [metric for metric in METRICS if METRICS[metric].higher_is_better]
    assert more == ["throughput", "connections_held", "events_per_s"]


def test_direction_and_words_say_the_same() -> None:
    assert {(info.direction, info.better, info.arrow) for info in METRICS.values()} == {
        (1, "more is better", "↑ is better"),
        (-1, "less is better", "↓ is better"),
    }


def test_every_compared_metric_has_a_name_of_its_own_on_the_command_line() -> None:
    assert sorted(BY_OPTION.values()) == sorted(COMPARED)
