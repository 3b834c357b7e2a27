"""Response times by part: steps, iterations and connecting, in a table of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from timetrial.model import ENGINE, NS_PER_MS, DriverName, duration
from timetrial.model.summary import Estimate, Missing, Part, Row
from timetrial.reports.figures import NONE, Figure, absent, figure

QUANTILES = ("p50", "p90", "p99")
MEANINGS = {
    "iteration": "An iteration is all steps of one user, thinking included.",
    "connect": "Connecting is a part of the response time of the request that waited for it.",
    "first event": "Times of streams count from the moment that each was due.",
}
IDLE_MEANS = (
    "held: connections that were open at the end. KiB a connection: what the server's processes "
    "grew by (PSS) while so many were open; the kernel's own memory for sockets is not in it. "
    "closed: by the server, of all rounds."
)


@dataclass(frozen=True, slots=True)
class PartView:
    """One line: a part of one stack."""

    stack: str
    """'' where the line above is of the same stack."""
    name: str
    quantiles_ms: tuple[Figure, ...]
    """In the order of QUANTILES."""
    longest: str
    count: str
    failed: str
    part: Part


def parts_view(rows: Sequence[tuple[Row, bool]]) -> tuple[PartView, ...]:
    """Set the parts of rows; each comes with whether its figures are void."""
    return tuple(line for row, void in rows for line in _lines(row, void=void))


def meanings(lines: Sequence[PartView], driver: DriverName) -> Iterator[str]:
    kinds = [kind for kind, _ in groupby(sorted(line.part.kind for line in lines))]
    by_tool = {"connect": f"Connecting is no part of {driver}'s response times."}
    texts = MEANINGS if driver == ENGINE else {**MEANINGS, **by_tool}
    return (texts[kind] for kind in kinds if kind in texts)


def _lines(row: Row, *, void: bool) -> Iterator[PartView]:
    for place, part in enumerate(row.parts):
        estimates = (part.p50_ns, part.p90_ns, part.p99_ns)
        yield PartView(
            stack=row.stack.name if place == 0 else "",
            name=part.name,
            quantiles_ms=tuple(_quantile(estimate, void=void) for estimate in estimates),
            longest=NONE if void or part.max_ns is None else duration(part.max_ns),
            count=f"{part.count:,}",
            failed=f"{part.failed:,}" if part.kind == "step" else NONE,
            part=part,
        )


def _quantile(estimate: Estimate | Missing, *, void: bool) -> Figure:
    return absent("see the findings") if void else figure(estimate, 1 / NS_PER_MS)
