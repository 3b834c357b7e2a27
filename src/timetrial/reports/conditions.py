"""The conditions of a run, as text: without them no figure means anything."""

from __future__ import annotations

from collections.abc import Iterator

from timetrial.analysis.statistics.design import LOOKS
from timetrial.analysis.statistics.racing import MARGIN
from timetrial.model import (
    ENGINE,
    Benchmark,
    Budget,
    Interface,
    Precision,
    Run,
    SoundRounds,
    Suite,
    Summary,
    Watch,
    counted,
    listed,
)
from timetrial.reports.figures import TIMES


def under_which(summary: Summary) -> Iterator[str]:
    run = summary.run
    suite = run.plan.suite
    yield f"Taken in {_rounds(summary)} on {_cores(run)}, {_processes(suite)}."
    if doubts := _doubts_of_the_machine(run):
        yield f"Doubts about the machine when the run began: {doubts}."
    if suite.profile != "fair":
        yield f"These are the loads of the profile {suite.profile!r}, not of our own method."
    yield from suite.notes
    yield from _duets(run)
    yield from _views_that_differ(suite)
    pythons = sorted({fact.python for fact in run.facts})
    if len(pythons) > 1:
        yield f"The stacks ran on different Pythons: {listed(pythons)}."
    yield from _when_it_stopped(run)
    yield from _who_left(run)
    if not summary.complete:
        yield from _interrupted(run)


def _doubts_of_the_machine(run: Run) -> str:
    machine_checks = run.machine.machine_checks
    doubts = machine_checks.doubts if machine_checks is not None else ()
    return "; ".join(f"{doubt.name} ({doubt.said})" for doubt in doubts)


def _rounds(summary: Summary) -> str:
    """Count the rounds, which may differ from benchmark to benchmark."""
    rounds: dict[str, set[int]] = {}
    for measurement in summary.run.measurements:
        rounds.setdefault(measurement.trial.cell.benchmark, set()).add(measurement.trial.round)
    counts = sorted(map(len, rounds.values())) or [0]
    if counts[0] == counts[-1] or not summary.complete:
        return counted(counts[-1], "round")
    return f"{counts[0]} to {counts[-1]} rounds"


def _when_it_stopped(run: Run) -> Iterator[str]:
    match run.plan.suite.stop_rule:
        case Precision() as stop_rule:
            looks = listed([str(look) for look in LOOKS])
            yield (
                f"Rounds went on until each pair was decided or known to {stop_rule}. Intervals "
                f"allow for looks at the results after {looks} rounds."
            )
        case SoundRounds():
            again = run.rounds_due() - run.plan.suite.planned_rounds
            if again > 0 and not run.pending():
                yield (
                    f"{counted(again, 'round')} more than planned replaced those in which the "
                    f"machine was disturbed."
                )
        case Budget() as stop_rule:
            yield f"Rounds went on for {stop_rule}, whatever their results."
        case Watch():
            yield (
                "Rounds went on until the run was ended by hand; intervals and verdicts hold at "
                "any such moment."
            )
        case None:
            pass


def _who_left(run: Run) -> Iterator[str]:
    rounds: dict[int, list[str]] = {}
    for stack, after in {left.stack: left.after_round for left in run.dropped}.items():
        rounds.setdefault(after, []).append(stack)
    if rounds:
        names = "; ".join(f"{listed(stacks)} after round {n}" for n, stacks in rounds.items())
        yield (
            f"Servers that were clearly behind, by more than {100 * MARGIN:g} %, left: {names}. "
            f"--keep-all measures all to the end."
        )


def _interrupted(run: Run) -> Iterator[str]:
    done = len(run.due()) - len(run.pending())
    # How many rounds a budget allows is not known before it is spent.
    planned = sum(trial.round <= run.plan.suite.planned_rounds for trial in run.due())
    of = "" if isinstance(run.plan.suite.stop_rule, Budget) else f" of its {planned}"
    yield f"The run was interrupted after {done}{of} trials."
    if not isinstance(run.plan.suite.stop_rule, Precision | Watch) and done:
        yield "Verdicts hold only if results were not the reason."


def _cores(run: Run) -> str:
    machine = run.machine
    by_engine = all(benchmark.driver == ENGINE for benchmark in run.plan.suite.benchmarks)
    generator = "load engine" if by_engine else "load generator"
    if set(machine.server_cpus) & set(machine.generator_cpus):
        return f"{machine.cores} cores that servers and {generator} shared"
    return (
        f"{machine.cores} cores ({len(machine.server_cpus)} for the server, "
        f"{len(machine.generator_cpus)} for the {generator})"
    )


def _processes(suite: Suite) -> str:
    shapes = {
        stack.name: (stack.workers, stack.threads) for stack in suite.stacks if not stack.control_of
    }
    workers = {count for count, _ in shapes.values()}
    threads = {count for _, count in shapes.values()}
    if len(workers) > 1:
        stacks = [f"{name} {w} {TIMES} {t}" for name, (w, t) in shapes.items()]
        return f"with differing workers {TIMES} threads: {listed(stacks)}"
    few, many = min(threads), max(threads)
    span = f"{few}" if few == many else f"{few} to {many}"
    return (
        f"{workers.pop()} worker{'' if max(w for w, _ in shapes.values()) == 1 else 's'} a stack "
        f"with {span} thread{'' if many == 1 else 's'}"
    )


def _duets(run: Run) -> Iterator[str]:
    """Yield what was measured under contention, and whether another benchmark confirms it."""
    suite = run.plan.suite
    duets = [benchmark for benchmark in suite.benchmarks if benchmark.mode == "duet"]
    if not duets:
        return
    shares = [m.equal_shares for m in run.measurements if m.equal_shares is not None]
    groups = "in CPU groups of equal weight" if shares and all(shares) else "by thread alone"
    names = listed([benchmark.name for benchmark in duets])
    yield (
        f"{names} loaded two stacks at once on the same cores, shared {groups}: the ratios are "
        f"those under contention."
    )
    alone = [benchmark.name for benchmark in duets if not _confirmed(benchmark, suite)]
    if alone:
        yield (
            f"No benchmark in which the same stacks take turns under the same load confirms "
            f"{listed(alone)}."
        )


def _confirmed(duet: Benchmark, suite: Suite) -> bool:
    return any(
        benchmark.mode == "alternate"
        and benchmark.workload == duet.workload
        and benchmark.load == duet.load
        and len({*benchmark.stacks} & {*duet.stacks}) > 1
        for benchmark in suite.benchmarks
    )


def _views_that_differ(suite: Suite) -> Iterator[str]:
    """Name the benchmarks in which stacks get different paths, by their interface."""
    differing = {
        benchmark.name: views
        for benchmark in suite.benchmarks
        if (views := _views(benchmark, suite))
    }
    if differing:
        name, views = next(iter(differing.items()))
        asked = listed([f"{interface} stacks `{path}`" for interface, path in views.items()])
        like = "" if len(differing) == 1 else f" (and likewise in {listed(list(differing)[1:])})"
        yield (
            f"In {name}{like} the interface decides on the view: {asked}. Differences between "
            f"them include the view."
        )


def _views(benchmark: Benchmark, suite: Suite) -> dict[str, str]:
    """List the path by interface of the first step where that is not always the same."""
    interfaces = sorted({suite.stack(name).interface for name in benchmark.stacks}, reverse=True)
    for step in benchmark.workload.steps:
        paths = {interface: step.paths[interface] for interface in interfaces}
        if len({*paths.values()}) > 1:
            return {_in_capitals(interface): path for interface, path in paths.items()}
    return {}


def _in_capitals(interface: Interface) -> str:
    return interface if interface == "program" else interface.upper()
