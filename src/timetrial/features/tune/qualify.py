"""Before a search: does the server answer, and what is a correct answer?"""

from __future__ import annotations

import dataclasses
from pathlib import Path

from timetrial.features.race.race_preparation import RacePlan, qualify_servers
from timetrial.features.tune.runs import Installed, named_by_server
from timetrial.features.tune.suites import LOADED, TuningTarget
from timetrial.model.errors import StackFailed
from timetrial.model.events import Observer
from timetrial.model.race_info import RaceInfo
from timetrial.model.workload import Workload
from timetrial.runner.prepare import Prepared
from timetrial.runner.starter import real_starter


def agreed(  # noqa: PLR0913, PLR0917 - what a start is made of
    plan: RacePlan,
    target: TuningTarget,
    installed: Installed,
    cpus: tuple[int, ...],
    work_dir: Path,
    observer: Observer,
) -> tuple[TuningTarget, tuple[str, ...]]:
    """Start each server once, and let it say what the answers are that all settings must give.

    Returns the subject without those variants that cannot serve, and notes. Raises AppFailed and
    BadInput as a race does, and StackFailed where the server itself cannot serve.
    """
    suite = named_by_server(target)
    race_info = RaceInfo(target.app.name, plan.project.framework, str(plan.project.root), LOADED)
    suite = dataclasses.replace(suite, race_info=race_info)
    prepared = Prepared(installed.servers, installed.missing)
    if target.server in installed.missing:
        raise installed.missing[target.server]
    start = real_starter(suite, prepared, cpus, work_dir, {}, any_answer=True)
    qualified = qualify_servers(plan, suite, prepared, start, observer)
    here = {stack.server for stack in qualified.stacks}
    known = qualified.race_info or race_info
    gone = [
        f"{excluded.server} was left out: {excluded.why}." for excluded in known.excluded_servers
    ]
    if target.server not in here:
        raise StackFailed("start", gone[0].rstrip("."))
    return _without(target, here, qualified.benchmarks[0].workload), (*known.notes, *gone)


def _without(target: TuningTarget, here: set[str], workload: Workload) -> TuningTarget:
    grid = target.grid
    candidates = tuple(candidate for candidate in grid.candidates if candidate.server in here)
    return dataclasses.replace(
        target,
        servers={name: server for name, server in target.servers.items() if name in here},
        grid=dataclasses.replace(grid, candidates=candidates),
        workload=workload,
    )
