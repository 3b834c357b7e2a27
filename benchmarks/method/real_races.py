"""Real races that are stored: what each decided, and what the rule before shared variances says.

    python benchmarks/method/real_races.py STORE …

That rule compared each pair of servers by a t test of the log ratios of the rounds that both have,
and adjusted all pairs by Holm's procedure. It took five rounds at least, which who left a race does
not have: its verdict here is on the others. It takes no server.
"""

from __future__ import annotations

import argparse
import itertools
import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from timetrial import Run, open_store
from timetrial.analysis.recommendation import Recommendation, recommend
from timetrial.analysis.statistics.estimates import window_throughput
from timetrial.analysis.statistics.t_distribution import two_sided_p
from timetrial.analysis.summarize import summarize
from timetrial.model.summary import Summary, Table

HEADER = (
    "| race | servers | rounds | verdict | by | best against next | half-width | steal "
    "| by the former rule |\n|---|---:|---:|---|---|---|---:|---:|---|"
)
ROUNDS_BEFORE = 5
"""For a verdict of the former rule."""
_LEVEL = 0.05
_NAMES_SHOWN = 3

Logs = Mapping[str, Mapping[int, float]]
"""By server and number of the round: the logarithm of its requests a second."""


def main() -> None:
    parser = argparse.ArgumentParser(description="Say what stored races decided.")
    parser.add_argument("stores", nargs="+", help="stores of runs")
    print(HEADER)
    for name in parser.parse_args().stores:
        with open_store(name) as store:
            for stored in store.list_runs():
                line = line_of(store.load(stored.number))
                if line is not None:
                    print(line, flush=True)


def line_of(run: Run) -> str | None:
    """Return the row of a race; None for another run."""
    summary = summarize(run)
    decided = recommend(summary)
    if decided is None or run.plan.suite.race_info is None:
        return None
    name = run.plan.suite.race_info.capacity
    (table,) = (each for each in summary.tables if each.benchmark.name == name)
    rounds = max((m.trial.round for m in run.measurements), default=0)
    cells = (
        datetime.fromisoformat(run.created_at).strftime("%Y-%m-%d %H:%M"),
        f"{len(table.rows)}",
        f"{rounds}",
        f"{decided.kind}: {_named(decided.stacks)}",
        decided.basis,
        *_lead(decided),
        f"{_steal(summary, name):.1%}",
        former(logs_of(run, table)),
    )
    return f"| {' | '.join(cells)} |"


def former(logs: Logs) -> str:
    """Say between which servers the former rule would have found no difference."""
    logs = {name: own for name, own in logs.items() if len(own) >= ROUNDS_BEFORE}
    if not logs:
        return f"nothing: fewer than {ROUNDS_BEFORE} rounds"
    pairs = list(itertools.combinations(logs, 2))
    adjusted = _holm([_p(logs[one], logs[other]) for one, other in pairs])
    means = {name: statistics.fmean(own.values()) for name, own in logs.items()}
    first = max(means, key=means.__getitem__)
    differs = {
        pair for pair, p in zip(pairs, adjusted, strict=True) if p < _LEVEL and first in pair
    }
    left = [n for n in means if n == first or not differs & {(first, n), (n, first)}]
    left.sort(key=means.__getitem__, reverse=True)
    return f"one: {first}" if len(left) == 1 else f"undecided: {_named(left)}"


def logs_of(run: Run, table: Table) -> Logs:
    """Take the rounds that count of the servers that have a row with figures."""
    shown = {row.stack.name for row in table.rows}
    logs: dict[str, dict[int, float]] = {}
    for measurement in run.measurements:
        cell = measurement.trial.cell
        figure = window_throughput(measurement.windows)
        if cell.benchmark == table.benchmark.name and cell.stack in shown and figure:
            logs.setdefault(cell.stack, {})[measurement.trial.round] = math.log(figure)
    return logs


def _p(a: Mapping[int, float], b: Mapping[int, float]) -> float:
    differences = [b[number] - a[number] for number in a.keys() & b.keys()]
    error = statistics.stdev(differences) / math.sqrt(len(differences))
    return two_sided_p(statistics.fmean(differences) / error, len(differences) - 1)


def _holm(p_values: Sequence[float]) -> list[float]:
    """Adjust by Holm, A simple sequentially rejective multiple test procedure (1979)."""
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    grown = (min(1.0, (len(order) - rank) * p_values[at]) for rank, at in enumerate(order))
    by_place = dict(zip(order, itertools.accumulate(grown, max), strict=True))
    return [by_place[at] for at in range(len(p_values))]


def _lead(decided: Recommendation) -> Iterator[str]:
    """Say how far the best is ahead of the next, and half the width of the interval of that."""
    next_to = next(iter(decided.with_best), None)
    if next_to is None or next_to.ratio.low is None or next_to.ratio.high is None:
        yield from ("–", "–")
        return
    ratio = next_to.ratio.inverse()
    low, high = ratio.low, ratio.high
    assert low is not None  # noqa: S101 - its inverse has one
    assert high is not None  # noqa: S101 - likewise
    yield f"{ratio.value - 1:+.1%} [{low - 1:+.1%}, {high - 1:+.1%}] {next_to.b}"
    yield f"{math.log(high / low) / 2:.1%}"


def _steal(summary: Summary, benchmark: str) -> float:
    """Return the share of the servers' CPU time that the hypervisor took."""
    around = [
        m.surroundings for m in summary.run.measurements if m.trial.cell.benchmark == benchmark
    ]
    passed = sum(a.passed_s * a.measured_cpus for a in around if a is not None)
    stolen = sum(a.steal_s or 0.0 for a in around if a is not None)
    return stolen / passed if passed else 0.0


def _named(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_NAMES_SHOWN])
    more = len(names) - _NAMES_SHOWN
    return f"{shown} and {more} more" if more > 0 else shown


if __name__ == "__main__":
    main()
