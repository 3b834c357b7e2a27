"""What only bodies have that are sent in pieces."""

from __future__ import annotations

from collections.abc import Iterator

from timetrial.drivers.driver import LoadResult
from timetrial.drivers.load_run import LoadTerms
from timetrial.model import counted, size


def transfer_text(terms: LoadTerms, result: LoadResult, window_s: float) -> str:
    """Say how much was received a second; with uploads, how much was sent, too."""
    received = f"{size(_per_s(result.bytes_received, window_s))}/s"
    if not terms.has_uploads:
        return received
    return f"{size(_per_s(result.bytes_sent, window_s))}/s sent, {received} received"


def transfer_data(result: LoadResult, window_s: float) -> dict[str, object]:
    uploads = result.uploads
    return {
        "bytes_sent": result.bytes_sent,
        "bytes_sent_per_s": _per_s(result.bytes_sent, window_s),
        "bytes_received_per_s": _per_s(result.bytes_received, window_s),
        "uploads": {
            "cut_short": uploads.cut_short,
            "after_100_continue": uploads.invited,
            "without_100_continue": uploads.uninvited,
        },
    }


def upload_notes(result: LoadResult) -> Iterator[str]:
    uploads = result.uploads
    if uploads.cut_short:
        yield (
            f"{counted(uploads.cut_short, 'request', ',')} had an answer before the whole body was "
            "sent: the rest of it was not, and the connection was closed"
        )
    if uploads.uninvited:
        yield (
            f"{counted(uploads.uninvited, 'upload', ',')} went out after 1 s, since the server had "
            "not said 100 (Continue): response times include that second"
        )


def _per_s(count: int | None, window_s: float) -> float:
    return (count or 0) / window_s if window_s else 0.0
