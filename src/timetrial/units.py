"""Units: conversions, and figures as people read them."""

from __future__ import annotations

NS_PER_S = 1_000_000_000
NS_PER_MS = 1_000_000
MIB = 1024 * 1024

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


def size(size_bytes: float) -> str:
    """Write a number of bytes with a binary unit: 1_572_864 → '1.50 MiB'."""
    value, unit = float(size_bytes), "B"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if value < 1024:  # noqa: PLR2004 - the step between binary units
            break
        value, unit = value / 1024, larger
    return f"{significant(value)} {unit}"
