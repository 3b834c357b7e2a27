"""A run as OTLP JSON, as OpenTelemetry collectors take it at /v1/metrics.

opentelemetry-proto is an extra: `pip install 'timetrial[metrics]'`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from timetrial.model import NS_PER_S, BadInput, Summary
from timetrial.reports.gauges import Gauge, gauges, taken_at

if TYPE_CHECKING:
    from opentelemetry.proto.common.v1.common_pb2 import KeyValue
    from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric

NEEDED = "OTLP needs opentelemetry-proto; install it with: pip install 'timetrial[metrics]'"


def as_otlp(summary: Summary) -> str:
    """Write all figures as gauges. Raises BadInput where opentelemetry-proto is not installed."""
    try:
        from google.protobuf.json_format import MessageToDict  # noqa: PLC0415 - an extra
        from opentelemetry.proto.metrics.v1.metrics_pb2 import MetricsData  # noqa: PLC0415
    except ImportError:
        raise BadInput(NEEDED) from None
    data = MetricsData()
    of_resource = data.resource_metrics.add()
    of_resource.resource.attributes.append(_attribute("service.name", "timetrial"))
    scope = of_resource.scope_metrics.add()
    scope.scope.name, scope.scope.version = "timetrial", summary.run.timetrial_version
    at_ns = int(taken_at(summary).timestamp()) * NS_PER_S
    scope.metrics.extend(_metric(gauge, at_ns) for gauge in gauges(summary))
    written = MessageToDict(data, use_integers_for_enums=True)
    return json.dumps(written, indent=1, ensure_ascii=False) + "\n"


def _metric(gauge: Gauge, at_ns: int) -> Metric:
    from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric  # noqa: PLC0415 - an extra

    metric = Metric(
        name=f"timetrial.{gauge.name}", unit=gauge.unit, description=f"{gauge.description}."
    )
    for sample in gauge.samples:
        metric.gauge.data_points.add(
            time_unix_nano=at_ns, as_double=sample.value, attributes=_attributes(sample.labels)
        )
    return metric


def _attributes(labels: Mapping[str, str]) -> list[KeyValue]:
    return [_attribute(name, value) for name, value in labels.items() if value]


def _attribute(name: str, value: str) -> KeyValue:
    from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue  # noqa: PLC0415

    return KeyValue(key=name, value=AnyValue(string_value=value))
