"""From the manifest of a suite to the suite; and whether all that it names is there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from timetrial.catalog.registry import App, Catalog, Server
from timetrial.catalog.schema import ContestManifest, StackManifest, SuiteManifest
from timetrial.catalog.services import check_settings, needed_services, with_settings
from timetrial.errors import ManifestError, UnknownName
from timetrial.load import ClosedLoad
from timetrial.service import Service
from timetrial.suite import Contest, Stack, Suite, WarmUp
from timetrial.workload import Interface


def build_suite(manifest: SuiteManifest, catalog: Catalog) -> Suite:
    """Fill in what the manifest leaves to its servers and its app."""
    stacks = tuple(
        _stack(wanted, manifest, catalog.server(wanted.server)) for wanted in manifest.all_stacks()
    )
    return Suite(
        name=manifest.name,
        title=manifest.title,
        stacks=stacks,
        contests=tuple(_contest(wanted, manifest, catalog, stacks) for wanted in manifest.contests),
        rounds=manifest.rounds,
        warm_up=WarmUp(**manifest.warm_up.model_dump()),
        services=_services(manifest, catalog),
    )


def check_references(file: Path, manifest: SuiteManifest, catalog: Catalog) -> None:
    """Raise ManifestError for the first name that nothing stands behind, or that comes twice."""
    with _naming(file, "app"):
        catalog.app(manifest.app)
    stacks = _keyed_stacks(manifest)
    contests = [(f"contests[{index}]", each) for index, each in enumerate(manifest.contests)]
    if not stacks:
        raise ManifestError(file, "servers", "this key is missing, and there are no stacks either")
    for key, stack in stacks:
        _check_stack(file, key, stack, catalog.app(manifest.app), catalog)
    suite_speaks = {catalog.server(stack.server).interface for _, stack in stacks}
    for key, contest in contests:
        _check_contest(file, key, contest, catalog.app(manifest.app), suite_speaks)
    check_settings(file, manifest.services, _needed(manifest, catalog), catalog)
    _check_unique(file, [(key, stack.stack) for key, stack in stacks])
    _check_unique(file, [(key, contest.contest) for key, contest in contests])


def _services(manifest: SuiteManifest, catalog: Catalog) -> tuple[Service, ...]:
    needed = _needed(manifest, catalog)
    return tuple(with_settings(name, manifest.services, catalog) for name in needed)


def _needed(manifest: SuiteManifest, catalog: Catalog) -> tuple[str, ...]:
    app = catalog.app(manifest.app)
    return needed_services(app, (app.workload(each.workload) for each in manifest.contests))


def _stack(wanted: StackManifest, manifest: SuiteManifest, server: Server) -> Stack:
    return Stack(
        name=wanted.stack,
        server=server.name,
        app=manifest.app,
        interface=server.interface,
        workers=server.workers.clamp(wanted.workers or manifest.workers),
        threads=server.threads.clamp(wanted.threads or manifest.threads),
    )


def _contest(
    wanted: ContestManifest, manifest: SuiteManifest, catalog: Catalog, stacks: tuple[Stack, ...]
) -> Contest:
    workload = catalog.app(manifest.app).workload(wanted.workload)
    return Contest(
        name=wanted.contest,
        workload=workload,
        load=ClosedLoad(wanted.connections, wanted.timeout_s),
        stacks=tuple(stack.name for stack in stacks if stack.interface in workload.paths),
        window_s=wanted.window_ms / 1_000,
        lead_in_s=wanted.lead_in_ms / 1_000,
        windows=wanted.windows,
    )


def _keyed_stacks(manifest: SuiteManifest) -> list[tuple[str, StackManifest]]:
    listed = [f"servers[{index}]" for index in range(len(manifest.servers))]
    tabled = [f"stacks[{index}]" for index in range(len(manifest.stacks))]
    return list(zip([*listed, *tabled], manifest.all_stacks(), strict=True))


def _check_stack(file: Path, key: str, stack: StackManifest, app: App, catalog: Catalog) -> None:
    with _naming(file, key if key.startswith("servers") else f"{key}.server"):
        server = catalog.server(stack.server)
    if server.interface not in app.interfaces:
        offered = " and ".join(sorted(app.interfaces))
        problem = f"{server.name!r} speaks {server.interface}, the app {app.name!r} only {offered}"
        raise ManifestError(file, key, problem)


def _check_contest(
    file: Path, key: str, contest: ContestManifest, app: App, suite_speaks: set[Interface]
) -> None:
    with _naming(file, f"{key}.workload"):
        workload = app.workload(contest.workload)
    if not suite_speaks & workload.paths.keys():
        problem = f"{workload.name!r} has no path for {' or '.join(sorted(suite_speaks))}"
        raise ManifestError(file, f"{key}.workload", problem)
    if contest.timeout_s <= workload.wait_s:
        problem = f"{contest.timeout_s:g} s is no longer than {workload.name!r} waits by design"
        raise ManifestError(file, f"{key}.timeout_s", problem)


def _check_unique(file: Path, names: list[tuple[str, str]]) -> None:
    times = Counter(name for _, name in names)
    for key, name in reversed(names):
        if times[name] > 1:
            problem = f"{name!r} comes {times[name]} times; tell them apart with 'name'"
            raise ManifestError(file, key, problem)


@contextmanager
def _naming(file: Path, key: str) -> Iterator[None]:
    try:
        yield
    except UnknownName as unknown:
        raise ManifestError(file, key, str(unknown)) from None
