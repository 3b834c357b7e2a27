"""Servers whose truth is known, for the search alone: a rate goes in, a verdict comes out."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

from timetrial.features.capacity.capacity import Capacity, SearchRecord, capacity_of
from timetrial.features.capacity.plan import SearchPlan
from timetrial.features.capacity.search import Answer, Search
from timetrial.features.capacity.slo import read_slo
from timetrial.features.capacity.trial import CapacityTrial, Cause, CauseKind, PlannedTrial, Verdict
from timetrial.model.measurement import Counts

Server = Callable[[PlannedTrial], Verdict]

PLAN = SearchPlan(requests_needed=1000, start_per_s=200, highest_per_s=1e6, budget_s=600)


@dataclass(frozen=True, slots=True)
class Searched:
    """A search that is over."""

    asked: tuple[PlannedTrial, ...]
    verdicts: tuple[Verdict, ...]
    sufficed: bool
    """Whether the budget did."""
    passed_s: float
    taken: SearchRecord
    capacity: Capacity


def searched(server: Server, plan: SearchPlan = PLAN, most: int | None = None) -> Searched:
    """Search to the end, or until so many trials are taken."""
    search, passed_s = Search(plan), 0.0
    asked: list[PlannedTrial] = []
    verdicts: list[Verdict] = []
    steps, sufficed = search.steps(), False
    try:
        ask = next(steps)
        while most is None or len(asked) < most:
            asked.append(ask)
            verdicts.append(server(ask))
            if len(asked) > 1 and ask.block != asked[-2].block:
                passed_s += plan.fresh_start_s
            passed_s += plan.cost_s(ask.rate_per_s)
            ask = steps.send(Answer(verdicts[-1], passed_s))
    except StopIteration as stop:
        sufficed = stop.value
    record = SearchRecord(
        target="GET http://127.0.0.1:8000/",
        objective=read_slo("p99<100ms"),
        plan=plan,
        trials=tuple(map(scripted_trial, range(1, len(asked) + 1), asked, verdicts)),
        bracket=search.bracket,
        ending="complete" if sufficed else "budget",
        passed_s=passed_s,
        created_at="2026-01-02T03:04:05+00:00",
    )
    return Searched(
        tuple(asked), tuple(verdicts), sufficed, passed_s, record, capacity_of(record)
    )  # fmt: skip


def scripted_trial(number: int, ask: PlannedTrial, verdict: Verdict) -> CapacityTrial:
    return CapacityTrial(
        number=number,
        ask=ask,
        verdict=verdict,
        causes=() if verdict == "kept" else (Cause(CauseKind.PERCENTILE, 123e6, 0.99),),
        counts=Counts(arrivals=1000, ok=1000),
        completions=1000,
        length_s=ask.length_s,
        response_time="",
        lateness_p99_ns=0,
        generator_busy=0.1,
        connections=10,
        recovered_s=0.0,
    )


def seeded(seed: object) -> Random:
    return Random(f"{seed}")  # noqa: S311 - it simulates


def step(capacity_per_s: float) -> Server:
    """Keep everything below a rate, and nothing from there on."""
    return lambda ask: "kept" if ask.rate_per_s < capacity_per_s else "missed"


def logistic(capacity_per_s: float, width: float, random: Random, starts: float = 0.0) -> Server:
    """Keep the objective the more rarely, the higher the rate: half of the time at the capacity.

    `width` is the scale of the logistic on log rates; `starts` how much each fresh start of the
    server shifts all that is tried on it, as the standard deviation of the log.
    """
    shifts: dict[int, float] = {}

    def answer(ask: PlannedTrial) -> Verdict:
        shift = shifts.setdefault(ask.block, random.gauss(0.0, starts) if starts else 0.0)
        excess = (math.log(ask.rate_per_s / capacity_per_s) - shift) / width
        chance = 1 / (1 + math.exp(min(50.0, excess)))
        return "kept" if random.random() < chance else "missed"

    return answer


def limited(server: Server, generator_per_s: float) -> Server:
    """Void every trial from the rate on at which the load generator is at its end."""
    return lambda ask: "void" if ask.rate_per_s >= generator_per_s else server(ask)


def once_wrong(server: Server, number: int) -> Server:
    """Miss one trial, by its number, that would have been kept."""
    seen = [0]

    def answer(ask: PlannedTrial) -> Verdict:
        seen[0] += 1
        return "missed" if seen[0] == number else server(ask)

    return answer


def with_budget(budget_s: float) -> SearchPlan:
    return replace(PLAN, budget_s=budget_s)
