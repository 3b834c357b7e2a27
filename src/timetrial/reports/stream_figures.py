"""Figures of streams in a table, and those of requests beside streams that are held."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from timetrial.model import NS_PER_MS, Benchmark, HeldStreams, counted, significant
from timetrial.model.redaction import without_passwords
from timetrial.model.summary import Estimate, Missing, Row, Summary, Table, Validity
from timetrial.reports.figures import Figure, absent, figure

HEADS = (("events/s", "95 % interval"), ("first event", "p50 ms"), ("gap", "p99 ms"))
"""Of the figures of a row, in their order."""
_DIGITS = 3


def stream_figures(row: Row, validity: Validity) -> tuple[Figure, ...]:
    """Return the figures of a row of streams."""
    return (
        _unless(row.events_per_s, 1.0, void=validity.throughput_void),
        _unless(row.first_event_ns, 1 / NS_PER_MS, void=validity.response_time_void),
        _unless(row.gap_ns, 1 / NS_PER_MS, void=validity.response_time_void),
    )


def _unless(estimate: Estimate | Missing, scale: float, *, void: bool) -> Figure:
    return absent("see the findings") if void else figure(estimate, scale)


def held_text(beside: HeldStreams) -> str:
    """Say what is held while requests are measured."""
    paths = " | ".join(dict.fromkeys(map(without_passwords, beside.workload.paths.values())))
    return f"beside {counted(beside.streams, 'held stream', ',')} of {paths}"


def with_and_without(summary: Summary, table: Table) -> Iterator[str]:
    """Compare requests a second beside held streams with those of the same load alone."""
    beside = table.benchmark.beside
    alone = next((t for t in summary.tables if _is_same_alone(t.benchmark, table.benchmark)), None)
    if beside is None or alone is None:
        return
    without, held = _tried(alone), _held(summary, table)
    texts = []
    for name, row in _tried(table).items():
        other = without.get(name)
        if other is not None and (name in held or isinstance(other.throughput, Estimate)):
            short = held.get(name, beside.streams) < beside.streams
            only = f" ({held[name]} held)" if short else ""
            texts.append(f"{name} {_rate(other)} and {_rate(row)}{only}")
    if texts:
        said = "; ".join(texts)
        yield f"Requests a second with 0 and with {beside.streams} streams held: {said}."


def _is_same_alone(one: Benchmark, other: Benchmark) -> bool:
    return (
        one.beside is None
        and one.workload == other.workload
        and one.load == other.load
        and one.transport == other.transport
        and one.window_s == other.window_s
    )


def _tried(table: Table) -> Mapping[str, Row]:
    declared = {f.stack for f in table.failures if f.phase == "declared"}
    return {row.stack.name: row for row in table.rows if row.stack.name not in declared}


def _rate(row: Row) -> str:
    if not isinstance(row.throughput, Estimate):
        return "none"
    if row.validity.throughput_void:
        return "no valid figure"
    return significant(row.throughput.value, _DIGITS)


def _held(summary: Summary, table: Table) -> Mapping[str, int]:
    """Return the fewest streams that each stack held in a round."""
    held: dict[str, int] = {}
    for measurement in summary.run.measurements:
        if measurement.trial.cell.benchmark == table.benchmark.name:
            for window in measurement.windows:
                if window.beside is not None:
                    stack = measurement.trial.cell.stack
                    held[stack] = min(window.beside.held, held.get(stack, window.beside.held))
    return held
