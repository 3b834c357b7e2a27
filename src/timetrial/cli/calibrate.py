"""`timetrial calibrate`: is the engine right on this machine?"""

from __future__ import annotations

import json

import click

from timetrial.analysis.calibration import judge
from timetrial.cli.derived_options import JSON
from timetrial.cli.output import PROGRESS, RESULTS, Exit, write_json
from timetrial.cli.progress.steps import steps
from timetrial.reports import calibration as report
from timetrial.runner.calibrate import observe


@click.command()
@JSON
def calibrate(*, as_json: bool) -> int:
    """Hold the load engine to a server whose response times are known, in under a minute."""
    return run(as_json=as_json)


def run(*, as_json: bool, scale: float = 1.0) -> int:
    """Calibrate with all lengths of time multiplied by `scale`."""
    with steps(PROGRESS) as tell:
        observed = observe(lambda step: tell(f"calibrating: {step}"), scale)
    calibration = judge(observed)
    if as_json:
        write_json(json.dumps(report.as_data(observed, calibration), indent=2))
    else:
        RESULTS.print(report.render(observed, calibration))
    return Exit.VERDICT_NO if calibration.failed else Exit.DONE
