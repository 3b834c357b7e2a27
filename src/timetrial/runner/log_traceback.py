"""The last traceback in a server's log, without the frames that are not the app's. Pure."""

from __future__ import annotations

import re

_BEGIN = "Traceback (most recent call last):"
_FRAME = re.compile(r' +File "(?P<file>[^"]*)", line \d+')
_END = re.compile(r"[A-Za-z_][\w.]*(?:: .*)?")
_TREE = re.compile(r"^(?: *\|)+ ")
_FOREIGN = re.compile(
    r"/(?:site|dist)-packages/|/lib/python3[^/]*/|^<(?:frozen|string|sys)|/catalog/servers/config/"
)
"""Frames of packages, of the standard library, and of what starts a server."""
_KEPT_AT_LEAST = 2
_LINES = 30


def last_traceback(log: str) -> str:
    """Return the app's part of the last traceback in a log; '' if there is none."""
    # Some servers begin each line with a prefix, and groups of exceptions are drawn as trees.
    lines = log.replace("\r", "").split("\n")
    begins = [number for number, line in enumerate(lines) if line.rstrip().endswith(_BEGIN)]
    for begin in reversed(begins):
        margin, rest = len(lines[begin].rstrip()) - len(_BEGIN), lines[begin + 1 :]
        for unmarked in ([line[margin:] for line in rest], rest, [_TREE.sub("", x) for x in rest]):
            frames, end = _frames(unmarked)
            if end:
                return "\n".join([_BEGIN, *_of_the_app(frames), *end])
    return ""


def last_line(traceback: str) -> str:
    """Return what was raised: 'ZeroDivisionError: division by zero'."""
    ends = [line for line in traceback.splitlines() if not line.startswith(" ")]
    return ends[-1] if len(ends) > 1 else ""


def _frames(lines: list[str]) -> tuple[list[list[str]], list[str]]:
    """Split a traceback's lines into those of each frame, and what was raised."""
    frames: list[list[str]] = []
    for line in lines:
        if _FRAME.match(line):
            frames.append([line])
        elif line.startswith("  ") and frames:
            frames[-1].append(line)
        elif frames and _END.fullmatch(line.rstrip()):
            return frames, [line.rstrip()]
        else:
            break
    return frames, []


def _of_the_app(frames: list[list[str]]) -> list[str]:
    of_the_app = [frame for frame in frames if not _FOREIGN.search(_file(frame))]
    kept = of_the_app or frames[-_KEPT_AT_LEAST:]
    return [line for frame in kept for line in frame][-_LINES:]


def _file(frame: list[str]) -> str:
    match = _FRAME.match(frame[0])
    return match["file"] if match else ""
