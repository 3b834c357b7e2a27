"""A run for monitoring systems: what their own libraries read of what is written for them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from runs import a_run, a_suite
from timetrial.analysis.summarize import summarize
from timetrial.model import BadInput, Estimate, Summary
from timetrial.reports.gauges import gauges
from timetrial.reports.openmetrics import as_openmetrics
from timetrial.reports.otlp import as_otlp

pytest.importorskip("prometheus_client", reason="needs the extra 'metrics' (prometheus-client)")
pytest.importorskip("opentelemetry.proto", reason="needs the extra 'metrics' (opentelemetry-proto)")


@pytest.fixture(scope="module")
def summary() -> Summary:
    return summarize(a_run(a_suite(["uvicorn", "waitress"], rounds=8)))


def cell_of(labels: Mapping[str, str]) -> tuple[str, str]:
    return labels["benchmark"], labels["stack"]


def figure(summary: Summary, stack: str) -> Estimate:
    (row,) = (row for row in summary.tables[0].rows if row.stack.name == stack)
    assert isinstance(row.throughput, Estimate)
    return row.throughput


def test_prometheus_reads_each_figure_with_its_interval_and_labels(summary: Summary) -> None:
    from prometheus_client.openmetrics.parser import text_string_to_metric_families  # noqa: PLC0415

    read = text_string_to_metric_families(as_openmetrics(summary))  # type: ignore[no-untyped-call]  # the library has no types
    families = {each.name: each for each in read}
    expected = figure(summary, "uvicorn")
    for end, value in (("", expected.value), ("_low", expected.low), ("_high", expected.high)):
        samples = families[f"timetrial_throughput{end}_requests_per_second"].samples
        found = {cell_of(sample.labels): sample.value for sample in samples}
        assert found[summary.tables[0].benchmark.name, "uvicorn"] == pytest.approx(value)
    times = families["timetrial_response_time_seconds"].samples
    assert {sample.labels["quantile"] for sample in times} <= {"0.5", "0.9", "0.99"}
    assert families["timetrial_run_began_timestamp_seconds"].samples[0].labels == {
        "run": str(summary.run.number)
    }


def test_a_collector_reads_the_same_values_at_the_time_of_the_run(summary: Summary) -> None:
    from google.protobuf.json_format import Parse  # noqa: PLC0415
    from opentelemetry.proto.metrics.v1.metrics_pb2 import MetricsData  # noqa: PLC0415

    read = Parse(as_otlp(summary), MetricsData())
    (scope,) = read.resource_metrics[0].scope_metrics
    written = {metric.name: metric for metric in scope.metrics}
    assert sorted(written) == sorted(f"timetrial.{gauge.name}" for gauge in gauges(summary))
    points = written["timetrial.throughput_requests_per_second"].gauge.data_points
    values = {
        cell_of({each.key: each.value.string_value for each in point.attributes}): point.as_double
        for point in points
    }
    expected = figure(summary, "uvicorn").value
    assert values[summary.tables[0].benchmark.name, "uvicorn"] == pytest.approx(expected)
    assert {point.time_unix_nano for point in points} != {0}


def test_otlp_writes_large_integers_as_text_and_names_in_camel_case(summary: Summary) -> None:
    document: dict[str, Any] = json.loads(as_otlp(summary))
    (metrics,) = (scope["metrics"] for scope in document["resourceMetrics"][0]["scopeMetrics"])
    assert isinstance(metrics[0]["gauge"]["dataPoints"][0]["timeUnixNano"], str)


@pytest.mark.parametrize(
    ("module", "written"),
    [("prometheus_client", as_openmetrics), ("opentelemetry.proto.metrics.v1", as_otlp)],
)
def test_what_is_missing_is_named_with_its_remedy(
    module: str,
    written: Callable[[Summary], str],
    summary: Summary,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in [each for each in sys.modules if each.startswith(module)]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(BadInput, match=r"pip install 'timetrial\[metrics\]'"):
        written(summary)
