"""A selection of a suite's stacks and benchmarks."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from timetrial.catalog.registry import Catalog
from timetrial.catalog.services import needed_services
from timetrial.model import BadInput, DraftSuite, UnknownName


def narrowed(
    suite: DraftSuite, catalog: Catalog, servers: str | None, benchmarks: str | None
) -> DraftSuite:
    """Keep what `--servers` and `--benchmarks` name (comma-separated), with its services."""
    stacks = [stack.name for stack in suite.stacks]
    named = None if servers is None else _names("stack", servers, suite, stacks)
    if benchmarks is not None:
        known = [benchmark.name for benchmark in suite.benchmarks]
        chosen = _names("benchmark", benchmarks, suite, known)
        suite = suite.holding(tuple(b for b in suite.benchmarks if b.name in chosen))
    if named is not None:
        _check_all_take_part(named, suite)
        suite = suite.only(named)
    if servers is not None or benchmarks is not None:
        suite = _with_needed_services(suite, catalog)
    return suite


_OPTIONS = {"benchmark": "--benchmarks", "stack": "--servers"}


def _names(kind: str, given: str, suite: DraftSuite, known: Sequence[str]) -> list[str]:
    names = [part.strip() for part in given.split(",") if part.strip()]
    for name in names:
        if name not in known:
            raise UnknownName(f"{kind} in {_described(suite)}", name, known)
    if not names:
        option = _OPTIONS[kind]
        raise BadInput(f"{option} names none; {_described(suite)} has {', '.join(known)}")
    return names


def _described(suite: DraftSuite) -> str:
    return f"suite {suite.name!r}"


def _check_all_take_part(servers: Sequence[str], suite: DraftSuite) -> None:
    taking_part = {stack.name for stack in suite.stacks}
    for name in servers:
        if name not in taking_part:
            named = ", ".join(repr(benchmark.name) for benchmark in suite.benchmarks)
            raise BadInput(
                f"{name!r} takes part in none of the benchmarks that --benchmarks names: {named}"
            )


def _with_needed_services(suite: DraftSuite, catalog: Catalog) -> DraftSuite:
    apps = [catalog.app(stack.app) for stack in suite.stacks]
    needed = needed_services(apps, [benchmark.workload for benchmark in suite.benchmarks])
    services = tuple(service for service in suite.services if service.name in needed)
    return dataclasses.replace(suite, services=services)
