"""Keeps secrets out of a store: what is written has references, what is measured has the values."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from timetrial.model import (
    ANYTHING,
    Counting,
    DraftSuite,
    Expectation,
    Experiment,
    Failure,
    Machine,
    Measurement,
    Plan,
    Run,
    Stack,
    StackConfiguration,
    StackFacts,
    StackLife,
    Step,
    Workload,
    listed,
    size,
)
from timetrial.model.record_texts import with_texts
from timetrial.model.redaction import (
    HIDDEN,
    is_credential_header,
    secrets_of_fields,
    secrets_of_request,
    without_known,
    without_passwords,
    without_secret_fields,
)
from timetrial.model.secret import Place, SecretReference, salted_digest
from timetrial.store.store import Store

_SALT_BYTES = 16


@dataclass(frozen=True, slots=True)
class Origins:
    """Where the values of requests come from, as it is typed."""

    requests: str = ""
    """For example '--requests mix.jsonl'."""
    headers: frozenset[str] = frozenset()
    """Names, in small letters, of those that were given by --header."""
    expected: str = ""
    """Where correct responses are written; '' where servers were asked for them."""

    @classmethod
    def file(cls, name: str) -> Origins:
        """Say that all stands in one file."""
        return cls(requests=name, expected=name)

    def of(self, place: Place, name: str) -> str:
        if place in {"expected body", "expected template"}:
            return self.expected
        return "--header" if place == "header" and name.lower() in self.headers else self.requests


class Secrets:
    """The secrets of a run that is measured; they are in memory alone.

    It knows the stored form of each workload, and what is sent and expected for it; likewise of
    each stack.
    """

    def __init__(
        self,
        values: Iterable[str] = (),
        origins: Origins | Callable[[Workload], Origins] | None = None,
        suite_file: str = "",
    ) -> None:
        """Hide values; `origins` are those of all workloads, or of each, `suite_file` of stacks."""
        self._origins = origins or Origins()
        self._suite_file = suite_file
        self._salt = secrets.token_hex(_SALT_BYTES)
        self._values = frozenset(values)
        """Hidden in the texts of all records."""
        self._pairs: list[tuple[Workload, Workload]] = []
        """Workloads as they are stored, and as they are sent."""
        self._stacks: list[tuple[Stack, Stack]] = []
        """Stacks as they are stored, and as they are started."""

    def reference(
        self, place: Place, name: str, value: str, origin: str, shown: str = ""
    ) -> SecretReference:
        """Make a reference to a value."""
        return SecretReference(place, name, origin, salted_digest(value, self._salt), shown)

    def hidden(self, text: str) -> str:
        """Hide passwords, tokens and all secrets of the run in a text."""
        return without_passwords(without_known(text, self._values))

    def shown(self, suite: DraftSuite) -> DraftSuite:
        """Return a suite with its requests as they are stored, to compare it with others."""
        for benchmark in suite.benchmarks:
            self.learn(benchmark.workload)
        benchmarks = (replace(b, workload=self._sealed(b.workload)) for b in suite.benchmarks)
        return replace(suite, benchmarks=tuple(benchmarks))

    def resume(self, stored: Workload, sent: Workload) -> None:
        """Send this workload where that one is stored."""
        self.learn(sent)
        self._pairs.append((stored, sent))

    def resume_stack(self, stored: Stack, started: Stack) -> None:
        """Start this stack where that one is stored."""
        self._stacks.append((stored, started))

    def sealed(self, plan: Plan) -> Plan:
        """Return a plan as it is stored."""
        suite = plan.suite
        for benchmark in suite.benchmarks:  # before the first is written: they share secrets
            self.learn(benchmark.workload)
        names = tuple(_names(suite))
        self._values = frozenset(v for v in self._values if not any(v in name for name in names))
        benchmarks = tuple(replace(b, workload=self.stored(b.workload)) for b in suite.benchmarks)
        stacks = tuple(map(self._stored_stack, suite.stacks))
        texts = with_texts(replace(suite, benchmarks=(), stacks=(), secrets=()), self.hidden)
        suite = replace(texts, benchmarks=benchmarks, stacks=stacks, secrets=suite.secrets)
        return replace(plan, suite=suite)

    def stored(self, workload: Workload) -> Workload:
        """Return a workload as it is stored."""
        known = next((stored for stored, sent in self._pairs if sent == workload), None)
        if known is None:
            known = self._sealed(workload)
            self._pairs.append((known, workload))
        return known

    def opened(self, plan: Plan) -> Plan:
        """Return a stored plan with what is sent and expected."""
        benchmarks = tuple(
            replace(benchmark, workload=self._sent(benchmark.workload))
            for benchmark in plan.suite.benchmarks
        )
        stacks = tuple(map(self._started, plan.suite.stacks))
        return replace(plan, suite=replace(plan.suite, benchmarks=benchmarks, stacks=stacks))

    def learn(self, workload: Workload) -> None:
        """Hide the secrets of requests, and of the fields of their answers."""
        for step in workload.steps:
            for path in step.paths.values():
                self._values |= secrets_of_request(step.headers.items(), path)
            for text in (step.body, step.expect.body, step.expect.body_template):
                self._values |= secrets_of_fields(text or "")

    def _sent(self, workload: Workload) -> Workload:
        return next((sent for stored, sent in self._pairs if stored == workload), workload)

    def _started(self, stack: Stack) -> Stack:
        return next((started for stored, started in self._stacks if stored == stack), stack)

    def _stored_stack(self, stack: Stack) -> Stack:
        stored = with_texts(stack, self.hidden)
        references = (
            self.reference("variable", name, value, self._suite_file)
            for name, value in stack.env.items()
            if stored.env[name] != value
        )
        stored = replace(stored, secrets=tuple(references))
        self._stacks.append((stored, stack))
        return stored

    def _sealed(self, workload: Workload) -> Workload:
        origins = self._origins(workload) if callable(self._origins) else self._origins
        return replace(
            workload,
            name=self.hidden(workload.name),
            steps=tuple(self._stored_step(step, origins) for step in workload.steps),
            echo_paths={name: self.hidden(path) for name, path in workload.echo_paths.items()},
        )

    def _stored_step(self, step: Step, origins: Origins) -> Step:
        expect, answers = self._stored_answer(step.expect, origins)

        def reference(place: Place, name: str, value: str) -> SecretReference:
            return self.reference(place, name, value, origins.of(place, name))

        headers = {
            name: HIDDEN if is_credential_header(name) else self.hidden(value)
            for name, value in step.headers.items()
        }
        paths = {interface: self.hidden(path) for interface, path in step.paths.items()}
        body = self.hidden(without_secret_fields(step.body))
        references = [
            *(
                reference("path", interface, path)
                for interface, path in step.paths.items()
                if paths[interface] != path
            ),
            *(
                reference("header", name, value)
                for name, value in step.headers.items()
                if headers[name] != value
            ),
            *([reference("body", "", step.body)] if body != step.body else ()),
            *answers,
        ]
        return replace(
            step,
            paths=paths,
            expect=expect,
            headers=headers,
            body=body,
            name=self.hidden(step.name),
            secrets=tuple(references),
        )

    def _stored_answer(
        self, expect: Expectation, origins: Origins
    ) -> tuple[Expectation, list[SecretReference]]:
        """Keep status and length of an expected body, and a digest in its place."""
        if expect.body:
            length = len(expect.body.encode())
            kept = replace(expect, body=None, body_bytes=length)
            return kept, [
                self.reference(
                    "expected body", "", expect.body, origins.expected, shown=size(length)
                )
            ]
        if expect.body_template:
            sizes = [size(len(part.encode())) for part in expect.body_template.split(ANYTHING)]
            shown = f"the same in {listed(sizes)}, with anything between"
            kept = replace(expect, body_template=None)
            template = expect.body_template
            return kept, [
                self.reference("expected template", "", template, origins.expected, shown=shown)
            ]
        return expect, []


class SecretStore(Store):
    """A store while a run is measured: texts are written without secrets, plans are read with them.

    Plain stores read the same runs with references in the place of secrets.
    """

    def __init__(self, store: Store, held: Secrets) -> None:
        super().__init__(store._engine)  # noqa: SLF001 - it is a store itself
        self._held = held

    def beside(self, store: Store) -> SecretStore:
        """Return another store with the same secrets."""
        return SecretStore(store, self._held)

    def create_run(
        self,
        plan: Plan,
        machine: Machine,
        facts: Sequence[StackFacts],
        version: str,
        created_at: str,
    ) -> int:
        return super().create_run(self._held.sealed(plan), machine, facts, version, created_at)

    def add_trial(self, run: int, measurement: Measurement) -> None:
        line = self._held.hidden(measurement.log_line)
        super().add_trial(run, replace(measurement, log_line=line))

    def add_failure(self, run: int, failure: Failure) -> None:
        super().add_failure(run, with_texts(failure, self._held.hidden))

    def add_life(self, run: int, life: StackLife) -> None:
        super().add_life(run, with_texts(life, self._held.hidden))

    def add_experiment(self, run: int, experiment: Experiment) -> None:
        super().add_experiment(run, with_texts(experiment, self._held.hidden))

    def add_counting(self, run: int, counting: Counting) -> None:
        super().add_counting(run, with_texts(counting, self._held.hidden))

    def add_configuration(self, run: int, configuration: StackConfiguration) -> None:
        super().add_configuration(run, with_texts(configuration, self._held.hidden))

    def load(self, number: int | Literal["latest"]) -> Run:
        run = super().load(number)
        return replace(run, plan=self._held.opened(run.plan))


def _names(suite: DraftSuite) -> Iterator[str]:
    """List what other records refer to: it is never changed."""
    yield suite.name
    yield from (stack.name for stack in suite.stacks)
    yield from (benchmark.name for benchmark in suite.benchmarks)
    yield from (service.name for service in suite.services)
    for stack in suite.stacks:
        yield from (stack.server, stack.app)
    if suite.race_info is not None:
        yield from (excluded.server for excluded in suite.race_info.excluded_servers)
