"""Units: conversions, and figures and times as people read them."""

from __future__ import annotations

import math
from datetime import datetime

from timetrial.model.text import counted

NS_PER_S = 1_000_000_000
NS_PER_MS = 1_000_000
KIB = 1024
MIB = 1024 * KIB
_S_PER_MIN = 60

_STEPS = ((NS_PER_S, "s"), (NS_PER_MS, "ms"), (1_000, "µs"))


def seconds(duration_ns: float) -> float:
    return duration_ns / NS_PER_S


def nanoseconds(duration_s: float) -> int:
    return round(duration_s * NS_PER_S)


def significant(value: float, digits: int = 3) -> str:
    """Write a number with that many significant digits: 1234 → '1,230', 0.012345 → '0.0123'."""
    if value == 0:
        return "0"
    rounded = float(f"{value:.{digits}g}")
    whole_digits = len(str(int(abs(rounded)))) if abs(rounded) >= 1 else 0
    if whole_digits:
        return f"{rounded:,.{max(0, digits - whole_digits)}f}"
    return f"{rounded:.{digits}g}"


def duration(duration_ns: float) -> str:
    """Write a duration with the unit that suits it: 1_234_000 → '1.23 ms'."""
    for size, unit in _STEPS:
        if duration_ns >= size:
            return f"{significant(duration_ns / size)} {unit}"
    return f"{duration_ns:.0f} ns"


def whole_minutes(whole_s: int, *, brief: bool = False) -> str:
    """Write whole seconds: 161 → '2 min 41 s', 120 → '2 min 00 s', or '2 min' in `brief`."""
    minutes, rest = divmod(whole_s, _S_PER_MIN)
    if not minutes:
        return f"{rest} s"
    return f"{minutes} min" if brief and not rest else f"{minutes} min {rest:02d} s"


def exact_minutes(length_s: float) -> str:
    """Write seconds exactly: 90.5 → '1 min 30.5 s'."""
    minutes, rest = divmod(length_s, _S_PER_MIN)
    if not minutes:
        return f"{rest:g} s"
    return f"{minutes:g} min" if not rest else f"{minutes:g} min {rest:g} s"


def lasting(span_s: float) -> str:
    """Write minutes and hours: 4000 → '1 h 7 min'."""
    if span_s < _S_PER_MIN:
        return f"{span_s:.0f} s"
    minutes = math.floor(span_s / _S_PER_MIN + 0.5)
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if hours else f"{minutes} min"


def in_minutes(length_s: float) -> str:
    """Write '1 minute', '2.5 minutes'."""
    return counted(length_s / _S_PER_MIN, "minute", "g")


def utc_date(moment: str) -> str:
    """Write a moment in ISO 8601 for people: '2 May 2026, 09:30 UTC'; another text unchanged."""
    try:
        return f"{datetime.fromisoformat(moment):%-d %B %Y, %H:%M} UTC"
    except ValueError:
        return moment


def size(size_bytes: float) -> str:
    """Write a number of bytes with a binary unit: 1_572_864 → '1.50 MiB'."""
    value, unit = float(size_bytes), "B"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if value < 1024:  # noqa: PLR2004 - the step between binary units
            break
        value, unit = value / 1024, larger
    return f"{significant(value)} {unit}"
