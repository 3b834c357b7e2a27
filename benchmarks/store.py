"""What a large store costs: 10,000 trials opened, listed and compared, and 200 cells shown.

Of the page of the 200 cells, its size is given, too, and, where there is Chromium, how it scrolls.

One small real run is measured first (or taken from `--like STORE`): all trials of the store are its
trials under other names, some faster and some slower. What is timed are the verbs as people type
them, from the start of the interpreter to its end; each comes once without being counted, then
several times, of which the median is given.
"""

from __future__ import annotations

import argparse
import base64
import dataclasses
import itertools
import math
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import insert

from scrolling import scroll
from timetrial._engine import Histogram
from timetrial.model.measurement import Measurement, Window
from timetrial.model.plan import plan
from timetrial.model.run import Run
from timetrial.model.suite import Benchmark, Stack, Suite
from timetrial.model.trial import Cell, Trial
from timetrial.store import tables
from timetrial.store.payloads import MEASUREMENT, PAYLOAD_VERSION
from timetrial.store.store import Store

PROGRAM = Path(sys.executable).with_name("timetrial")
TRIALS = 10_000
ROUNDS = 5
SMALL = (4, 10)
"""Benchmarks and stacks of the many runs: 40 cells."""
LARGE = (10, 20)
"""Those of the one that is shown: 200 cells."""
VARIANTS = 40
SPREAD = 0.02
"""Standard deviation of the log of what a round gives."""
PAGE = "page.html"
PAGE_MB = 3.0
LONGEST_FRAME_MS = 50.0
LIKE = """
name = "like"
title = "One real trial"
app = "raw"
servers = ["uvicorn"]
workers = 1
rounds = 1
warm_up = { requests = 500, at_most_s = 1.0, at_least_s = 0.2 }

[[benchmarks]]
workload = "hello"
connections = 16
window_ms = 500
lead_in_ms = 50
windows = 4
"""


@dataclass(frozen=True, slots=True)
class Timed:
    """One verb."""

    arguments: tuple[str, ...]
    wall_s: float
    """Median, as the next."""
    cpu_s: float
    target_s: float | None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--like", metavar="STORE", help="take trials of its latest run as a model")
    parser.add_argument("--trials", type=int, default=TRIALS, help="[%(default)s]")
    parser.add_argument("--times", type=int, default=5, help="each verb  [%(default)s]")
    parser.add_argument("--keep", type=Path, metavar="FILE", help="leave the store there")
    given = parser.parse_args()
    with TemporaryDirectory() as folder:
        file = given.keep or Path(folder) / "large.db"
        large = fill(file, model(given.like, Path(folder)), given.trials)
        print(f"{given.trials:,} trials in {large} runs, {file.stat().st_size / 2**20:.0f} MiB")
        print(f"{'timetrial …':<40} {'seconds':>8} {'CPU s':>8}  target")
        timed = [
            measure(arguments, target_s, file, Path(folder), given.times)
            for arguments, target_s in verbs(large)
        ]
        page_kept = show_page(Path(folder) / PAGE)
    late = any(each.target_s and each.wall_s > each.target_s for each in timed)
    return 1 if late or not page_kept else 0


def verbs(large: int) -> Iterator[tuple[tuple[str, ...], float | None]]:
    """List what is timed, with the seconds that it may take."""
    yield ("--version",), None
    yield ("list", "runs"), 1.0
    yield ("compare", "1", "2"), 1.0
    yield ("report", str(large), "--format", "html", "-o", PAGE), 5.0
    yield ("report", str(large), "--format", "csv", "-o", "trials.csv"), None


def show_page(page: Path) -> bool:
    """Tell how large the page is, and how it scrolls; return whether both keep their targets."""
    size_mb = page.stat().st_size / 1e6
    small = size_mb < PAGE_MB
    print(f"\nthe page: {size_mb:.2f} MB  < {PAGE_MB:g}: {'met' if small else 'missed'}")
    scrolled = scroll(page)
    if scrolled is None:
        print("how it scrolls is not known: there is no Chromium, or no Playwright")
        return small
    smooth = scrolled.longest_ms <= LONGEST_FRAME_MS
    print(
        f"first charts after {scrolled.first_chart_ms:.0f} ms; scrolled in {scrolled.frames} "
        f"frames: p99 {scrolled.p99_ms:.1f} ms, longest {scrolled.longest_ms:.1f} ms"
        f"  < {LONGEST_FRAME_MS:g}: {'met' if smooth else 'missed'}"
    )
    return small and smooth


def measure(
    arguments: tuple[str, ...], target_s: float | None, file: Path, folder: Path, times: int
) -> Timed:
    stored = () if arguments[0].startswith("-") else ("--store", str(file.resolve()))
    once((*arguments, *stored), folder)
    taken = [once((*arguments, *stored), folder) for _ in range(times)]
    wall_s, cpu_s = (statistics.median(each) for each in zip(*taken, strict=True))
    timed = Timed(arguments, wall_s, cpu_s, target_s)
    verdict = "" if target_s is None else f"< {target_s:g}: {_verdict(timed)}"
    print(f"{' '.join(arguments):<40} {wall_s:>8.2f} {cpu_s:>8.2f}  {verdict}".rstrip(), flush=True)
    return timed


def once(arguments: Sequence[str], folder: Path) -> tuple[float, float]:
    """Run a verb; return how long it took, and its CPU time, both in seconds."""
    before = os.times()
    began_s = time.monotonic()
    # Whoever installs a package has its bytecode, whatever this environment says of that.
    own = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(folder / "bytecode")}
    command = [str(PROGRAM), *arguments]
    subprocess.run(
        command, cwd=folder, env={**os.environ, **own}, stdout=subprocess.DEVNULL, check=True
    )
    wall_s, after = time.monotonic() - began_s, os.times()
    used_s = after.children_user + after.children_system
    return wall_s, used_s - before.children_user - before.children_system


def _verdict(timed: Timed) -> str:
    return "met" if timed.target_s is None or timed.wall_s <= timed.target_s else "missed"


def model(like: str | None, folder: Path) -> Run:
    """Take the latest run of a store, or measure one."""
    file = Path(like or folder / "like.db")
    if like is None:
        sys.stderr.write("measuring one real trial\n")
        (folder / "like.toml").write_text(LIKE)
        command = [str(PROGRAM), "run", "like.toml", "--store", str(file), "--seed", "1"]
        subprocess.run(
            command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True
        )
    with Store.open(file) as store:
        return store.load("latest")


def fill(file: Path, like: Run, trials: int) -> int:
    """Fill a store with that many trials; return the number of the large run, which is the last."""
    small_cells, large_cells = math.prod(SMALL), math.prod(LARGE)
    small_runs = max(2, (trials - large_cells * ROUNDS) // (small_cells * ROUNDS))
    even = undisturbed(like.measurements[0].windows)
    forms = [scaled(even, n / VARIANTS) for n in range(VARIANTS)]
    randomness = random.Random(1)  # noqa: S311 - numbers that must repeat
    with Store.open(file) as store:
        for number in range(1, small_runs + 1):
            sys.stderr.write(f"\rmaking run {number} of {small_runs + 1}")
            add_run(store, like, SMALL, forms, randomness)
        large = add_run(store, like, LARGE, forms, randomness)
    sys.stderr.write("\n")
    return large


def add_run(
    store: Store,
    like: Run,
    shape: tuple[int, int],
    forms: Sequence[Sequence[Window]],
    randomness: random.Random,
) -> int:
    """Add all trials of a run at once: how long writing takes is not what is asked here."""
    suite = suite_of(like, *shape)
    facts = [dataclasses.replace(like.facts[0], stack=stack.name) for stack in suite.stacks]
    number = store.create_run(
        plan(suite, 1), like.machine, facts, like.timetrial_version, like.created_at
    )
    rows = [
        {
            "run": number,
            "round": each.trial.round,
            "benchmark": each.trial.cell.benchmark,
            "stack": each.trial.cell.stack,
            "payload_version": PAYLOAD_VERSION,
            "payload": MEASUREMENT.write(each),
        }
        for each in measurements(like, suite, forms, randomness)
    ]
    with store._engine.begin() as connection:  # noqa: SLF001 - one transaction for all
        connection.execute(insert(tables.trials), rows)
    return number


def suite_of(like: Run, benchmarks: int, stacks: int) -> Suite:
    first: Benchmark = like.plan.suite.benchmarks[0]
    stack: Stack = like.plan.suite.stacks[0]
    names = tuple(f"{stack.name}-{number}" for number in range(1, stacks + 1))
    return dataclasses.replace(
        like.plan.suite,
        stacks=tuple(dataclasses.replace(stack, name=name) for name in names),
        benchmarks=tuple(
            dataclasses.replace(first, name=f"{first.name}-{number}", stacks=names)
            for number in range(1, benchmarks + 1)
        ),
        rounds=ROUNDS,
    )


def measurements(
    like: Run, suite: Suite, forms: Sequence[Sequence[Window]], randomness: random.Random
) -> Iterator[Measurement]:
    """Make every trial of a suite; each stack has a speed of its own."""
    # Without what others took of the machine: figures of a disturbed trial are withheld.
    first = dataclasses.replace(like.measurements[0], surroundings=None)
    for benchmark, round_ in itertools.product(suite.benchmarks, range(1, ROUNDS + 1)):
        for place, stack in enumerate(benchmark.stacks):
            own = place / len(benchmark.stacks) + randomness.gauss(0, SPREAD)
            windows = forms[min(VARIANTS - 1, max(0, round(own * VARIANTS)))]
            trial = Trial(round_, Cell(benchmark.name, stack))
            yield dataclasses.replace(first, trial=trial, windows=tuple(windows))


def undisturbed(windows: Sequence[Window]) -> tuple[Window, ...]:
    """Give all windows what the first one gave: of a disturbed trial a report shows less."""
    first = windows[0]
    return tuple(
        dataclasses.replace(
            first,
            index=each.index,
            started_ns=each.started_ns,
            opened_ns=each.opened_ns,
            closed_ns=each.closed_ns,
            drained_ns=each.drained_ns,
            generator_wait_s=None,
            server_wait_s=None,
            foreign_cpu_s=None,
        )
        for each in windows
    )


def scaled(windows: Sequence[Window], slower: float) -> tuple[Window, ...]:
    """Make windows in which all took longer, by a share of at most as much again."""
    factor = 1 + slower
    return tuple(
        dataclasses.replace(
            window,
            completions=round(window.completions / factor),
            completions_overall=round(window.completions_overall / factor),
            response_time=stretched(window.response_time, factor),
        )
        for window in windows
    )


def stretched(encoded: str, factor: float) -> str:
    made = Histogram()
    for low_ns, _, count in Histogram.decode(base64.b64decode(encoded)).buckets():
        made.record(round(low_ns * factor), count)
    return base64.b64encode(made.encode()).decode()


if __name__ == "__main__":
    sys.exit(main())
