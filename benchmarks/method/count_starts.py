"""Counts starts of servers with one and the same app: the figures that `count_proof.py` judges.

With `--loops N` so many endless loops run beside it all.
"""

from __future__ import annotations

import argparse
import json
import queue
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

from foreign import hog
from taking import benchmark, suite
from timetrial.catalog.loader import load_catalog
from timetrial.features.counting.launches import Layout, Place, counted_launch
from timetrial.features.counting.requests import Repeats, requests_of
from timetrial.features.counting.start import count_start
from timetrial.machine.placement import available_cpus
from timetrial.model.suite import Stack
from timetrial.runner.prepare import Prepared, prepare
from timetrial.runner.starter import probe_of
from timetrial.stacks.cache import cache_dir
from timetrial.stacks.counters.choice import find_counter
from timetrial.stacks.environment import Environments

DATA = Path(__file__).with_name("data")
SERVERS = (
    "gunicorn-sync", "gunicorn-gthread", "waitress", "granian-wsgi", "uvicorn", "granian-asgi",
)  # fmt: skip
APPS = {"wsgi": ("flask", "json"), "asgi": ("starlette", "hello")}
STARTS = 20
AT_ONCE = 2


def main() -> int:
    parser = argparse.ArgumentParser(description="Count starts of servers with the same app.")
    parser.add_argument("--servers", default=",".join(SERVERS))
    parser.add_argument("--starts", type=int, default=STARTS, help="of each server [%(default)s]")
    parser.add_argument("--minutes", type=float, default=15.0, help="at most [%(default)s]")
    parser.add_argument("--loops", type=int, default=0, help="endless loops beside it")
    parser.add_argument("--data", type=Path, default=DATA)
    given = parser.parse_args()
    until_s = time.monotonic() + 60 * given.minutes
    recorded: dict[str, list[Mapping[str, Any]]] = {name: [] for name in given.servers.split(",")}
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        prepared = _prepared(tuple(recorded), folder)
        for number in range(given.loops):
            stack.enter_context(hog(1.0, available_cpus(), number))
        _record(prepared, folder, recorded, given.starts, until_s)
    file = given.data / ("counted-busy.json" if given.loops else "counted-quiet.json")
    file.parent.mkdir(exist_ok=True)
    file.write_text(
        json.dumps({"loops": given.loops, "starts": recorded}, indent=1) + "\n", "utf-8"
    )
    print(f"{sum(map(len, recorded.values()))} starts are in {file}")
    return 0


def _prepared(servers: tuple[str, ...], folder: Path) -> Prepared:
    catalog = load_catalog()
    stacks, benchmarks = [], []
    for name in servers:
        interface = catalog.server(name).interface
        app, workload = APPS[interface]
        stacks.append(Stack(name, name, app, interface, 1, 4))
        work = catalog.app(app).workloads[workload]
        benchmarks.append(benchmark(name, [name], work, "alternate"))
    wanted = suite("counted", stacks, benchmarks, 1)
    return prepare(wanted, catalog, Environments(cache_dir()), folder, lambda _: None)


def _record(
    prepared: Prepared,
    folder: Path,
    recorded: Mapping[str, list[Mapping[str, Any]]],
    starts: int,
    until_s: float,
) -> None:
    """Count all servers in turns, as many times as asked for or as the minutes allow."""
    counter, _ = find_counter()
    lanes: queue.SimpleQueue[int] = queue.SimpleQueue()
    for cpu in available_cpus()[:AT_ONCE]:
        lanes.put(cpu)

    def count(name: str, number: int) -> None:
        if time.monotonic() > until_s:
            return
        stack = prepared.stacks[name]
        workload = stack.app.workloads[APPS[stack.stack.interface][1]]
        cpu, began_s = lanes.get(), time.monotonic()
        try:
            place = Place(cpu, folder / f"{name}-{number}.log")
            launch = counted_launch(
                stack, probe_of(workload.steps[0], stack.stack), place, Layout.by_chance()
            )
            requests = requests_of(workload, stack.stack)
            where = folder / f"{name}-{number}"
            figures = count_start(launch, counter, where, requests, Repeats(), threading.Event())
        finally:
            lanes.put(cpu)
        (figure,) = figures.values()
        recorded[name].append({**asdict(figure), "took_s": round(time.monotonic() - began_s, 2)})
        sys.stderr.write(f"{name} {number}: {figure.instructions:,.0f}\n")

    with ThreadPoolExecutor(AT_ONCE) as pool:
        turns = [(name, number) for number in range(starts) for name in recorded]
        list(pool.map(lambda turn: count(*turn), turns))


if __name__ == "__main__":
    sys.exit(main())
