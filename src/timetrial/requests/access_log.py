"""Access logs in the common or combined format: what is asked of an app, and how often.

The formats are those of Apache's mod_log_config ("common", "combined"), which nginx and gunicorn
write, too. What stands before the time and behind the number of bytes does not matter.
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

from timetrial.errors import BadInput
from timetrial.requests.asked import HARMLESS, Asked
from timetrial.requests.syntax import PATH
from timetrial.requests.turns import MOST_STEPS

MOST_KEPT = 100_000
"""Different requests that are counted at once; when there are more, the rarest half goes."""
LONGEST_LINE_BYTES = 64 * 1024
LINES_PER_REPORT = 100_000

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
"""Method and target of a request, as the log has them."""
OnProgress = Callable[[int], None]
"""Takes how many lines were read so far."""


@dataclass(slots=True)
class _Tally:
    """What the lines of a log came to."""

    lines: int = 0
    malformed: int = 0
    other_answers: int = 0
    """Requests that were answered with something else than success."""
    rare: int = 0
    """Requests that are no longer told apart, because there were too many different ones."""
    answered: Counter[_Key] = field(default_factory=Counter)

    def take(self, line: bytes) -> None:
        self.lines += 1
        match = _LINE.match(line)
        request = match and _REQUEST.fullmatch(match["request"])
        if match is None or request is None:
            self.malformed += 1
        elif not match["status"].startswith(b"2"):
            self.other_answers += 1
        else:
            self.answered[request["method"], request["target"]] += 1
            if len(self.answered) > MOST_KEPT:
                self._forget_the_rarest()

    def _forget_the_rarest(self) -> None:
        before = self.answered.total()
        self.answered = Counter(dict(self.answered.most_common(MOST_KEPT // 2)))
        self.rare += before - self.answered.total()


@dataclass(frozen=True, slots=True)
class Traffic:
    """The requests of a log that are asked again, the most frequent first."""

    asked: tuple[Asked, ...]
    notes: tuple[str, ...]
    """How much of the log they are, and what was left out."""


def read_access_log(
    stream: IO[bytes],
    named: str,
    *,
    allow_writes: bool = False,
    exclude: Sequence[re.Pattern[str]] = (),
    on_progress: OnProgress = lambda _lines: None,
) -> Traffic:
    """Read a log, gzipped or not, line by line. Raises BadInput if nothing in it can be asked.

    Only successes count: what a request was answered with otherwise is nothing to measure.
    `exclude` is searched for in paths with their queries.
    """
    tally = _Tally()
    try:
        for line in _lines(stream):
            tally.take(line)
            if tally.lines % LINES_PER_REPORT == 0:
                on_progress(tally.lines)
    except (OSError, EOFError, zlib.error) as error:
        reason = (isinstance(error, OSError) and error.strerror) or str(error)
        raise BadInput(f"{named} cannot be read: {reason}") from error
    return _traffic(tally, named, allow_writes, exclude)


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


def _traffic(
    tally: _Tally,
    named: str,
    allow_writes: bool,  # noqa: FBT001 - private
    exclude: Sequence[re.Pattern[str]],
) -> Traffic:
    wanted: Counter[tuple[str, str]] = Counter()
    left_out = Counter({"malformed": tally.malformed, "answered with no 2xx": tally.other_answers})
    for (method, target), times in tally.answered.items():
        path, name = _path(target), method.decode()
        if path is None:
            left_out["without a path"] += times
        elif not allow_writes and name not in _FROM_LOGS:
            kind = "neither GET nor HEAD" if name in HARMLESS else "that write"
            left_out[kind] += times
        elif any(pattern.search(path) for pattern in exclude):
            left_out["excluded"] += times
        else:
            wanted[name, path] += times
    left_out += Counter()  # without the kinds that there are none of
    if not wanted:
        reasons = ", ".join(f"{times:,} {kind}" for kind, times in left_out.items())
        raise BadInput(
            f"{named} has no request that could be sent: {tally.lines:,} lines"
            + (f", {reasons}" if reasons else "")
        )
    chosen = sorted(wanted.items(), key=lambda item: (-item[1], item[0]))[:MOST_STEPS]
    asked = tuple(Asked(path, method, weight=times) for (method, path), times in chosen)
    return Traffic(asked, tuple(_notes(tally, named, wanted, left_out, asked)))


def _notes(
    tally: _Tally,
    named: str,
    wanted: Counter[tuple[str, str]],
    left_out: Counter[str],
    asked: Sequence[Asked],
) -> Iterator[str]:
    covered, total = sum(each.weight for each in asked), wanted.total() + tally.rare
    share = f"{100 * covered / total:.3g}%"
    different = f"more than {MOST_KEPT:,}" if tally.rare else f"{len(wanted):,}"
    yield (
        f"{named}: {tally.lines:,} lines; the {len(asked)} most frequent of {different} different "
        f"requests are sent, {share} of all that can be"
        if tally.rare or len(asked) < len(wanted)
        else f"{named}: {tally.lines:,} lines, {len(asked)} different requests"
    )
    if left_out:
        kinds = ", ".join(f"{times:,} {kind}" for kind, times in left_out.items())
        yield f"{named}, left out: {kinds}"
    if any(each.writes for each in asked):
        yield f"{named} has no bodies: what writes is sent without one"


def _path(target: bytes) -> str | None:
    """Return path and query as they were sent; None if there is none."""
    raw = _ESCAPE.sub(_unescaped, target)
    if absolute := _ABSOLUTE.fullmatch(raw):
        raw = absolute["path"]
        raw = raw if raw.startswith(b"/") else b"/" + raw
    path = _RAW.sub(lambda match: b"%%%02X" % match[0][0], raw).decode().partition("#")[0]
    return path if PATH.fullmatch(path) else None


def _unescaped(match: re.Match[bytes]) -> bytes:
    """Undo what the server did to write a byte into its log."""
    return match["itself"] or bytes.fromhex(match["hex"].decode())
