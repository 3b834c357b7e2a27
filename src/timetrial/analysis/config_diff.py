"""Differences between the configurations of two runs. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from timetrial.analysis import config_labels
from timetrial.model import (
    Area,
    Benchmark,
    Difference,
    Expectation,
    Run,
    Stack,
    Step,
    Workload,
)
from timetrial.model.redaction import (
    HIDDEN,
    is_secret_variable,
    without_credentials,
    without_passwords,
    without_secret_fields,
)

ABSENT = config_labels.NONE
MEMORY_TOLERANCE = 0.05
"""Kernels reserve different amounts of the same memory."""
_SAME_MACHINE = frozenset({"processor", "cores", "server on CPU", "generator on CPU"})
_SAME_LOAD = frozenset({"requests", "load", "mode", "length of a window", "driver"})
_BY_CHANCE = frozenset({"threads a worker", "threads that answered"})
"""The number of threads that a pool has started so far is no part of its configuration."""


def differences(a: Run, b: Run) -> tuple[Difference, ...]:
    """List the differences, from the machine to the packages of each stack."""
    return (*_of_machines(a, b), *_of_wholes(a, b), *_of_loads(a, b), *_of_stacks(a, b))


def not_recorded(a: Run, b: Run) -> tuple[str, ...]:
    """List what is not compared because a run has not recorded it."""
    return tuple(_lacking(a, b))


def _of_machines(a: Run, b: Run) -> Iterator[Difference]:
    facts_a, facts_b = (config_labels.machine_facts(run.machine) for run in (a, b))
    both_set_up = a.machine.settings is not None and b.machine.settings is not None
    for what, value_a, value_b in _unlike(facts_a, facts_b, absent=config_labels.NOT_SHOWN):
        if what in facts_a.keys() & facts_b or both_set_up:
            bars = what in _SAME_MACHINE or (what == "memory" and _memory_differs(a, b))
            yield Difference("machine", (), what, value_a, value_b, bars)


def _memory_differs(a: Run, b: Run) -> bool:
    sizes = sorted((a.machine.memory_bytes, b.machine.memory_bytes))
    return sizes[0] < sizes[1] * (1 - MEMORY_TOLERANCE)


def _of_wholes(a: Run, b: Run) -> Iterator[Difference]:
    if a.timetrial_version != b.timetrial_version:
        yield Difference("timetrial", (), "version", a.timetrial_version, b.timetrial_version)
    for difference in _unlike(_suite_facts(a), _suite_facts(b)):
        yield Difference("suite", (), *difference)


def _suite_facts(run: Run) -> config_labels.Facts:
    suite, warm_up = run.plan.suite, run.plan.suite.warm_up
    return {
        "suite": suite.name,
        "profile": suite.profile,
        "rounds": str(suite.planned_rounds),
        "warm-up": f"{warm_up.requests} requests, {warm_up.at_least_s:g}-{warm_up.at_most_s:g} s",
        "stacks": ", ".join(stack.name for stack in suite.stacks),
        **{
            f"service {service.name}": ", ".join(
                [service.version, *(f"{name} {value}" for name, value in service.settings.items())]
            )
            for service in suite.services
        },
    }  # fmt: skip


def _of_loads(a: Run, b: Run) -> Iterator[Difference]:
    in_b = {benchmark.name: benchmark for benchmark in b.plan.suite.benchmarks}
    differences_by_name = (
        (before.name, difference)
        for before in a.plan.suite.benchmarks
        if before.name in in_b
        for difference in _unlike(_load_facts(before), _load_facts(in_b[before.name], before))
    )
    yield from _grouped("load", differences_by_name, _SAME_LOAD)


def _load_facts(benchmark: Benchmark, before: Benchmark | None = None) -> config_labels.Facts:
    """Label a load; mark one whose requests differ from `before` in other than method and path."""
    requests = _requests(benchmark.workload)
    if (
        before
        and requests == _requests(before.workload)
        and _comparable(before.workload, benchmark.workload)
        != _comparable(benchmark.workload, before.workload)
    ):
        requests += ", but something else is sent along or expected"
    return {
        "requests": requests,
        "load": f"{benchmark.load_text}, timeout {benchmark.load.timeout_s:g} s",
        "mode": benchmark.mode,
        "length of a window": f"{benchmark.window_s * 1000:g} ms",
        "lead-in": f"{benchmark.lead_in_s * 1000:g} ms",
        "windows a round": str(benchmark.windows),
        "driver": benchmark.driver,
        "stacks in turn": ", ".join(benchmark.stacks),
    }


def _comparable(workload: Workload, other: Workload) -> Workload:
    """Leave out what stands in a run with references alone: their salts differ from run to run."""
    if not any(step.secrets for step in (*workload.steps, *other.steps)):
        return workload
    steps = tuple(map(_without_secrets, workload.steps))
    return replace(workload, name=without_passwords(workload.name), steps=steps)


def _without_secrets(step: Step) -> Step:
    expect = step.expect
    length = expect.body_bytes if expect.body is None else len(expect.body.encode())
    return replace(
        step,
        paths={interface: without_passwords(path) for interface, path in step.paths.items()},
        expect=Expectation(expect.status, body_bytes=length),
        headers=dict(without_credentials(step.headers.items())),
        body=without_secret_fields(step.body),
        secrets=(),
    )


def _requests(workload: Workload) -> str:
    requests = [(workload.steps[places[0]], len(places)) for places in workload.distinct()]
    return ", ".join(
        (f"{times} × " if times > 1 else "") + replace(step, name="").label
        for step, times in requests
    )


def _of_stacks(a: Run, b: Run) -> Iterator[Difference]:
    in_b = {stack.name: stack for stack in b.plan.suite.stacks}
    differences_by_name = (
        (stack.name, difference)
        for stack in a.plan.suite.stacks
        if stack.name in in_b and not stack.control_of
        for difference in _unlike_stacks(a, stack, b, in_b[stack.name])
    )
    yield from _grouped("stack", differences_by_name)


def _unlike_stacks(a: Run, before: Stack, b: Run, after: Stack) -> Iterator[tuple[str, str, str]]:
    name = before.name
    yield from _unlike(_declared(before), _declared(after))
    yield from _unlike(_installed(a, name), _installed(b, name))
    config_a, config_b = config_labels.of(a, name), config_labels.of(b, name)
    if config_a is None or config_b is None:
        yield from _unlike(_python(a, name), _python(b, name))
        return
    facts = config_labels.stack_facts(config_a), config_labels.stack_facts(config_b)
    for what, value_a, value_b in _unlike(*facts, absent=config_labels.NOT_SHOWN):
        if what == "command":
            yield (what, *_different_words(value_a, value_b))
        elif what not in _BY_CHANCE:
            yield what, value_a, value_b
    variables = config_labels.variables(config_a), config_labels.variables(config_b)
    yield from ((f"${what}", value_a, value_b) for what, value_a, value_b in _unlike(*variables))


def _declared(stack: Stack) -> config_labels.Facts:
    return {
        "server": stack.server,
        "app": stack.app,
        "asked workers": str(stack.workers),
        "asked threads": str(stack.threads),
        **{
            f"asked ${name}": HIDDEN if is_secret_variable(name) else without_passwords(value)
            for name, value in stack.env.items()
        },
    }


def _installed(run: Run, stack: str) -> config_labels.Facts:
    facts = run.facts_of(stack)
    return config_labels.packages(facts.packages) if facts else {}


def _python(run: Run, stack: str) -> config_labels.Facts:
    facts = run.facts_of(stack)
    return {"Python": facts.python} if facts else {}


def _different_words(a: str, b: str) -> tuple[str, str]:
    """Leave out the words that both command lines contain."""
    words_a, words_b = a.split(), b.split()
    only_a = " ".join(word for word in words_a if word not in words_b)
    only_b = " ".join(word for word in words_b if word not in words_a)
    return (only_a or ABSENT, only_b or ABSENT) if only_a or only_b else (a, b)


def _lacking(a: Run, b: Run) -> Iterator[str]:
    for run in (a, b):
        if run.machine.settings is None:
            yield f"how the machine of run {run.number} was set up"
    in_b = {stack.name for stack in b.plan.suite.stacks}
    common = [
        stack.name for stack in a.plan.suite.stacks if stack.name in in_b and not stack.control_of
    ]
    for run in (a, b):
        unseen = [name for name in common if config_labels.of(run, name) is None]
        if unseen:
            verb = "was" if len(unseen) == 1 else "were"
            yield f"what {', '.join(unseen)} really {verb} in run {run.number}"


def _unlike(
    a: Mapping[str, str], b: Mapping[str, str], absent: str = ABSENT
) -> Iterator[tuple[str, str, str]]:
    """List the differences in the order of labels; none where one side is empty."""
    if not a or not b:
        return
    for what in dict.fromkeys([*a, *b]):
        values = a.get(what, absent), b.get(what, absent)
        if values[0] != values[1]:
            yield (what, *values)


def _grouped(
    area: Area,
    by_subject: Iterable[tuple[str, tuple[str, str, str]]],
    barring: frozenset[str] = frozenset(),
) -> Iterator[Difference]:
    """Merge equal differences of several stacks or benchmarks."""
    subjects: dict[tuple[str, str, str], list[str]] = {}
    for subject, difference in by_subject:
        subjects.setdefault(difference, []).append(subject)
    for (what, a, b), names in subjects.items():
        yield Difference(area, tuple(names), what, a, b, what in barring)
