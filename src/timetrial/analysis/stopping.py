"""Which benchmarks need no further rounds, and how many rounds are expected. Pure.

With a precision, results decide at the looks of the design only; interim figures decide nothing.
With a budget only time decides, never a result.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from timetrial.analysis.cell_analysis import (
    cell_analyses,
    comparisons_of,
    control_of,
    excluded_rounds,
)
from timetrial.analysis.statistics.comparisons import ROUNDS_FOR_VERDICT, is_significant
from timetrial.analysis.statistics.design import SEVERAL_LOOKS, design_of
from timetrial.analysis.statistics.mean_inference import CONFIDENCE
from timetrial.analysis.statistics.measured import LEVEL
from timetrial.analysis.statistics.t_distribution import quantile as t_quantile
from timetrial.model import (
    NS_PER_S,
    Benchmark,
    Budget,
    ClosedLoad,
    ComparedMetric,
    Comparison,
    Precision,
    Run,
    SoundRounds,
    StackLife,
    StopDecision,
    Watch,
    counted,
)


@dataclass(frozen=True, slots=True)
class InterimComparisons:
    """The comparisons so far on which a run's end may depend."""

    comparisons: dict[str, tuple[Comparison, ...]]
    """By benchmark."""

    def widest(self) -> tuple[str, Comparison] | None:
        """Return the least precise ratio, of undecided ones if there are any, and its
        benchmark.
        """
        with_interval = [
            (benchmark, comparison)
            for benchmark, comparisons in self.comparisons.items()
            for comparison in comparisons
            if half_width(comparison) is not None
        ]
        undecided = [pair for pair in with_interval if not is_significant(pair[1])]
        return max(
            undecided or with_interval, key=lambda pair: half_width(pair[1]) or 0.0, default=None
        )


def interim_comparisons(run: Run) -> InterimComparisons:
    """Compare the stacks so far, in the metrics of the stop rule."""
    return InterimComparisons(
        {benchmark.name: _compared(run, benchmark) for benchmark in run.plan.suite.benchmarks}
    )


def _compared(run: Run, benchmark: Benchmark) -> tuple[Comparison, ...]:
    stacks, metrics = cell_analyses(run, benchmark), metrics_of_rule(benchmark)
    control = control_of(run, benchmark, stacks, metrics)
    comparisons = comparisons_of(run, benchmark, stacks, control, metrics)
    at_the_end = run.rounds_done(benchmark.name) == run.rounds_due()
    if at_the_end or design_of(run.plan.suite).judges_underway:
        return comparisons
    # The only look comes at the end.
    return tuple(replace(comparison, provisional=True) for comparison in comparisons)


def metrics_of_rule(benchmark: Benchmark) -> tuple[ComparedMetric, ...]:
    """Return a benchmark's metrics: capacity, or response times at a given rate; and CPU time."""
    first: ComparedMetric = "throughput" if isinstance(benchmark.load, ClosedLoad) else "p50_ns"
    return (first, "cpu_s_per_1000")


def stops(run: Run, now: InterimComparisons) -> tuple[StopDecision, ...]:
    """Decide which benchmarks need no further round; the decision depends on the run alone."""
    match run.plan.suite.stop_rule:
        case SoundRounds() as stop_rule:
            return tuple(_sound(run, stop_rule))
        case Precision() as stop_rule:
            return tuple(_settled(run, stop_rule, now))
        case Budget() as stop_rule:
            return tuple(_out_of_time(run, stop_rule))
        case Watch() | None:
            return ()


def ended_by_user(run: Run) -> tuple[StopDecision, ...]:
    """End a run without a planned end, after its complete rounds."""
    if not isinstance(run.plan.suite.stop_rule, Watch):
        return ()
    stopped = {stop.benchmark for stop in run.stops}
    return tuple(
        StopDecision(benchmark.name, run.rounds_done(benchmark.name), "the caller ended it")
        for benchmark in run.plan.suite.benchmarks
        if benchmark.name not in stopped
    )


def half_width(comparison: Comparison) -> float | None:
    """Return the half-width of a ratio's interval as a share of the ratio."""
    low, high = comparison.ratio.low, comparison.ratio.high
    return None if low is None or high is None else math.sqrt(high / low) - 1


def expected_rounds(run: Run, now: InterimComparisons, round_s: float) -> dict[str, int]:
    """Forecast the number of rounds of each benchmark; a round takes `round_s` seconds."""
    stop_rule = run.plan.suite.stop_rule
    due = {
        benchmark.name: run.rounds_due(benchmark.name) for benchmark in run.plan.suite.benchmarks
    }
    if isinstance(stop_rule, SoundRounds):
        return {
            benchmark.name: min(
                due[benchmark.name], stop_rule.rounds + len(excluded_rounds(run, benchmark).rounds)
            )
            for benchmark in run.plan.suite.benchmarks
        }
    if isinstance(stop_rule, Budget):
        done = _rounds_done(run)
        round_s = next_round_s(run) or round_s
        left_s = stop_rule.seconds - stop_rule.before_s - taken_s(run)
        more = math.floor(left_s / round_s) if round_s else 0
        rounds = max(done + max(1, more), stop_rule.at_least_rounds)
        return {name: min(last, rounds) for name, last in due.items()}
    if isinstance(stop_rule, Precision):
        return {
            name: min(last, _look_that_ends(now.comparisons[name], stop_rule, run, name))
            for name, last in due.items()
        }
    if isinstance(stop_rule, Watch):
        # The end is unknown: one more round is always expected.
        return {name: min(last, _rounds_done(run) + 1) for name, last in due.items()}
    return due


def taken_s(run: Run) -> float:
    """Return the time in s in which stacks of a run were up, without pauses of the run."""
    return _up_s(run.lives)


def _up_s(lives: Iterable[StackLife]) -> float:
    total = end = 0
    for life in sorted(lives, key=lambda life: life.started_ns):
        total += max(0, life.stopped_ns - max(end, life.started_ns))
        end = max(end, life.stopped_ns)
    return total / NS_PER_S


def next_round_s(run: Run) -> float:
    """Expect the length of the next round, in s, as that of the last with as many stacks.

    Where some have left since, it is as much shorter. 0: no round is complete.
    """
    done = _rounds_done(run)
    lives = [life for life in run.lives if life.round <= done]
    by_round: dict[int, list[StackLife]] = {}
    for life in lives:
        by_round.setdefault(life.round, []).append(life)
    if not by_round:
        return 0.0
    last_left = max((left.after_round for left in run.dropped), default=0)
    alike = [number for number in by_round if number > last_left] or list(by_round)
    mean_s = statistics.fmean(_up_s(by_round[number]) for number in alike)
    if max(alike) > last_left:
        return mean_s
    now = replace(run, dropped=tuple(d for d in run.dropped if d.after_round < last_left))
    return mean_s * share_of_stacks_left(now, run)


def share_of_stacks_left(before: Run, after: Run) -> float:
    """Return the share of the stacks of a run that stays when some leave a race."""
    left = {dropped.stack for dropped in after.dropped}
    had = {dropped.stack for dropped in before.dropped}
    stacks = {stack.name for stack in after.plan.suite.stacks}
    return len(stacks - left) / len(stacks - had)


def _sound(run: Run, stop_rule: SoundRounds) -> Iterator[StopDecision]:
    stopped = {stop.benchmark for stop in run.stops}
    for benchmark in run.plan.suite.benchmarks:
        done = run.rounds_done(benchmark.name)
        if benchmark.name in stopped or done == run.rounds_due(benchmark.name):
            continue
        if _sound_rounds(run, benchmark, done) >= stop_rule.rounds:
            why = f"{counted(stop_rule.rounds, 'round')} without a disturbance of the machine"
            yield StopDecision(benchmark.name, done, why)


def _sound_rounds(run: Run, benchmark: Benchmark, done: int) -> int:
    """Count the complete rounds that are not excluded; results do not affect the choice."""
    return done - sum(number <= done for number in excluded_rounds(run, benchmark).rounds)


def _settled(run: Run, stop_rule: Precision, now: InterimComparisons) -> Iterator[StopDecision]:
    looks = SEVERAL_LOOKS.looks
    begun = {measurement.trial for measurement in run.measurements}
    stopped = {stop.benchmark for stop in run.stops}
    for benchmark in run.plan.suite.benchmarks:
        done = run.rounds_done(benchmark.name)
        if benchmark.name in stopped or done not in looks[:-1]:
            continue
        if any(t.round > done and t.cell.benchmark == benchmark.name for t in begun):
            continue
        comparisons = now.comparisons[benchmark.name]
        if all(_is_settled(comparison, stop_rule) for comparison in comparisons):
            yield StopDecision(benchmark.name, done, _why(comparisons, stop_rule))


def _is_settled(comparison: Comparison, stop_rule: Precision) -> bool:
    width = half_width(comparison)
    if is_significant(comparison) or comparison.verdict == "equivalent":
        return True
    if comparison.verdict == "no verdict" and comparison.ratio.rounds >= ROUNDS_FOR_VERDICT:
        # The load limits both stacks: more rounds would decide nothing.
        return not comparison.provisional
    return width is not None and width <= stop_rule.half_width


def _why(comparisons: Sequence[Comparison], stop_rule: Precision) -> str:
    if not comparisons:
        return "there are no two stacks to compare"
    if all(map(is_significant, comparisons)):
        return "every pair differs"
    return f"every pair is decided, or known to {stop_rule}"


def _out_of_time(run: Run, stop_rule: Budget) -> Iterator[StopDecision]:
    done = _rounds_done(run)
    if run.stops or done == run.rounds_due() or not done:
        return
    if any(measurement.trial.round > done for measurement in run.measurements):
        return
    end_s = stop_rule.before_s + taken_s(run) + next_round_s(run)
    if _lacks_rounds(run, stop_rule, done):
        goes_on = not stop_rule.at_most_s or end_s <= stop_rule.at_most_s
    else:
        goes_on = end_s <= stop_rule.seconds
    if not goes_on:
        for benchmark in run.plan.suite.benchmarks:
            yield StopDecision(
                benchmark.name, done, f"another round would not fit into {stop_rule}"
            )


def _lacks_rounds(run: Run, stop_rule: Budget, done: int) -> bool:
    """Whether there are fewer rounds than wanted, without those that were disturbed."""
    at_least = SoundRounds(stop_rule.at_least_rounds)
    if done < at_least.rounds:
        return True
    sound = min(_sound_rounds(run, benchmark, done) for benchmark in run.plan.suite.benchmarks)
    return sound < at_least.rounds and done < at_least.most


def _rounds_done(run: Run) -> int:
    return min(run.rounds_done(benchmark.name) for benchmark in run.plan.suite.benchmarks)


def _look_that_ends(
    comparisons: Sequence[Comparison], stop_rule: Precision, run: Run, benchmark: str
) -> int:
    """Forecast the look at which all pairs are settled, if their figures stay the same."""
    looks, done = SEVERAL_LOOKS.looks, run.rounds_done(benchmark)
    to_come = [look for look in looks if look > done] or [looks[-1]]
    level = LEVEL / max(1, len(comparisons))
    needed = max(
        (_look_that_settles(comparison, stop_rule, level, done) for comparison in comparisons),
        default=to_come[0],
    )
    return max(to_come[0], needed)


def _look_that_settles(
    comparison: Comparison, stop_rule: Precision, level: float, done: int
) -> int:
    design, ratio = SEVERAL_LOOKS, comparison.ratio
    looks = design.looks
    width = half_width(comparison)
    if _is_settled(comparison, stop_rule):
        return looks[0]
    if width is None:
        return looks[0] if done < looks[0] else looks[-1]
    reached = len(design.looks_until(done))
    confidence = CONFIDENCE
    if not comparison.provisional and reached:
        confidence = design.confidence(level, reached - 1)
    deviation = (
        math.log1p(width) / t_quantile(ratio.rounds - 1, confidence) * math.sqrt(ratio.rounds)
    )
    for number, look in enumerate(looks):
        t = t_quantile(look - 1, design.confidence(level, number))
        at_look = t * deviation / math.sqrt(look)
        if abs(math.log(ratio.value)) > at_look or math.expm1(at_look) <= stop_rule.half_width:
            return look
    return looks[-1]
