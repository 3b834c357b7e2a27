"""Too few responses for a place in a ranking."""

from __future__ import annotations

from timetrial.features.published.caveat import Caveat
from timetrial.features.published.row import PublishedRow

NAME = "few-samples"
ENOUGH = 100


def find(row: PublishedRow) -> Caveat | None:
    count = row.figures.requests
    if not 0 < count < ENOUGH:
        return None
    responses = "1 response" if count == 1 else f"{count} responses"
    return Caveat(
        NAME,
        ("throughput", "latency"),
        f"{responses} in {row.load.duration_s:g} s: fewer than {ENOUGH} give no place in a "
        f"ranking.",
    )
