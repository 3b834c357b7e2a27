"""What need not be started, because it is known that it would fail. Pure."""

from __future__ import annotations

from timetrial.model.errors import StackFailed
from timetrial.model.run import Run
from timetrial.model.suite import Suite
from timetrial.model.trial import Cell


def declared(suite: Suite, cell: Cell) -> StackFailed | None:
    """Say what the manifest of a server tells beforehand, unless it is to be tried."""
    fault = None if suite.try_broken else suite.known_failure(cell)
    return StackFailed("declared", fault.reason) if fault else None


def failed_before_measurement(run: Run) -> dict[str, StackFailed]:
    """List the stacks that were tried and never got as far as being measured."""
    measured = {measurement.trial.cell.stack for measurement in run.measurements}
    return {
        failed.stack: StackFailed(failed.phase, failed.reason, failed.log_tail)
        for failed in run.failures
        if failed.stack not in measured and failed.phase not in ("measure", "declared")
    }
