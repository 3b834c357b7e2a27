"""What differs in how two runs were taken. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from timetrial.analysis import config_labels
from timetrial.model.redaction import without_passwords
from timetrial.model.run import Run
from timetrial.model.run_comparison import Area, Difference
from timetrial.model.suite import Benchmark, Stack
from timetrial.model.workload import Workload

ABSENT = config_labels.NONE
MEMORY_TOLERANCE = 0.05
"""Kernels keep more or less of the same memory for themselves."""
_SAME_MACHINE = frozenset({"processor", "cores", "server on CPU", "generator on CPU"})
_SAME_LOAD = frozenset({"requests", "load", "mode", "length of a window", "driver"})
_BY_CHANCE = frozenset({"threads a worker", "threads that answered"})
"""How many threads a pool has started by the time it is looked at is not of its configuration."""


def differences(a: Run, b: Run) -> tuple[Difference, ...]:
    """List what is not the same, from the machine to the packages of each stack."""
    return (*_of_machines(a, b), *_of_wholes(a, b), *_of_loads(a, b), *_of_stacks(a, b))


def not_recorded(a: Run, b: Run) -> tuple[str, ...]:
    """Say what is not compared because a run does not hold it."""
    return tuple(_lacking(a, b))


def _of_machines(a: Run, b: Run) -> Iterator[Difference]:
    mine, theirs = (
        config_labels.machine_facts(a.machine),
        config_labels.machine_facts(b.machine),
    )
    both_set_up = a.machine.settings is not None and b.machine.settings is not None
    for what, one, other in _unlike(mine, theirs, absent=config_labels.NOT_SHOWN):
        if what in mine.keys() & theirs or both_set_up:
            bars = what in _SAME_MACHINE or (what == "memory" and _memory_differs(a, b))
            yield Difference("machine", (), what, one, other, bars)


def _memory_differs(a: Run, b: Run) -> bool:
    sizes = sorted((a.machine.memory_bytes, b.machine.memory_bytes))
    return sizes[0] < sizes[1] * (1 - MEMORY_TOLERANCE)


def _of_wholes(a: Run, b: Run) -> Iterator[Difference]:
    if a.timetrial_version != b.timetrial_version:
        yield Difference("timetrial", (), "version", a.timetrial_version, b.timetrial_version)
    for what, one, other in _unlike(_suite_facts(a), _suite_facts(b)):
        yield Difference("suite", (), what, one, other)


def _suite_facts(run: Run) -> config_labels.Facts:
    suite, warm_up = run.plan.suite, run.plan.suite.warm_up
    return {
        "suite": suite.name,
        "profile": suite.profile,
        "rounds": str(suite.rounds),
        "warm-up": f"{warm_up.requests} requests, {warm_up.at_least_s:g}-{warm_up.at_most_s:g} s",
        "stacks": ", ".join(stack.name for stack in suite.stacks),
        **{
            f"service {each.name}": ", ".join(
                [each.version, *(f"{name} {value}" for name, value in each.settings.items())]
            )
            for each in suite.services
        },
    }  # fmt: skip


def _of_loads(a: Run, b: Run) -> Iterator[Difference]:
    theirs = {benchmark.name: benchmark for benchmark in b.plan.suite.benchmarks}
    pairs = ((own, theirs[own.name]) for own in a.plan.suite.benchmarks if own.name in theirs)
    found = (
        (own.name, each)
        for own, other in pairs
        for each in _unlike(_load_facts(own), _load_facts(other, own))
    )
    yield from _grouped("load", found, _SAME_LOAD)


def _load_facts(benchmark: Benchmark, before: Benchmark | None = None) -> config_labels.Facts:
    """Write down a load; one whose requests only look like those `before` says so."""
    requests = _requests(benchmark.workload)
    if before and before.workload != benchmark.workload and requests == _requests(before.workload):
        requests += ", but something else is sent along or expected"
    return {
        "requests": requests,
        "load": f"{benchmark.load}, timeout {benchmark.load.timeout_s:g} s",
        "mode": benchmark.mode,
        "length of a window": f"{benchmark.window_s * 1000:g} ms",
        "lead-in": f"{benchmark.lead_in_s * 1000:g} ms",
        "windows a round": str(benchmark.windows),
        "driver": benchmark.driver,
        "stacks in turn": ", ".join(benchmark.stacks),
    }


def _requests(workload: Workload) -> str:
    requests = [(workload.steps[places[0]], len(places)) for places in workload.distinct()]
    return ", ".join(
        (f"{times} × " if times > 1 else "")
        + f"{step.method} {' | '.join(dict.fromkeys(step.paths.values()))}"
        for step, times in requests
    )


def _of_stacks(a: Run, b: Run) -> Iterator[Difference]:
    theirs = {stack.name: stack for stack in b.plan.suite.stacks}
    found = [
        (own.name, each)
        for own in a.plan.suite.stacks
        if own.name in theirs and not own.control_of
        for each in _unlike_stacks(a, own, b, theirs[own.name])
    ]
    yield from _grouped("stack", found)


def _unlike_stacks(a: Run, own: Stack, b: Run, other: Stack) -> Iterator[tuple[str, str, str]]:
    yield from _unlike(_asked(own), _asked(other))
    yield from _unlike(_installed(a, own.name), _installed(b, own.name))
    mine, theirs = config_labels.of(a, own.name), config_labels.of(b, other.name)
    if mine is None or theirs is None:
        yield from _unlike(_python(a, own.name), _python(b, own.name))
        return
    facts = config_labels.stack_facts(mine), config_labels.stack_facts(theirs)
    for what, one, two in _unlike(*facts, absent=config_labels.NOT_SHOWN):
        if what == "command":
            yield (what, *_words_apart(one, two))
        elif what not in _BY_CHANCE:
            yield what, one, two
    for what, one, two in _unlike(config_labels.variables(mine), config_labels.variables(theirs)):
        yield f"${what}", one, two


def _asked(stack: Stack) -> config_labels.Facts:
    return {
        "server": stack.server,
        "app": stack.app,
        "asked workers": str(stack.workers),
        "asked threads": str(stack.threads),
        **{f"asked ${name}": without_passwords(value) for name, value in stack.env.items()},
    }


def _installed(run: Run, stack: str) -> config_labels.Facts:
    facts = run.facts_of(stack)
    return config_labels.packages(facts.packages) if facts else {}


def _python(run: Run, stack: str) -> config_labels.Facts:
    facts = run.facts_of(stack)
    return {"Python": facts.python} if facts else {}


def _words_apart(a: str, b: str) -> tuple[str, str]:
    """Leave out what both command lines have."""
    one, other = a.split(), b.split()
    mine = [word for word in one if word not in other]
    theirs = [word for word in other if word not in one]
    if not mine and not theirs:
        return a, b
    return " ".join(mine) or ABSENT, " ".join(theirs) or ABSENT


def _lacking(a: Run, b: Run) -> Iterator[str]:
    for run in (a, b):
        if run.machine.settings is None:
            yield f"how the machine of run {run.number} was set up"
    common = [
        stack.name for stack in a.plan.suite.stacks if _has(b, stack.name) and not stack.control_of
    ]
    for run in (a, b):
        unseen = [name for name in common if config_labels.of(run, name) is None]
        if unseen:
            verb = "was" if len(unseen) == 1 else "were"
            yield f"what {', '.join(unseen)} really {verb} in run {run.number}"


def _has(run: Run, name: str) -> bool:
    return any(stack.name == name for stack in run.plan.suite.stacks)


def _unlike(
    a: Mapping[str, str], b: Mapping[str, str], absent: str = ABSENT
) -> Iterator[tuple[str, str, str]]:
    """List what differs, in the order in which it is known; nothing where one side is empty."""
    if not a or not b:
        return
    for what in dict.fromkeys([*a, *b]):
        one, other = a.get(what, absent), b.get(what, absent)
        if one != other:
            yield what, one, other


def _grouped(
    area: Area,
    found: Iterable[tuple[str, tuple[str, str, str]]],
    barring: frozenset[str] = frozenset(),
) -> Iterator[Difference]:
    """Say once what is true of several stacks or benchmarks."""
    subjects: dict[tuple[str, str, str], list[str]] = {}
    for subject, difference in found:
        subjects.setdefault(difference, []).append(subject)
    for (what, a, b), names in subjects.items():
        yield Difference(area, tuple(names), what, a, b, what in barring)
