"""Different versions or ciphers of TLS in one table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from timetrial.analysis.checks.benchmark_context import BenchmarkContext
from timetrial.analysis.checks.cell_context import CellContext
from timetrial.analysis.checks.thresholds import NOT_RESUMED, UNEQUAL_TLS
from timetrial.model import Finding, TlsHandshakes, Window, counted


def find(benchmark: BenchmarkContext) -> tuple[Finding, ...]:
    """Note stacks that agreed on something else than the others, and name what each agreed on."""
    by_terms: dict[str, list[CellContext]] = {}
    for context in benchmark.measured():
        if (made := first_handshake(context.windows())) is not None:
            by_terms.setdefault(terms(made), []).append(context)
    if UNEQUAL_TLS.judge(len(by_terms) - 1) is None:
        return ()
    listed = "; ".join(
        f"{agreed} ({', '.join(context.stack for context in contexts)})"
        for agreed, contexts in by_terms.items()
    )
    evidence = f"stacks of this table differ in TLS: {listed}."
    concerned: Iterator[CellContext] = (c for contexts in by_terms.values() for c in contexts)
    return benchmark.finding(UNEQUAL_TLS.name, "note", evidence, concerned)


def find_not_resumed(context: CellContext) -> Finding | None:
    """Note a server that made connections begin anew, where they were to be resumed."""
    transport = context.benchmark.transport
    if transport is None or not transport.resumes_tls:
        return None
    made = [window.tls for window in context.windows() if window.tls is not None]
    full, resumed = sum(each.full for each in made), sum(each.resumed for each in made)
    share = full / (full + resumed) if full + resumed else 0.0
    if NOT_RESUMED.judge(share) is None:
        return None
    return context.finding(
        NOT_RESUMED.name,
        "note",
        f"it resumed {resumed:,} of {counted(full + resumed, 'handshake', ',')}: the others were "
        f"full ones.",
    )


def first_handshake(windows: Iterable[Window]) -> TlsHandshakes | None:
    return next((window.tls for window in windows if window.tls is not None), None)


def terms(made: TlsHandshakes) -> str:
    """Write what was agreed on: 'TLS 1.3, TLS13_AES_256_GCM_SHA384'."""
    return f"{made.version}, {made.cipher}"
