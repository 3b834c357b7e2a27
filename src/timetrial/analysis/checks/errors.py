"""Responses that were wrong, late or missing, or other than those of the other servers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from timetrial.analysis.checks.cell_context import CellContext
from timetrial.analysis.checks.thresholds import ANSWERS, ERRORS
from timetrial.model import DYNAMIC, Counts, Finding, listed

_KINDS = {
    "wrong_status": "wrong status",
    "wrong_body": "wrong body",
    "wrong_order": "wrong order",
    "connect_failed": "connection refused or failed",
    "reset": "connection reset",
    "closed_early": "connection closed early",
    "malformed": "malformed response",
    "timeout": "timeout",
    "censored": "no answer by the end",
}


def find(context: CellContext) -> Finding | None:
    """Doubt figures with failed requests: a server that sheds load looks fast."""
    counts = [window.counts for window in context.windows()]
    arrivals = sum(count.arrivals for count in counts)
    failed = sum(count.failed for count in counts)
    severity = ERRORS.judge(failed / arrivals) if arrivals else None
    if severity is None:
        return None
    parts = by_kind(counts, context.benchmark.load.timeout_s, _wrong_statuses(context))
    share = f"{100 * failed / arrivals:.2g} %"
    has_wrong_body = context.own_app and any(count.wrong_body for count in counts)
    advice = f" If bodies may differ, {DYNAMIC}." if has_wrong_body else ""
    evidence = f"{failed:,} of {arrivals:,} requests failed ({share}): {', '.join(parts)}.{advice}"
    return context.finding(ERRORS.name, severity, evidence)


def by_kind(
    counts: Sequence[Counts],
    timeout_s: float | None = None,
    statuses: Mapping[int, int] = MappingProxyType({}),
) -> list[str]:
    """Name the kinds of failed requests with their numbers, wrong statuses by their code."""
    failed = sum(count.failed for count in counts)
    kinds = {kind: sum(getattr(count, kind) or 0 for count in counts) for kind in _KINDS}
    named = dict(_KINDS)
    if timeout_s is not None:
        named["timeout"] += f" (after {timeout_s:g} s)"
    parts = [f"{named[kind]} {number:,}" for kind, number in kinds.items() if number]
    if kinds["wrong_status"] and statuses:
        codes = ", ".join(f"{code} × {number:,}" for code, number in sorted(statuses.items()))
        parts[0] += f" (by status: {codes})"
    if rest := failed - sum(kinds.values()):
        parts.append(f"of unknown kind {rest:,}")
    return parts


def _wrong_statuses(context: CellContext) -> Mapping[int, int]:
    """Count the responses of windows with wrong statuses, without those of right ones."""
    steps = context.benchmark.workload.steps
    right = {step.expect.status for step in steps if step.expect is not None}
    totals: Counter[int] = Counter()
    for window in context.windows():
        totals.update(window.statuses)
    return {status: number for status, number in totals.items() if status not in right}


def find_different_answers(context: CellContext) -> Finding | None:
    """Doubt a server whose answers differed before measuring: it may have done other work."""
    if not context.differs:
        return None
    head = "it answers otherwise than the other servers"
    if context.differs_from:
        both = listed([context.stack, *context.differs_from])
        head = f"{both} differ, and which of them is right is not known"
    evidence = f"{head}: {context.differs}. If that may differ, {DYNAMIC}."
    return context.finding(ANSWERS.name, "doubtful", evidence)
