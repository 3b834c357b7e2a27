"""A machine that is not there for an experiment alone is noticed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from living import SHORT, context_for, held

from timetrial.features.lifecycle.judge import remarks
from timetrial.features.lifecycle.stack_summary import summarize_stack
from timetrial.machine.cpu_affinity import confined_to
from timetrial.model.experiment import Reloading, Stopping

pytestmark = pytest.mark.live

HOG = "import os; os.sched_setaffinity(0, {cpus}); print(flush=True)\nwhile True: pass"


@contextmanager
def hogged(cpus: Collection[int]) -> Iterator[None]:
    program = subprocess.Popen(
        [sys.executable, "-c", HOG.format(cpus=set(cpus))], stdout=subprocess.PIPE
    )
    try:
        assert program.stdout is not None
        program.stdout.readline()
        yield
    finally:
        program.kill()
        program.communicate()


def test_a_process_that_hogs_the_servers_cpus_is_noticed(tmp_path: Path) -> None:
    if len(os.sched_getaffinity(0)) < 2:
        pytest.skip("with one CPU the load engine itself runs on the server's")
    context = context_for(tmp_path, ["waitress"])
    with confined_to(context.generator_cpus), hogged(context.server_cpus):
        found = held(context, "stop")
    assert isinstance(found, Stopping), found
    summary = summarize_stack("waitress", 1, [found])
    assert [doubt.figures for doubt in summary.doubts] == ["start", "stop"]
    assert remarks(summary)[-1].startswith("doubtful, ")
    assert found.machine_interval is not None
    assert found.machine_interval.foreign_cpu_s is not None
    assert found.machine_interval.foreign_cpu_s > 0.05 * found.machine_interval.seen_s


def test_workers_that_come_and_go_are_no_strangers(tmp_path: Path) -> None:
    if len(os.sched_getaffinity(0)) < 2:
        pytest.skip("with one CPU the load engine itself runs on the server's")
    lengths = replace(SHORT, reload_of_a_worker_s=0.5)
    context = context_for(tmp_path, ["gunicorn-gthread"], lengths=lengths)
    with confined_to(context.generator_cpus):
        found = held(context, "reload")
    assert isinstance(found, Reloading), found
    assert found.machine_interval is not None
    machine = found.machine_interval.machine
    assert machine.server_cpus == tuple(sorted(context.server_cpus))
    assert 0 < found.machine_interval.seen_s <= machine.passed_s
    assert found.machine_interval.seen_s > machine.passed_s / 3
