"""A suite with only some of its stacks and benchmarks."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence

from timetrial.catalog.registry import Catalog
from timetrial.catalog.services import needed_services
from timetrial.model.errors import BadInput, UnknownName
from timetrial.model.suite import Suite


def narrowed(suite: Suite, catalog: Catalog, servers: str | None, benchmarks: str | None) -> Suite:
    """Leave in what `--servers` and `--benchmarks` name (commas between), and what that needs."""
    stacks = [stack.name for stack in suite.stacks]
    wanted = None if servers is None else _names("stack", servers, suite, stacks)
    if benchmarks is not None:
        known = [benchmark.name for benchmark in suite.benchmarks]
        suite = _with_benchmarks(suite, _names("benchmark", benchmarks, suite, known))
    if wanted is not None:
        _check_all_take_part(wanted, suite)
        suite = _with_stacks(suite, wanted)
    if servers is not None or benchmarks is not None:
        suite = _with_needed_services(suite, catalog)
    return suite


_OPTIONS = {"benchmark": "--benchmarks", "stack": "--servers"}


def _names(kind: str, given: str, suite: Suite, known: Sequence[str]) -> list[str]:
    names = [part.strip() for part in given.split(",") if part.strip()]
    for name in names:
        if name not in known:
            raise UnknownName(f"{kind} in {_described(suite)}", name, known)
    if not names:
        option = _OPTIONS[kind]
        raise BadInput(f"{option} names none; {_described(suite)} has {', '.join(known)}")
    return names


def _described(suite: Suite) -> str:
    return f"suite {suite.name!r}"


def _check_all_take_part(servers: Sequence[str], suite: Suite) -> None:
    busy = {stack.name for stack in suite.stacks}
    for name in servers:
        if name not in busy:
            asked = ", ".join(repr(benchmark.name) for benchmark in suite.benchmarks)
            raise BadInput(
                f"{name!r} takes part in none of the benchmarks that --benchmarks names: {asked}"
            )


def _with_benchmarks(suite: Suite, names: Iterable[str]) -> Suite:
    """Leave only the named benchmarks in, and the stacks that take part in one of them."""
    benchmarks = tuple(benchmark for benchmark in suite.benchmarks if benchmark.name in set(names))
    busy = {stack for benchmark in benchmarks for stack in benchmark.stacks}
    stacks = tuple(stack for stack in suite.stacks if stack.name in busy)
    return dataclasses.replace(suite, stacks=stacks, benchmarks=benchmarks)


def _with_stacks(suite: Suite, names: Sequence[str]) -> Suite:
    """Leave only the named stacks in, and the benchmarks in which one of them takes part."""
    benchmarks = (
        dataclasses.replace(
            benchmark, stacks=tuple(stack for stack in benchmark.stacks if stack in names)
        )
        for benchmark in suite.benchmarks
    )
    return dataclasses.replace(
        suite,
        stacks=tuple(stack for stack in suite.stacks if stack.name in names),
        benchmarks=tuple(benchmark for benchmark in benchmarks if benchmark.stacks),
    )


def _with_needed_services(suite: Suite, catalog: Catalog) -> Suite:
    apps = [catalog.app(stack.app) for stack in suite.stacks]
    needed = needed_services(apps, [benchmark.workload for benchmark in suite.benchmarks])
    services = tuple(service for service in suite.services if service.name in needed)
    return dataclasses.replace(suite, services=services)
