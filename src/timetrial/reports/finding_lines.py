"""Findings of one kind in one line, with how many servers they are about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from timetrial.model import listed

_MOST_NAMED = 2
_MOST_TEXTS = 3
_LINES: Mapping[str, str] = {
    "idle-server": "{} waited while cores were idle: throughput includes that wait.",
    "bound-by-client": "The load was the limit of {}: the maximum was not measured.",
    "reconnect-per-request": "{} opened a new connection for each request: figures include that.",
    "server-waited": (
        "Other processes took CPU time from {}: such rounds are left out, or their figures are "
        "lower bounds."
    ),
    "serial-streams": "{} answered the streams of a connection one after the other.",
    "generator-waited": "Other processes took CPU time from the load generator while {} ran.",
}
_OF_EACH: Mapping[str, str] = {
    "thread-cap": " To test more threads: `timetrial tune`.",
    "not-all-held": "",
    "worker-connections": "",
}
"""Where each server has figures of its own: what follows them."""


def finding_line(name: str, texts: Sequence[str], stacks: Sequence[str], of: int) -> str:
    """Write findings of a kind in one line; `of` is the number of servers in the table."""
    if name in _OF_EACH:
        more = len(texts) - _MOST_TEXTS
        rest = f" {more} more: --details." if more > 0 else ""
        return f"{' '.join(texts[:_MOST_TEXTS])}{rest}{_OF_EACH[name]}"
    if name in _LINES:
        pattern = _LINES[name]
        return pattern.format(_servers(stacks, of, first=pattern.startswith("{}")))
    return texts[0]


def is_in_one_line(name: str) -> bool:
    """Whether findings of a kind, of any number, are one sentence."""
    return name in _LINES or name in _OF_EACH


def _servers(stacks: Sequence[str], of: int, *, first: bool) -> str:
    """Name one or two servers, and count more; `first`: at the begin of a sentence."""
    if len(stacks) <= _MOST_NAMED:
        return listed(list(stacks))
    if len(stacks) < of:
        return f"{len(stacks)} of {of} servers"
    return f"{'All' if first else 'all'} {of} servers"
