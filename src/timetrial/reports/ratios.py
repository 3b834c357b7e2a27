"""Ratios of two stacks, in words."""

from __future__ import annotations

from timetrial.model import Estimate

TIMES_FROM = 2.0
"""Ratios from here on are written as 'x times', below as a percentage."""


def relative(ratio: Estimate, *, than: str, of: str = "", less: str = "fewer") -> str:
    """Compare: '38.9 % [35.5, 42.3] more OF than THAN', or '3.21 times [2.99, 3.45] as many …'."""
    what = f" {of}" if of else ""
    if ratio.value >= TIMES_FROM:
        has_interval = ratio.low is not None and ratio.high is not None
        bounds = f" [{ratio.low:.2f}, {ratio.high:.2f}]" if has_interval else ""
        count = "much" if less == "less" else "many"
        return f"{ratio.value:.2f} times{bounds} as {count}{what} as {than}"
    if ratio.value >= 1:
        return f"{_percent(ratio)} more{what} than {than}"
    return f"{_percent(ratio, -1)} {less}{what} than {than}"


def change(ratio: Estimate, digits: int = 1) -> str:
    """Write a ratio as a change: '+38.9 % [+35.5, +42.3]'."""
    return " ".join(filter(None, change_parts(ratio, digits)))


def change_parts(ratio: Estimate, digits: int = 1) -> tuple[str, str]:
    """Write the change and its interval for two places; the interval is '' where there is none."""
    return _percent_parts(ratio, 1, "+", digits)


def _percent(ratio: Estimate, direction: int = 1) -> str:
    return " ".join(filter(None, _percent_parts(ratio, direction, "-")))


def _percent_parts(ratio: Estimate, direction: int, sign: str, digits: int = 1) -> tuple[str, str]:
    value, *ends = (
        None if end is None else f"{direction * (end - 1) * 100:{sign}.{digits}f}"
        for end in (ratio.value, ratio.low, ratio.high)
    )
    if None in ends:
        return f"{value} %", ""
    return f"{value} %", f"[{', '.join(map(str, ends[::direction]))}]"
