"""A run as OpenMetrics text, as Prometheus and its textfile collector read it.

prometheus-client is an extra: `pip install 'timetrial[metrics]'`.
"""

from __future__ import annotations

from timetrial.model import BadInput, Summary
from timetrial.reports.gauges import gauges, taken_at

NAMESPACE = "timetrial"
NEEDED = "OpenMetrics need prometheus-client; install it with: pip install 'timetrial[metrics]'"


def as_openmetrics(summary: Summary) -> str:
    """Write all figures as gauges. Raises BadInput where prometheus-client is not installed."""
    try:
        from prometheus_client import CollectorRegistry, Gauge  # noqa: PLC0415 - an extra
        from prometheus_client.openmetrics.exposition import generate_latest  # noqa: PLC0415
    except ImportError:
        raise BadInput(NEEDED) from None
    registry = CollectorRegistry()
    began = Gauge(
        "run_began_timestamp_seconds", "When the run began.", ["run"], NAMESPACE, registry=registry
    )
    began.labels(run=str(summary.run.number)).set(taken_at(summary).timestamp())
    for gauge in gauges(summary):
        names = sorted({name for sample in gauge.samples for name in sample.labels})
        written = Gauge(gauge.name, f"{gauge.description}.", names, NAMESPACE, registry=registry)
        for sample in gauge.samples:
            written.labels(*(sample.labels.get(name, "") for name in names)).set(sample.value)
    text: bytes = generate_latest(registry)  # type: ignore[no-untyped-call]  # the library has no types
    return text.decode()
