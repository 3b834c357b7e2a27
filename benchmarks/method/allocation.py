"""Of recorded rounds: how much varies between starts and between windows, and what that asks for.

Each row is a recording, a benchmark, a pair of its stacks and a metric: the deviations of log
ratios between starts and between windows, the number of windows a start that gives the least
variance in a given time, and by how much the present number is worse than that. It takes no server.
"""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Iterator

from recorded import DATA, Recording, read
from timetrial.analysis.statistics.allocation import Costs, components
from timetrial.analysis.statistics.estimates import window_cpu_s_per_1000, window_throughput
from timetrial.model.measurement import Measurement, Window

RECORDINGS = ("alike-quiet", "alike-foreign", "known")
_FIGURES = {"throughput": window_throughput, "CPU per request": window_cpu_s_per_1000}


def _logs(measurement: Measurement, metric: str) -> list[float]:
    windows = sorted(measurement.windows, key=lambda window: window.index)
    figures = [_FIGURES[metric]([window]) for window in windows]
    return [math.log(figure) for figure in figures if figure]


def _taken_s(window: Window) -> float:
    return (window.drained_ns - window.started_ns) / 1e9


def _costs(recording: Recording, benchmark: str) -> Costs:
    rounds = [each for each in recording.rounds if benchmark in each.benchmarks]
    windows = [
        window
        for each in rounds
        for measurement in each.benchmarks[benchmark].values()
        for window in measurement.windows
    ]
    start_s = statistics.fmean(each.around_s / each.stacks for each in rounds)
    return Costs(start_s, statistics.fmean(map(_taken_s, windows)))


def rows(name: str) -> Iterator[str]:
    recording = read(DATA / f"{name}.json")
    for benchmark in recording.rounds[0].benchmarks:
        rounds, costs = recording.of(benchmark), _costs(recording, benchmark)
        for (a, b), metric in itertools.product(itertools.combinations(rounds[0], 2), _FIGURES):
            logs = [(_logs(each[a], metric), _logs(each[b], metric)) for each in rounds]
            found = components([[y - x for x, y in zip(*pair, strict=False)] for pair in logs])
            now = statistics.fmean(len(pair[0]) for pair in logs)
            best = found.best_windows(costs)
            worse = found.per_second(now, costs) / found.per_second(min(best, 1e6), costs) - 1
            yield (
                f"| {name} | {benchmark} | {b} / {a} | {metric} | {100 * found.start**0.5:.2f} % "
                f"| {100 * found.window**0.5:.2f} % | {costs.start_s:.2f} s "
                f"| {1000 * costs.window_s:.0f} ms | {now:.0f} | {best:.1f} | {worse:.0%} |"
            )


def main() -> None:
    print(
        "| recording | benchmark | pair | figure | SD of starts | of windows | a start | a window "
        "| windows now | best | variance now, above the least |"
    )
    print("|---|---|---|---|---:|---:|---:|---:|---:|---:|---:|")
    for name in RECORDINGS:
        for row in rows(name):
            print(row)


if __name__ == "__main__":
    main()
