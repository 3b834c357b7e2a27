"""A store of many runs, served by the real program."""

from __future__ import annotations

import dataclasses
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from experiments_made_up import a_stop
from runs import CHARACTERS, a_run, a_suite, cut_short
from timetrial.model.run import Run
from timetrial.store.store import Store

sys.path.insert(0, str(Path(__file__).parents[1] / "cli"))
from command_line import started

SUITE = a_suite(["granian", "uvicorn"], rounds=5)
RUNS = 10
STEP = 7
"""From this run on uvicorn is slower."""
LIVED = 4
"""The run that experiments on life cycles followed."""


def run_of(number: int) -> Run:
    slow = number >= STEP
    uvicorn = dataclasses.replace(
        CHARACTERS["uvicorn"],
        requests_per_s=3_100 if slow else 3_950,
        version="0.54.0" if slow else "0.53.0",
    )
    run = a_run(SUITE, seed=number, characters={**CHARACTERS, "uvicorn": uvicorn})
    return dataclasses.replace(run, created_at=f"2026-10-{number:02}T09:00:00+00:00")


def keep(store: Store, run: Run) -> None:
    number = store.create_run(run.plan, run.machine, run.facts, "0.1.0", run.created_at)
    for measurement in run.measurements:
        store.add_trial(number, measurement)


@contextmanager
def a_site(folder: Path) -> Iterator[str]:
    """Serve a store until the context ends; yields the address, without a slash at its end."""
    with Store.open(folder / "timetrial.db") as store:
        for number in range(1, RUNS + 1):
            keep(store, run_of(number))
        store.add_experiment(LIVED, a_stop("uvicorn"))
        keep(store, cut_short(run_of(RUNS + 1), 5))
    serving = started("serve", "--port", "0", folder=folder)
    assert serving.stderr is not None
    address = re.search(r"http://\S+/", serving.stderr.readline())
    assert address is not None
    try:
        yield address[0].rstrip("/")
    finally:
        serving.terminate()
        serving.communicate(timeout=60)
