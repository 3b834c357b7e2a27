"""Access logs in the common or combined format: requests to an app, and how often each came.

The formats are those of Apache's mod_log_config ("common", "combined"), which nginx and gunicorn
write, too. Fields before the time and after the number of bytes are ignored.
"""

from __future__ import annotations

import gzip
import io
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import IO, cast

from timetrial.model import HARMLESS, BadInput, Request, significant
from timetrial.project.requests.log_sampling import (
    LogSample,
    MethodAndPath,
    choose,
    counted_by_kind,
)
from timetrial.project.requests.syntax import PATH

MOST_KEPT = 100_000
"""Different requests that are counted; when there are more, the rarest half is merged by kind."""
LONGEST_LINE_BYTES = 64 * 1024
LINES_PER_REPORT = 100_000
EXPECTED = (
    "the common or combined format of Apache, nginx and gunicorn is expected, as in "
    "'203.0.113.9 - - [21/Nov/2026:17:53:39 +0000] \"GET /items?page=2 HTTP/1.1\" 200 512'"
)

_LINE = re.compile(
    rb'\S.*?\[[^\]]{1,60}\] "(?P<request>(?:[^"\\]|\\.)*+)" (?P<status>\d{3}) (?:\d+|-)(?:\s|$)'
)
_REQUEST = re.compile(rb"(?P<method>[A-Z]{1,32}) (?P<target>\S+)(?: HTTP/\d(?:\.\d)?)?")
_ABSOLUTE = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*(?P<path>.*)", re.DOTALL)
_ESCAPE = re.compile(rb'\\(?:x(?P<hex>[0-9A-Fa-f]{2})|(?P<itself>["\\]))')
_RAW = re.compile(rb"[^!-~]")
_GZIP = b"\x1f\x8b"
_FROM_LOGS = frozenset({"GET", "HEAD"})

_Key = tuple[bytes, bytes]
"""Method and target of a request, as the log writes them."""
OnProgress = Callable[[int], None]
"""Called with the number of lines that were read so far."""


@dataclass(slots=True)
class _Tally:
    """Counts of the lines of a log."""

    allow_writes: bool
    exclude: Sequence[re.Pattern[str]]
    lines: int = 0
    answered: Counter[_Key] = field(default_factory=Counter)
    """Requests with a 2xx response, and how often each came."""
    merged: Counter[MethodAndPath] = field(default_factory=Counter)
    """Counts of merged requests, by kind."""
    left_out: Counter[str] = field(default_factory=Counter)
    """Number of lines, by reason."""

    def take(self, line: bytes) -> None:
        self.lines += 1
        match = _LINE.match(line)
        request = match and _REQUEST.fullmatch(match["request"])
        if match is None or request is None:
            self.left_out["malformed"] += 1
        elif not match["status"].startswith(b"2"):
            self.left_out["answered with no 2xx"] += 1
        else:
            self.answered[request["method"], request["target"]] += 1
            if len(self.answered) > MOST_KEPT:
                self._merge_rarest()

    def sendable(self) -> Counter[MethodAndPath]:
        """Return how often each request came that can be sent; merged ones are not included."""
        sendable = self._sendable(self.answered)
        self.answered.clear()
        return sendable

    def _merge_rarest(self) -> None:
        kept = Counter(dict(self.answered.most_common(MOST_KEPT // 2)))
        self.merged += counted_by_kind(self._sendable(self.answered - kept))
        self.answered = kept

    def _sendable(self, answered: Counter[_Key]) -> Counter[MethodAndPath]:
        """Leave out requests that cannot or must not be sent."""
        sendable: Counter[MethodAndPath] = Counter()
        for (method, target), times in answered.items():
            path, name = _path(target), method.decode()
            if path is None:
                self.left_out["without a path"] += times
            elif not self.allow_writes and name not in _FROM_LOGS:
                why = "neither GET nor HEAD" if name in HARMLESS else "that write"
                self.left_out[why] += times
            elif any(pattern.search(path) for pattern in self.exclude):
                self.left_out["excluded"] += times
            else:
                sendable[name, path] += times
        return sendable


@dataclass(frozen=True, slots=True)
class Traffic:
    """The requests of a log that are sent again, the most frequent first."""

    requests: tuple[Request, ...]
    notes: tuple[str, ...]
    """Which share of the log they are, and what was left out, a sentence each."""


def read_access_log(
    stream: IO[bytes],
    named: str,
    *,
    allow_writes: bool = False,
    exclude: Sequence[re.Pattern[str]] = (),
    on_progress: OnProgress = lambda _lines: None,
) -> Traffic:
    """Read a log, gzipped or not, line by line. Raises BadInput if no request can be sent.

    Only requests with a 2xx response count. `exclude` are patterns that are searched for in paths
    with their queries. `named` is the log's name in messages.
    """
    tally = _Tally(allow_writes, exclude)
    try:
        for line in _lines(stream):
            tally.take(line)
            if tally.lines % LINES_PER_REPORT == 0:
                on_progress(tally.lines)
    except (OSError, EOFError, zlib.error) as error:
        reason = (isinstance(error, OSError) and error.strerror) or str(error)
        raise BadInput(f"{named} cannot be read: {reason}") from error
    return _traffic(tally, named)


def _lines(stream: IO[bytes]) -> Iterator[bytes]:
    if isinstance(stream, io.BufferedReader):
        buffered = stream
    else:
        buffered = io.BufferedReader(cast("io.RawIOBase", stream))
    if buffered.peek(len(_GZIP))[: len(_GZIP)] == _GZIP:
        buffered = io.BufferedReader(gzip.GzipFile(fileobj=buffered))
    while line := buffered.readline(LONGEST_LINE_BYTES):
        rest = line
        while rest and not rest.endswith(b"\n"):
            rest = buffered.readline(LONGEST_LINE_BYTES)
        if line.strip():
            yield line


def _traffic(tally: _Tally, named: str) -> Traffic:
    sendable = tally.sendable()
    left_out = ", ".join(f"{times:,} {why}" for why, times in tally.left_out.items())
    if not sendable:
        why = f", {left_out}" if left_out else ""
        foreign = f"; {EXPECTED}" if 2 * tally.left_out["malformed"] > tally.lines else ""
        raise BadInput(
            f"{named} has no request that could be sent: {tally.lines:,} lines{why}{foreign}"
        )
    chosen = choose(sendable, tally.merged)
    requests = tuple(
        Request(path, method=name, weight=times) for (name, path), times in chosen.times.items()
    )
    notes = [_coverage(tally, named, sendable, chosen)]
    if left_out:
        notes.append(f"{named}, left out: {left_out}.")
    if any(request.writes for request in requests):
        notes.append(f"{named} has no bodies: what writes is sent without one.")
    return Traffic(requests, tuple(notes))


def _coverage(
    tally: _Tally, named: str, sendable: Counter[MethodAndPath], chosen: LogSample
) -> str:
    lines = f"{named}: {tally.lines:,} lines"
    if not tally.merged and len(chosen.times) == len(sendable):
        return f"{lines}, {len(sendable):,} different requests."
    different = f"more than {MOST_KEPT:,}" if tally.merged else f"{len(sendable):,}"
    total = sendable.total() + tally.merged.total()
    themselves = significant(100 * sum(map(sendable.__getitem__, chosen.times)) / total, 2)
    unsent = significant(100 * sum(chosen.unsent.values()) / total, 2)
    but = f", but for {len(chosen.unsent)} too rare to be sent ({unsent}%)" if chosen.unsent else ""
    kinds = "1 kind" if chosen.kinds == 1 else f"{chosen.kinds:,} kinds"
    return (
        f"{lines}, {different} different requests of {kinds} (numbers, keys, titles "
        f"and values of queries aside); {len(chosen.times)} of them ({themselves}% of all) stand "
        f"for their kinds{but}."
    )


def _path(target: bytes) -> str | None:
    """Return path and query as they were sent; None if there is none."""
    # The server escapes bytes that it writes into its log.
    raw = _ESCAPE.sub(lambda match: match["itself"] or bytes.fromhex(match["hex"].decode()), target)
    if absolute := _ABSOLUTE.fullmatch(raw):
        raw = absolute["path"]
        raw = raw if raw.startswith(b"/") else b"/" + raw
    path = _RAW.sub(lambda match: b"%%%02X" % match[0][0], raw).decode().partition("#")[0]
    return path if PATH.fullmatch(path) else None
