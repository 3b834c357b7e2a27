"""Records to and from JSON, validated against their types when they are read."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from timetrial.model import (
    CountedStack,
    Counting,
    DroppedStack,
    Experiment,
    Failure,
    Machine,
    Measurement,
    Plan,
    RunDigest,
    StackConfiguration,
    StackFacts,
    StackLife,
    StopDecision,
    StoreError,
    UncountedStack,
    is_plain,
)
from timetrial.store import plausible, upgrades
from timetrial.store.invalid import first_problem

if TYPE_CHECKING:
    from pydantic import TypeAdapter, ValidationError

PAYLOAD_VERSION = 4

T = TypeVar("T")


class Payload(Generic[T]):
    """One kind of record."""

    def __init__(
        self,
        kind: str,
        of: Any,  # noqa: ANN401 - any type expression
        upgrade: upgrades.Upgrade | None = None,
        names: Callable[[T], Iterable[str]] = lambda _record: (),
        problem: Callable[[T], str | None] = lambda _record: None,
    ) -> None:
        self._kind = kind
        self._upgrade = upgrade
        self._of = of
        self._names = names
        """Of what other records refer to."""
        self._problem = problem
        """What in a record cannot be, although its types allow it."""

    @cached_property
    def _adapter(self) -> TypeAdapter[T]:
        # Built on demand, because each takes some milliseconds and a verb needs few of them.
        adapter: TypeAdapter[T] = import_module("pydantic").TypeAdapter(self._of)
        return adapter

    def write(self, record: T) -> str:
        return self._adapter.dump_json(record).decode()

    def read(self, text: str, version: int) -> T:
        if version > PAYLOAD_VERSION:
            raise StoreError(
                f"the store holds a {self._kind} in format {version}, written by a newer "
                f"Timetrial; this one reads up to format {PAYLOAD_VERSION}"
            )
        try:
            if version < PAYLOAD_VERSION and self._upgrade is not None:
                text = json.dumps(self._upgrade(json.loads(text), version))
            record = self._adapter.validate_json(text)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            if isinstance(error, import_module("pydantic").ValidationError):
                raise self._damaged(error, text) from error
            raise StoreError(
                f"the store holds a damaged {self._kind}: it cannot be read as format {version}"
            ) from error
        for name in self._names(record):
            if not is_plain(name):
                raise StoreError(
                    f"the store holds a damaged {self._kind}: the name {name!r} has control "
                    "characters"
                )
        if problem := self._problem(record):
            raise StoreError(f"the store holds a damaged {self._kind}: {problem}")
        return record

    def _damaged(self, error: ValidationError, text: str) -> StoreError:
        place, problem = first_problem(error, text)
        return StoreError(f"the store holds a damaged {self._kind}: {place} {problem}")


def _names_in_plan(plan: Plan) -> Iterator[str]:
    suite = plan.suite
    yield suite.name
    yield from (stack.name for stack in suite.stacks)
    yield from (service.name for service in suite.services)
    for benchmark in suite.benchmarks:
        yield benchmark.name
        yield from (step.name for step in benchmark.workload.steps)


def _names_in_experiment(experiment: Experiment | Counting) -> tuple[str, ...]:
    if isinstance(experiment, (CountedStack, UncountedStack)):
        return (experiment.stack, experiment.benchmark)
    return (experiment.occasion.stack,)


PLAN: Payload[Plan] = Payload(
    "plan", Plan, upgrades.plan, _names_in_plan, plausible.problem_of_plan
)
MACHINE: Payload[Machine] = Payload("machine", Machine, upgrades.machine)
FACTS: Payload[tuple[StackFacts, ...]] = Payload(
    "list of packages", tuple[StackFacts, ...], names=lambda facts: (fact.stack for fact in facts)
)
MEASUREMENT: Payload[Measurement] = Payload(
    "measurement",
    Measurement,
    upgrades.benchmarks_named,
    names=lambda measurement: (measurement.trial.cell.benchmark, measurement.trial.cell.stack),
    problem=plausible.problem_of_measurement,
)
FAILURE: Payload[Failure] = Payload(
    "failure",
    Failure,
    upgrades.benchmarks_named,
    names=lambda failure: (failure.stack, failure.benchmark or ""),
)
CONFIGURATION: Payload[StackConfiguration] = Payload(
    "configuration of a stack",
    StackConfiguration,
    upgrades.configuration,
    names=lambda configuration: (configuration.stack,),
)
LIFE: Payload[StackLife] = Payload(
    "life of a stack",
    StackLife,
    upgrades.benchmarks_named,
    names=lambda life: (life.stack, *(series.benchmark for series in life.warm_up)),
    problem=plausible.problem_of_life,
)
STOP: Payload[StopDecision | DroppedStack] = Payload(
    "decision to stop",
    StopDecision | DroppedStack,
    upgrades.benchmarks_named,
    names=lambda stop: (stop.benchmark, getattr(stop, "stack", "")),
)
"""For all stacks of a benchmark, or for one."""
DIGEST: Payload[RunDigest] = Payload("digest of a run", RunDigest, upgrades.benchmarks_named)
EXPERIMENT: Payload[Experiment | Counting] = Payload(
    "experiment on a stack",
    Experiment | Counting,
    upgrades.experiment,
    names=_names_in_experiment,
    problem=plausible.problem_of_experiment,
)
"""On its life cycle; or a start of it that was counted."""
