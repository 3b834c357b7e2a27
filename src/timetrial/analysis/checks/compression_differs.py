"""WebSockets that compress messages at some servers and not at others: other work is compared."""

from __future__ import annotations

from collections.abc import Mapping

from timetrial.analysis.checks.benchmark_context import BenchmarkContext
from timetrial.analysis.checks.cell_context import CellContext, percent
from timetrial.analysis.checks.thresholds import COMPRESSION
from timetrial.model import Finding, listed


def find(benchmark: BenchmarkContext) -> tuple[Finding, ...]:
    """Doubt all stacks of a table in which compression was offered and not agreed on alike."""
    contexts = tuple(benchmark.measured())
    shares = {
        context.stack: share
        for context in contexts
        if (share := compressing_share(context)) is not None
    }
    spread = max(shares.values()) - min(shares.values()) if shares else 0.0
    severity = COMPRESSION.judge(spread)
    if severity is None:
        return ()
    evidence = f"compression was offered on all WebSockets: {_agreed(shares)}."
    concerned = (context for context in contexts if context.stack in shares)
    return benchmark.finding(COMPRESSION.name, severity, evidence, concerned)


def compressing_share(context: CellContext) -> float | None:
    """Return the share of connections with compression, 0 to 1; None where it was not offered."""
    offered = [window for window in context.windows() if window.compressing is not None]
    opened = sum(window.connects or 0 for window in offered)
    return sum(window.compressing or 0 for window in offered) / opened if opened else None


def _agreed(shares: Mapping[str, float]) -> str:
    """Name who agreed to it, by the share of its connections."""
    alike: dict[str, list[str]] = {}
    for stack, share in sorted(shares.items(), key=lambda entry: (-entry[1], entry[0])):
        said = "compressed" if share == 1 else "did not" if not share else f"on {percent(share)}"
        alike.setdefault(said, []).append(stack)
    return "; ".join(f"{listed(stacks)} {said}" for said, stacks in alike.items())
