"""Real stacks of the catalog, ready for experiments."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from timetrial.catalog import build_suite, load_catalog, read_suite
from timetrial.drivers.native import NativeDriver
from timetrial.features.lifecycle.context import ExperimentContext, Lengths
from timetrial.features.lifecycle.experiments import run_experiment
from timetrial.machine.placement import available_cpus, place
from timetrial.model.experiment import Experiment, Kind, Occasion
from timetrial.runner.prepare import prepare
from timetrial.stacks.cache import cache_dir
from timetrial.stacks.environment import Environments

RATE_PER_S = 100.0
SHORT = Lengths(
    before_s=0.5,
    after_stop_s=2.0,
    after_kill_s=4.0,
    reload_s=2.0,
    load_s=0.5,
    warm_s=0.3,
    pilot_s=0.3,
    exit_within_s=60.0,
)
"""Enough for what a test waits to see; a wait for an end is over when it comes."""
SUITE = """
name = "lives"
title = "Lives"
app = "raw"
servers = [{servers}]
workers = {workers}
rounds = 1
[[benchmarks]]
workload = "{workload}"
connections = 4
window_ms = 50
lead_in_ms = 0
windows = 2
"""


def context_for(
    folder: Path,
    servers: Sequence[str],
    *,
    workers: int = 2,
    workload: str = "hello",
    lengths: Lengths = SHORT,
) -> ExperimentContext:
    file = folder / "lives.toml"
    named = ", ".join(f'"{name}"' for name in servers)
    file.write_text(SUITE.format(servers=named, workers=workers, workload=workload), "utf-8")
    catalog = load_catalog()
    suite = build_suite(read_suite(file), catalog).at({})
    prepared = prepare(suite, catalog, Environments(cache_dir()), folder, lambda _event: None)
    placement = place(available_cpus())
    return ExperimentContext(
        suite,
        prepared,
        NativeDriver(),
        placement.server_cpus,
        placement.generator_cpus,
        folder,
        lengths,
    )


def held(context: ExperimentContext, kind: Kind, stack: str | None = None) -> Experiment:
    name = stack or context.suite.stacks[0].name
    return run_experiment(Occasion(1, name, kind), RATE_PER_S, context)
