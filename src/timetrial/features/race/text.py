"""The recommendation of a race, in plain words: which server, why, and what to watch."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence

from timetrial.analysis.recommendation import (
    UNDECIDED_FROM,
    Basis,
    Recommendation,
    Shortcoming,
    Unfit,
)
from timetrial.analysis.statistics.comparisons import ROUNDS_FOR_VERDICT
from timetrial.features.race import per_core_text
from timetrial.model import (
    METRICS,
    NS_PER_S,
    Estimate,
    ExcludedServer,
    Metric,
    OpenLoad,
    RaceInfo,
    Row,
    Summary,
    Table,
    figure_of,
    listed,
)
from timetrial.reports.conditions import under_which
from timetrial.reports.figures import figure
from timetrial.reports.ratios import relative
from timetrial.reports.verdicts import percent
from timetrial.reports.workload_text import what_is_asked

_SLOW_START_S = 3.0
_NUMBERS = {2: "two", 3: "three", 4: "four", 5: "five", 6: "six"}
_MOST_NAMED = 6


def advice(summary: Summary, choice: Recommendation) -> Iterator[str]:
    """Write the recommendation; the first paragraph says which server to take, and why."""
    race_info = summary.run.plan.suite.race_info
    assert race_info is not None  # noqa: S101 - there is a choice only then
    capacity = next(t for t in summary.tables if t.benchmark.name == race_info.capacity)
    yield " ".join(_lead(capacity, choice))
    if choice.better_unfit is not None:
        yield _better_unfit(choice.basis, choice.stacks[0], choice.better_unfit)
    if choice.contradiction is not None:
        yield per_core_text.contradiction(choice.contradiction)
    if to_watch := " ".join((*_to_watch(summary, choice), *_doubts(summary, choice))):
        yield to_watch
    for excluded in choice.excluded:
        said = "Not judged" if excluded.disturbed else "Excluded"
        yield f"{said}: {excluded.stack}, {excluded.why}."
    yield from _slow_start(summary)


def excluded_text(excluded_servers: Sequence[ExcludedServer]) -> Iterator[str]:
    """Name the servers that did not take part, a sentence for each reason."""
    by_reason: dict[str, list[str]] = {}
    for excluded in excluded_servers:
        by_reason.setdefault(excluded.why, []).append(excluded.server)
    for why, names in by_reason.items():
        shown = names[:_MOST_NAMED]
        more = len(names) - len(shown)
        yield f"{listed([*shown, f'{more} more'] if more else shown)}: {why}."


def limits(summary: Summary, race_info: RaceInfo) -> Iterator[str]:
    """Say under which conditions the results hold: first in short, then in full."""
    suite = summary.run.plan.suite
    benchmark = suite.benchmark(race_info.capacity)
    paths = {path for step in benchmark.workload.steps for path in step.paths.values()}
    asked = f"{len(paths)} paths" if len(paths) > 1 else what_is_asked(benchmark.workload)
    services = [f"{service.name} {service.version}".strip() for service in suite.services]
    beside = (
        f"{listed(services)} ran on the same machine."
        if services
        else "The app used the services named in its settings."
    )
    pythons = listed(sorted({fact.python for fact in summary.run.facts}))
    app = f"{race_info.framework or 'the app'} on {pythons or 'its Python'}"
    here = f"This holds for {benchmark.load} on {asked}, {app}, {summary.run.machine.cpu_model}."
    elsewhere = (
        "Load and servers shared one machine: over a network, and where the app waits for others, "
        "servers differ by less. A machine with more CPUs can run more processes than were "
        "measured."
    )
    yield f"{here} {beside} {elsewhere}"
    yield " ".join(map(_sentence, race_info.notes))
    yield " ".join(under_which(summary))


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _lead(capacity: Table, choice: Recommendation) -> Iterator[str]:
    best = choice.stacks[0] if choice.stacks else ""
    match choice.kind:
        case "none":
            yield "No server can be recommended: each one failed or was excluded."
            if (
                len(choice.excluded) > 1
                and len({excluded.why for excluded in choice.excluded}) == 1
            ):
                yield "All failed for the same reason: look in the app first."
            return
        case "undecided":
            yield from _undecided(capacity, choice)
            return
        case "one" if choice.basis == "capacity_per_core":
            yield f"Take {best}: {per_core_text.lead(choice)}"
            yield per_core_text.why(choice)
        case "one":
            yield f"Take {best}: {_by(capacity, choice)}" if choice.behind else _alone(choice)
        case "any":
            yield from _any_of(capacity, choice)


def _alone(choice: Recommendation) -> str:
    """Recommend the only server that has sound figures."""
    (best,) = choice.stacks
    if not choice.excluded:
        return f"{best} raced alone: how it compares with others is not known."
    return (
        f"Only {best} has sound figures, so there is nothing to compare it with. Race again when "
        f"nothing else runs, or see below why the others were excluded."
    )


def _any_of(capacity: Table, choice: Recommendation) -> Iterator[str]:
    count = len(choice.stacks)
    could_be = ""
    if choice.max_difference is not None:
        could_be = f" (at most {percent(choice.max_difference)})"
    by_core = choice.basis == "capacity_per_core"
    label = per_core_text.LABEL if by_core else METRICS[_metric(choice.basis)].label
    between = listed(choice.stacks)
    alike = f"no detectable difference in {label} between {between}{could_be}"
    if choice.max_difference is not None and choice.max_difference > UNDECIDED_FROM:
        yield f"Not decided yet: {alike}. Race longer (--budget), or take the one that you know."
    else:
        which = "Either of these" if count == 2 else "Any of these"  # noqa: PLR2004 - a pair
        number = _NUMBERS.get(count, str(count))
        yield f"{which} {number} will do: {alike}. Take the one that you know."
    if choice.behind:
        yield f"Of them, {choice.stacks[0]} has the best figure: {_by(capacity, choice)}"
    if by_core:
        yield per_core_text.why(choice)


def _metric(basis: Basis) -> Metric:
    return "throughput" if basis == "throughput" else "cpu_s_per_1000"


def _better_unfit(basis: Basis, than: str, unfit: Unfit) -> str:
    if basis == "throughput":
        lead = f"answers {relative(unfit.lead, than=than, of='requests a second')}"
    else:
        lead = f"takes {relative(unfit.lead, than=than, of='CPU time', less='less')}"
    return (
        f"{unfit.stack} {lead}, but is not recommended for production: {unfit.why}. "
        f"--any recommends among all."
    )


def _by(capacity: Table, choice: Recommendation) -> str:
    """Say how far the first is ahead of the best one that differs significantly from it."""
    assert choice.lead is not None  # noqa: S101 - it has one where another is behind
    if choice.basis == "capacity_per_core":
        return per_core_text.lead(choice)
    if choice.basis == "throughput":
        margin = relative(choice.lead, than=choice.behind, of="requests a second")
        return f"with {capacity.benchmark.load} it answers {margin}, the next."
    rows = (row for row in capacity.rows if row.stack.name in choice.stacks)
    why = (
        f"{capacity.benchmark.load} cannot ask for more than it answers"
        if any(row.validity.bound_by_client for row in rows)
        else "throughput shows the limit of the load, not of the servers (see the notes)"
    )
    margin = relative(choice.lead, than=choice.behind, of="CPU time", less="less")
    return f"{why}, and to answer a request it takes {margin}."


def _undecided(capacity: Table, choice: Recommendation) -> Iterator[str]:
    if any(excluded.disturbed for excluded in choice.excluded):
        yield "Nothing is decided: the machine was disturbed. Race again when nothing else runs."
    elif choice.rounds < ROUNDS_FOR_VERDICT:
        rounds = f"{choice.rounds} {'is' if choice.rounds == 1 else 'are'} there"
        yield f"Nothing is decided: a verdict takes {ROUNDS_FOR_VERDICT} rounds, {rounds}."
    else:
        yield "Nothing is decided: these servers were not compared to the end."
    figures = {row.stack.name: row.throughput for row in capacity.rows}
    best = figures[choice.stacks[0]] if choice.stacks else None
    if isinstance(best, Estimate) and choice.basis == "throughput":
        yield (
            f"The highest figure so far is that of {choice.stacks[0]}, {figure(best).text} "
            f"requests a second."
        )


def _to_watch(summary: Summary, choice: Recommendation) -> Iterator[str]:
    tables = {table.benchmark.name: table for table in summary.tables}
    for shortcoming in choice.watch:
        yield _watched(tables[shortcoming.benchmark], shortcoming, alone=len(choice.stacks) == 1)


def _watched(table: Table, watch: Shortcoming, *, alone: bool) -> str:
    rows = {row.stack.name: row for row in table.rows}
    row, other = rows[watch.stack], rows[watch.other]
    match watch.metric:
        case "p99_ns":
            load = table.benchmark.load
            rate = f"{load.rate_per_s:,g} requests a second" if isinstance(load, OpenLoad) else load
            ratio = relative(watch.ratio, than=watch.other, of="time", less="less")
            said = f"What to watch: at {rate}, {watch.stack} takes {ratio} for the slowest 1 % of "
            said += f"responses (p99 {_against('p99_ns', row, other)})"
            if alone:
                said += f"; where these matter more than capacity, take {watch.other}"
            return f"{said}."
        case "memory_bytes":
            ratio = relative(watch.ratio, than=watch.other, of="memory", less="less")
            amounts = _against("memory_bytes", row, other)
            return f"{watch.stack} needs {ratio} ({amounts})."
        case _:
            ratio = relative(watch.ratio, than=watch.other, of="CPU time", less="less")
            return f"To answer a request, {watch.stack} takes {ratio}."


def _against(metric: Metric, *rows: Row) -> str:
    unit, scale = METRICS[metric].unit, METRICS[metric].scale
    texts = (f"{figure(figure_of(row, metric), scale).text} {unit}" for row in rows)
    return " against ".join(texts)


def _doubts(summary: Summary, choice: Recommendation) -> Iterator[str]:
    if choice.kind not in {"one", "any"}:
        return
    doubts = [
        finding
        for table in summary.tables
        for finding in table.findings
        if finding.cell.stack in choice.stacks and finding.severity != "note"
    ]
    if doubts:
        stacks = {doubt.cell.stack for doubt in doubts}
        names = listed(sorted({finding.name for finding in doubts}))
        doubted = listed([name for name in choice.stacks if name in stacks])
        yield f"Doubts about {doubted}: see the notes ({names})."


def _slow_start(summary: Summary) -> Iterator[str]:
    times: dict[str, list[float]] = {}
    for life in summary.run.lives:
        times.setdefault(life.stack, []).append((life.ready_ns - life.started_ns) / NS_PER_S)
    soonest = min(
        (statistics.median(times_of_stack) for times_of_stack in times.values()), default=0.0
    )
    if soonest >= _SLOW_START_S:
        yield (
            f"Under every server it takes {soonest:.1f} s or more from the start to the first "
            f"response: most of that is the app's own."
        )
