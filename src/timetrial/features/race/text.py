"""The recommendation of a race, in plain words: which server, why, and what to watch."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from timetrial.analysis.recommendation import Basis, Recommendation, Shortcoming, Unfit
from timetrial.features.race import per_core_text, verdict_text
from timetrial.model import (
    METRICS,
    NS_PER_S,
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
from timetrial.reports.verdict_line import named
from timetrial.reports.workload_text import what_is_asked

_SLOW_START_S = 3.0


@dataclass(frozen=True, slots=True)
class Advice:
    """The recommendation in words."""

    verdict: str
    """What to take and why, in few sentences."""
    but: str
    """What could make a reader take another server; '' for nothing."""
    more: tuple[str, ...]
    """What stands in no table, in paragraphs."""

    @property
    def paragraphs(self) -> tuple[str, ...]:
        return tuple(filter(None, (self.verdict, self.but, *self.more)))


def advice(summary: Summary, choice: Recommendation) -> Advice:
    """Write the recommendation.

    Of several servers only the details say what is to be watched: of each the table shows it.
    """
    race_info = summary.run.plan.suite.race_info
    assert race_info is not None  # noqa: S101 - there is a choice only then
    capacity = next(t for t in summary.tables if t.benchmark.name == race_info.capacity)
    buts = list(_against(choice))
    watched = " ".join(_to_watch(summary, choice))
    if choice.kind == "one":
        buts.append(watched)
    but, *others = [*filter(None, buts), ""]
    if choice.kind == "any":
        others += [_ahead_of_the_rest(capacity, choice), watched]
    others += _doubts(summary, choice)
    for excluded in choice.excluded:
        said = "Not judged" if excluded.disturbed else "Excluded"
        others.append(f"{said}: {excluded.stack}, {excluded.why}.")
    others += _slow_start(summary)
    sentences = " ".join(verdict_text.verdict(capacity, choice))
    return Advice(sentences, but, tuple(filter(None, others)))


def excluded_text(excluded_servers: Sequence[ExcludedServer]) -> Iterator[str]:
    """Name the servers that did not take part, a sentence for each reason."""
    by_reason: dict[str, list[str]] = {}
    for excluded in excluded_servers:
        by_reason.setdefault(excluded.why, []).append(excluded.server)
    for why, names in by_reason.items():
        yield f"{named(names)}: {why}."


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
    load, cpu = benchmark.load_text, summary.run.machine.cpu_model
    here = f"This holds for {load} on {asked}, {app}, {cpu}."
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


def _against(choice: Recommendation) -> Iterator[str]:
    if choice.better_unfit is not None:
        yield _better_unfit(choice.basis, choice.stacks[0], choice.better_unfit)
    if choice.contradiction is not None:
        yield per_core_text.contradiction(choice.contradiction)


def _ahead_of_the_rest(capacity: Table, choice: Recommendation) -> str:
    if not choice.behind:
        return ""
    ahead = verdict_text.ahead(capacity, choice)
    return f"Of them, {choice.stacks[0]} has the best figure: {ahead}"


def _better_unfit(basis: Basis, than: str, unfit: Unfit) -> str:
    if basis == "throughput":
        lead = f"answers {relative(unfit.lead, than=than, of='requests a second')}"
    else:
        lead = f"takes {relative(unfit.lead, than=than, of='CPU time', less='less')}"
    return (
        f"{unfit.stack} {lead}. It is not recommended for production: {unfit.why} (--any "
        f"recommends among all)."
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
            times = _side_by_side("p99_ns", row, other)
            said = f"At {rate}, {watch.stack} takes {ratio} at p99 ({times})."
            if alone:
                said += f" Where slow responses matter more than capacity, take {watch.other}."
            return said
        case "memory_bytes":
            ratio = relative(watch.ratio, than=watch.other, of="memory", less="less")
            amounts = _side_by_side("memory_bytes", row, other)
            return f"{watch.stack} needs {ratio} ({amounts})."
        case _:
            ratio = relative(watch.ratio, than=watch.other, of="CPU time", less="less")
            return f"To answer a request, {watch.stack} takes {ratio}."


def _side_by_side(metric: Metric, *rows: Row) -> str:
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
