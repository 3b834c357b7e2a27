"""The result of a calibration, as text and as data."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from timetrial.analysis.calibration import HIGHEST_RATE_PER_S, Calibration, Observed, Row, Unit
from timetrial.model import comma_separated, duration, significant
from timetrial.reports.grids import bare

_VERDICTS = {True: Text("ok", "green"), False: Text("off", "bold red"), None: Text("–", "dim")}
_REPEATED = Text("repeated", "yellow")
_BOUNDS = {"at most": "≤", "at least": "≥"}
_NAMED = 3
"""Rows that are off and named in the last sentence; further ones are counted."""


def as_data(observed: Observed, calibration: Calibration) -> dict[str, object]:
    """Return all rows; the figures of a row are in its `unit`."""
    return {
        "ok": not calibration.failed,
        "conclusion": conclusion(calibration),
        "highest_rate_per_s": calibration.highest_rate_per_s,
        "offset_ns": calibration.offset_ns,
        "floor_ns": calibration.floor_ns,
        "server_cpus": list(observed.server_cpus),
        "generator_cpus": list(observed.generator_cpus),
        "warnings": list(observed.warnings),
        "rows": [_row(row) for row in calibration.rows],
    }


def _row(row: Row) -> dict[str, object]:
    return {
        "check": row.check,
        "quantity": row.quantity,
        "unit": row.unit,
        "truth": row.truth,
        "measured": row.measured,
        "difference": row.difference,
        "judged": row.judged,
        "allowed": row.allowed if row.judged == "within" else None,
        "ok": row.ok,
        "attempt": row.attempt,
        "repeated": row.repeated,
    }


def render(observed: Observed, calibration: Calibration) -> RenderableType:
    """Lay it out for a terminal."""
    placed = f"server on CPU {comma_separated(observed.server_cpus)}, "
    placed += f"generator on CPU {comma_separated(observed.generator_cpus)}"
    lines = [Text(f"note: {warning}", "yellow") for warning in observed.warnings]
    label = ("ENGINE WRONG", "bold red") if calibration.failed else ("ENGINE OK", "bold green")
    verdict = Text.assemble(label, f"  {conclusion(calibration)}")
    return Group(verdict, _table(calibration), Text(placed, "dim"), *lines)


def conclusion(calibration: Calibration) -> str:
    """Return sentences on what this machine can and cannot measure."""
    highest = calibration.highest_rate_per_s
    rate = f"{highest:,} requests a second"
    if not highest:
        can = "this machine sends at no rate on time"
    elif highest >= HIGHEST_RATE_PER_S:
        can = f"this machine sends {rate} and perhaps more on time"
    else:
        can = f"this machine sends {rate} on time and cannot send twice as many"
    offset, floor = duration(calibration.offset_ns), duration(calibration.floor_ns)
    can += f"; its p50 is off by up to {offset}, and what takes less it cannot measure. "
    can += f"Where the server answers at once the p50 is off by {floor}: so much lies between the "
    can += "two clocks, in the kernel and in the generator"
    failed = calibration.failed
    if not failed:
        return f"All figures are right: {can}."
    judged = sum(row.ok is not None and not row.repeated for row in calibration.rows)
    named = ", ".join(f"{row.check}: {row.quantity}" for row in failed[:_NAMED])
    more = f" and {len(failed) - _NAMED} more" if len(failed) > _NAMED else ""
    was = "is" if len(failed) == 1 else "are"
    return (
        f"{len(failed)} of {judged} figures {was} off ({named}{more}): do not trust such figures "
        f"from this machine as it is now. Repeat it when nothing else runs. Apart from that, {can}."
    )


def _table(calibration: Calibration) -> Table:
    table = bare()
    table.add_column("", no_wrap=True)
    for name in ("truth", "measured", "difference"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    check = ""
    for row in calibration.rows:
        if row.check != check:
            check = row.check
            table.add_row(Text(check, "bold"))
        table.add_row(*_cells(row), _REPEATED if row.repeated else _VERDICTS[row.ok])
    return table


def _cells(row: Row) -> tuple[str, str, str, str]:
    quantity = f" {row.quantity}" if row.attempt == 1 else "   … once more"
    measured = _in_unit(row.measured, row.unit)
    if row.truth is None:
        return quantity, "–", measured, "–"
    truth = _in_unit(row.truth, row.unit)
    if row.judged in _BOUNDS:
        return quantity, f"{_BOUNDS[row.judged]} {truth}", measured, "–"
    return quantity, truth, measured, _difference(row)


def _difference(row: Row) -> str:
    difference = row.difference
    if not difference:
        return "–" if difference is None else "0"
    sign = "+" if difference > 0 else "−"
    share = f" ({sign}{abs(difference) / row.truth:.1%})" if row.truth else ""
    return f"{sign}{_in_unit(abs(difference), row.unit)}{share}"


def _in_unit(value: float | None, unit: Unit) -> str:
    if value is None:
        return "–"
    if unit == "ns":
        return duration(value)
    if unit == "share":
        return f"{value:.0%}"
    if unit == "requests/s":
        return f"{significant(value)}/s"
    return f"{value:,.0f}"
