"""`timetrial doctor`: is this machine fit, and what is the smallest difference it can show?"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import click

from timetrial.catalog.loader import load_catalog
from timetrial.cli.exits import Exit
from timetrial.cli.options import JSON
from timetrial.cli.output import PROGRESS, RESULTS, write_json
from timetrial.cli.progress import RunProgress
from timetrial.diagnosis import Diagnosis, Noise, noise_of
from timetrial.errors import StackFailed
from timetrial.fitness import Ceiling, Fitness
from timetrial.preflight import judge_ceiling, judge_idle, judge_settings
from timetrial.reports import doctor as report
from timetrial.runner import noise, preflight
from timetrial.stacks.cache import cache_dir
from timetrial.stacks.environment import Environments
from timetrial.stacks.machine_facts import read_facts, watch_idle
from timetrial.stacks.placement import Placement, available_cpus, physical_cores, place

_USUAL_CONNECTIONS = 1_000
"""For which limits are judged: more than most suites have."""
_IDLE_S = 2.0


@click.command()
@click.option("--quick", is_flag=True, help="Only look at the machine: no run of a minute.")
@JSON
def doctor(*, quick: bool, as_json: bool) -> int:
    """Look whether this machine is fit to measure on, and how small a difference it can show."""
    return run(quick=quick, as_json=as_json)


def run(*, quick: bool, as_json: bool, rounds: int = noise.ROUNDS) -> int:
    """Examine the machine, with so many rounds of a server against itself."""
    cpus = available_cpus()
    placement = place(cpus, physical_cores(cpus))
    PROGRESS.print("looking at the machine")
    checks = _look(placement)
    ceiling = preflight.ceiling(noise.CONNECTIONS, 1, placement)
    if not as_json:
        RESULTS.print(report.table(checks))
    found, further = (None, ()) if quick else _race_itself(placement, ceiling, rounds)
    if not as_json and further:
        RESULTS.print(report.table(further))
    diagnosis = Diagnosis((*checks, *further), ceiling, found)
    if as_json:
        write_json(json.dumps(report.as_data(diagnosis), indent=2))
    else:
        RESULTS.print()
        RESULTS.print(report.closing(diagnosis))
    return Exit.DONE if diagnosis.fit else Exit.VERDICT_NO


def _look(placement: Placement) -> tuple[Fitness, ...]:
    used = {*placement.server_cpus, *placement.generator_cpus}
    return (
        *judge_settings(read_facts(placement), _USUAL_CONNECTIONS),
        *judge_idle(watch_idle(used, _IDLE_S)),
    )


def _race_itself(
    placement: Placement, ceiling: Ceiling, rounds: int
) -> tuple[Noise | None, tuple[Fitness, ...]]:
    """Measure the noise, and hold the generator's ceiling to what a real server gave."""
    catalog = load_catalog(None)
    suite = noise.noise_suite(catalog, rounds)
    with (
        tempfile.TemporaryDirectory(prefix="timetrial-") as work,
        RunProgress(PROGRESS) as progress,
    ):
        try:
            measured = noise.measure(
                suite, catalog, Environments(cache_dir()), placement, Path(work), progress
            )
        except StackFailed as failed:
            return None, (_not_measured(failed.reason),)
    found = noise_of(measured)
    if found is None:
        reason = next((failure.reason for failure in measured.failures), "no two rounds of it")
        return None, (_not_measured(reason),)
    return found, (judge_ceiling(ceiling, found.throughput_per_s),)


def _not_measured(reason: str) -> Fitness:
    said = f"{noise.SERVER} could not be measured: {reason}"
    return Fitness("noise", "unfit", said, f"see that `timetrial run` works with {noise.SERVER}")
