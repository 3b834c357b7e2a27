"""The verdict of a race in at most three sentences: what to take, why, and what to do next."""

from __future__ import annotations

from collections.abc import Iterator

from timetrial.analysis.recommendation import UNDECIDED_FROM, Basis, Recommendation
from timetrial.analysis.statistics.comparisons import ROUNDS_FOR_VERDICT
from timetrial.features.race import per_core_text
from timetrial.model import METRICS, Estimate, Table, counted
from timetrial.reports.figures import figure
from timetrial.reports.ratios import relative
from timetrial.reports.verdict_line import named
from timetrial.reports.verdicts import percent


def verdict(capacity: Table, choice: Recommendation) -> Iterator[str]:
    """Write the sentences of the verdict."""
    match choice.kind:
        case "none":
            yield from _none(choice)
        case "undecided":
            yield from _undecided(capacity, choice)
        case "one" if choice.behind:
            yield f"Take {choice.stacks[0]}: {ahead(capacity, choice)}"
            yield from _why_not_throughput(capacity, choice)
        case "one":
            yield _alone(choice)
        case "any":
            yield from _any_of(capacity, choice)


def ahead(capacity: Table, choice: Recommendation) -> str:
    """Say how far the first is ahead of the best one that differs significantly from it."""
    assert choice.lead is not None  # noqa: S101 - it has one where another is behind
    match choice.basis:
        case "throughput":
            margin = relative(choice.lead, than=choice.behind, of="requests a second")
            return f"with {capacity.benchmark.load_text} it answers {margin}, the next."
        case "capacity_per_core":
            margin = relative(choice.lead, than=choice.behind, of=per_core_text.AMOUNT)
            return f"it answers {margin}, the next."
        case "cpu_s_per_1000":
            of = METRICS[choice.basis].phrase.amount
            margin = relative(choice.lead, than=choice.behind, of=of, less="less")
            return f"it takes {margin}, the next."


def _any_of(capacity: Table, choice: Recommendation) -> Iterator[str]:
    within = choice.max_difference
    could_be = "" if within is None else f" (at most {percent(within)})"
    difference = f"no detectable difference in {_label(choice.basis)}{could_be}"
    yield f"{named(choice.stacks)}: {difference}."
    yield from _why_not_throughput(capacity, choice)
    if within is not None and within > UNDECIDED_FROM:
        yield "Race longer (--budget), or take the one that you know."
    else:
        which = "Either" if len(choice.stacks) == 2 else "Any"  # noqa: PLR2004 - a pair
        yield f"{which} of them will do: take the one that you know."


def _label(basis: Basis) -> str:
    return per_core_text.LABEL if basis == "capacity_per_core" else METRICS[basis].label


def _why_not_throughput(capacity: Table, choice: Recommendation) -> Iterator[str]:
    match choice.basis:
        case "throughput":
            return
        case "capacity_per_core":
            yield per_core_text.why(choice)
        case "cpu_s_per_1000":
            rows = [row for row in capacity.rows if row.stack.name in choice.stacks]
            if any(row.validity.bound_by_client for row in rows):
                load = capacity.benchmark.load
                yield f"Throughput does not decide: the load ({load}) was the limit."
            else:
                yield "Throughput does not decide: the load was the limit (see the notes)."


def _alone(choice: Recommendation) -> str:
    """Recommend the only server that has sound figures."""
    (best,) = choice.stacks
    if not choice.excluded:
        return f"{best} raced alone: how it compares with others is not known."
    return (
        f"Only {best} has sound figures, so there is nothing to compare it with. Race again when "
        f"nothing else runs, or see below why the others were excluded."
    )


def _none(choice: Recommendation) -> Iterator[str]:
    yield "Every server failed or was excluded."
    if len(choice.excluded) > 1 and len({excluded.why for excluded in choice.excluded}) == 1:
        yield "All failed for the same reason: look in the app first."


def _undecided(capacity: Table, choice: Recommendation) -> Iterator[str]:
    if any(excluded.disturbed for excluded in choice.excluded):
        yield "The machine was disturbed: race again when nothing else runs."
    elif choice.rounds < ROUNDS_FOR_VERDICT:
        there = f"{choice.rounds} {'is' if choice.rounds == 1 else 'are'} there"
        yield f"A verdict takes {counted(ROUNDS_FOR_VERDICT, 'round')}, {there}."
    else:
        yield "These servers were not compared to the end."
    figures = {row.stack.name: row.throughput for row in capacity.rows}
    best = figures[choice.stacks[0]] if choice.stacks else None
    if isinstance(best, Estimate) and choice.basis == "throughput":
        yield f"Highest so far: {choice.stacks[0]}, {figure(best).text} requests a second."
