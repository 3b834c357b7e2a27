"""`timetrial doctor --engine`: is the engine right on this machine?"""

from __future__ import annotations

import json

from timetrial.analysis.calibration import judge
from timetrial.cli.output import PROGRESS, RESULTS, Exit, write_json
from timetrial.cli.progress.steps import steps
from timetrial.reports import calibration as report
from timetrial.runner.calibrate import observe


def calibrate(*, as_json: bool, scale: float = 1.0) -> int:
    """Check the engine against a server with known response times, in under a minute.

    All lengths of time are multiplied by `scale`.
    """
    with steps(PROGRESS) as tell:
        observed = observe(lambda step: tell(f"calibrating: {step}"), scale)
    calibration = judge(observed)
    if as_json:
        write_json(json.dumps(report.as_data(observed, calibration), indent=2))
    else:
        RESULTS.print(report.render(observed, calibration))
    return Exit.VERDICT_NO if calibration.failed else Exit.DONE
