"""Notes on requests; the same note on several requests is one sentence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from timetrial.model import Request, significant

_NAMED = 3


class RequestNotes:
    """Collects notes on requests, and groups equal ones."""

    def __init__(self) -> None:
        self._labels: dict[str, list[str]] = {}
        self._left_out: dict[str, list[Request]] = {}

    def add(self, request: Request, note: str) -> None:
        """Add a note on a request; '' adds nothing."""
        if note:
            self._labels.setdefault(note, []).append(request.label)

    def leave_out(self, request: Request, because: str) -> None:
        self._left_out.setdefault(because, []).append(request)

    def notes(self, of: Sequence[Request]) -> Iterator[str]:
        """Yield a sentence for each note; shares are relative to the weight `of` all requests."""
        weight = sum(request.weight for request in of)
        for because, requests in self._left_out.items():
            share = significant(100 * sum(request.weight for request in requests) / weight, 2)
            labels = listed([request.label for request in requests])
            yield f"Left out, {share}% of the mix: {labels} ({because})."
        for note, noted in self._labels.items():
            yield f"{listed(noted)}: {note}."


def listed(labels: Sequence[str]) -> str:
    """Name the first three: 'GET /, GET /a, GET /b and 4 more'."""
    more = f" and {len(labels) - _NAMED} more" if len(labels) > _NAMED else ""
    return ", ".join(labels[:_NAMED]) + more
