"""Checks whether this machine is fit, and measures the smallest difference it can show."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from timetrial.analysis.doctor_result import Diagnosis, Noise, noise_of
from timetrial.analysis.machine_checks import judge_ceiling, judge_idle, judge_settings
from timetrial.catalog.loader import load_catalog
from timetrial.machine.machine_facts import read_facts, watch_idle
from timetrial.machine.own_folder import OwnFolder
from timetrial.machine.placement import Placement
from timetrial.model import Ceiling, Event, MachineCheck, StackFailed
from timetrial.runner import machine_checks, noise
from timetrial.runner.session import placed
from timetrial.stacks.cache import cache_dir
from timetrial.stacks.environment import Environments
from timetrial.verbs.options.doctor import DoctorOptions

_USUAL_CONNECTIONS = 1_000
"""Connections for which limits are judged: more than most suites have."""
_IDLE_S = 2.0


@dataclass(frozen=True, slots=True)
class MachineChecking:
    """The settings of the machine are read, and its idle CPUs are watched."""


@dataclass(frozen=True, slots=True)
class MachineChecked:
    """Checks are judged; further ones may follow."""

    checks: tuple[MachineCheck, ...]


DoctorEvent = MachineChecking | MachineChecked | Event
DoctorObserver = Callable[[DoctorEvent], None]


def doctor(options: DoctorOptions, observer: DoctorObserver = lambda _event: None) -> Diagnosis:
    """Check the machine, and measure its noise by an A/A run of a server unless `options.quick`.

    Raises BadInput where nothing can be measured. Noise that cannot be measured is a failed check.
    """
    placement = placed()
    observer(MachineChecking())
    cpus = {*placement.server_cpus, *placement.generator_cpus}
    checks = (
        *judge_settings(read_facts(placement), _USUAL_CONNECTIONS),
        *judge_idle(watch_idle(cpus, _IDLE_S)),
    )
    ceiling = machine_checks.ceiling(noise.CONNECTIONS, 1, placement)
    observer(MachineChecked(checks))
    if options.quick:
        return Diagnosis(checks, ceiling)
    noise_found, further = _measure_noise(placement, ceiling, options.rounds, observer)
    observer(MachineChecked(further))
    return Diagnosis((*checks, *further), ceiling, noise_found)


def _measure_noise(
    placement: Placement, ceiling: Ceiling, rounds: int, observer: DoctorObserver
) -> tuple[Noise | None, tuple[MachineCheck, ...]]:
    """Measure the noise, and compare the generator's ceiling with a real server's throughput."""
    catalog = load_catalog(None)
    suite = noise.noise_suite(catalog, rounds)
    with OwnFolder() as work:
        try:
            measured = noise.measure(
                suite, catalog, Environments(cache_dir()), placement, Path(work), observer
            )
        except StackFailed as failed:
            return None, (_not_measured(failed.reason),)
    found = noise_of(measured)
    if found is None:
        reason = next((failure.reason for failure in measured.failures), "no two rounds of it")
        return None, (_not_measured(reason),)
    return found, (judge_ceiling(ceiling, found.throughput_per_s),)


def _not_measured(reason: str) -> MachineCheck:
    said = f"{noise.SERVER} could not be measured: {reason}"
    return MachineCheck(
        "noise", "unfit", said, f"see that `timetrial run` works with {noise.SERVER}"
    )
