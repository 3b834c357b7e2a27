"""What there is to say of single requests, put together where it is the same of several."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from timetrial.model.units import significant
from timetrial.model.workload import Request

_NAMED = 3


class RequestNotes:
    """Collects remarks, and tells each once."""

    def __init__(self) -> None:
        self._of: dict[str, list[str]] = {}
        self._left_out: dict[str, list[Request]] = {}

    def add(self, asked: Request, remark: str) -> None:
        """Say something of a request; '' is nothing."""
        if remark:
            self._of.setdefault(remark, []).append(asked.label)

    def leave_out(self, asked: Request, because: str) -> None:
        self._left_out.setdefault(because, []).append(asked)

    def notes(self, of: Sequence[Request]) -> Iterator[str]:
        """Yield a sentence for each remark; shares are those of the weight `of` all requests."""
        weight = sum(each.weight for each in of)
        for because, asked in self._left_out.items():
            share = significant(100 * sum(each.weight for each in asked) / weight, 2)
            labels = listed([each.label for each in asked])
            yield f"Left out, {share}% of the mix: {labels} ({because})."
        for remark, labels_ in self._of.items():
            yield f"{listed(labels_)}: {remark}."


def listed(labels: Sequence[str]) -> str:
    """Name the first few: 'GET /, GET /a, GET /b and 4 more'."""
    more = f" and {len(labels) - _NAMED} more" if len(labels) > _NAMED else ""
    return ", ".join(labels[:_NAMED]) + more
