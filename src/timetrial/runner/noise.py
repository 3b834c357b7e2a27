"""An A/A run: the differences that this machine shows between a server and itself."""

from __future__ import annotations

from pathlib import Path

from timetrial.analysis.aa_control import controlled
from timetrial.catalog.registry import Catalog
from timetrial.catalog.suite_schema import BenchmarkManifest, SuiteManifest, WarmUpManifest
from timetrial.catalog.suites import build_suite
from timetrial.drivers.native import NativeDriver
from timetrial.machine.cpu_affinity import confined_to
from timetrial.machine.placement import Placement
from timetrial.machine.this_machine import read_machine
from timetrial.model import Observer, Run, Suite
from timetrial.model.plan import plan
from timetrial.runner.execute import execute
from timetrial.runner.prepare import prepare
from timetrial.runner.run_context import RunContext
from timetrial.runner.starter import RealStarter
from timetrial.stacks.environment import Environments
from timetrial.store.store import Store

SERVER = "uvicorn"
ROUNDS = 12
CONNECTIONS = 16


def noise_suite(catalog: Catalog, rounds: int = ROUNDS) -> Suite:
    """Return a suite of one server and its A/A control, on an app that does nothing.

    It takes about a minute by default.
    """
    manifest = SuiteManifest(
        name="doctor",
        title="A server against itself",
        app="raw",
        servers=(SERVER,),
        workers=1,
        rounds=rounds,
        warm_up=WarmUpManifest(requests=2_000, at_most_s=0.5, at_least_s=0.4),
        benchmarks=(
            BenchmarkManifest(
                workload="hello", connections=CONNECTIONS, window_ms=150, lead_in_ms=30, windows=8
            ),
        ),
        control=SERVER,
    )
    return controlled(build_suite(manifest, catalog)).at({})


def measure(  # noqa: PLR0913, PLR0917 - what is run, with what, where, and the observer
    suite: Suite,
    catalog: Catalog,
    environments: Environments,
    placement: Placement,
    work_dir: Path,
    observer: Observer,
) -> Run:
    """Measure the suite in a store of its own, in `work_dir`.

    Raises StackFailed where the server cannot be installed.
    """
    prepared = prepare(suite, catalog, environments, work_dir, observer)
    for failed in prepared.not_installed.values():
        raise failed
    with Store.open(work_dir / "doctor.db") as store, confined_to(placement.generator_cpus):
        number = store.create_run(plan(suite, 0), read_machine(placement), (), "", "")
        context = RunContext(
            store=store,
            driver=NativeDriver(),
            start=RealStarter(suite, prepared, placement.server_cpus, work_dir, {}),
            not_installed={},
            generator_cpus=placement.generator_cpus,
            observer=observer,
        )
        return execute(number, context)
