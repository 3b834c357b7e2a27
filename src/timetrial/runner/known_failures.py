"""Cells that are not started, because it is known that they fail. Pure."""

from __future__ import annotations

from timetrial.model import Cell, Run, StackFailed, Suite


def declared(suite: Suite, cell: Cell) -> StackFailed | None:
    """Return the failure that the server's manifest declares, unless the suite tries it anyway."""
    failure = None if suite.try_broken else suite.known_failure(cell)
    return StackFailed("declared", failure.reason) if failure else None


def failed_before_measurement(run: Run) -> dict[str, StackFailed]:
    """Return the last failure of each stack that was tried and never measured, by its name."""
    measured = {measurement.trial.cell.stack for measurement in run.measurements}
    return {
        failed.stack: StackFailed(failed.phase, failed.reason, failed.log_tail)
        for failed in run.failures
        if failed.stack not in measured and failed.phase not in ("measure", "declared")
    }
