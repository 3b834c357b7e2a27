"""From the manifest of a suite to the suite, and the check of all names in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from timetrial.catalog.registry import App, Catalog, Server
from timetrial.catalog.services import check_settings, needed_services, with_settings
from timetrial.catalog.suite_loads import load_of
from timetrial.catalog.suite_protocols import (
    no_messages,
    second_protocol,
    speaking,
    transport_of,
    unspoken,
)
from timetrial.catalog.suite_schema import FAIR, BenchmarkManifest, StackManifest, SuiteManifest
from timetrial.catalog.workload_schema import INTERFACES
from timetrial.catalog.workloads import read_workloads
from timetrial.model import (
    Benchmark,
    DraftSuite,
    HeldStreams,
    IdleConnections,
    KnownFailure,
    ManifestError,
    Service,
    Stack,
    UnknownName,
    WarmUp,
)
from timetrial.model.paired_load import refusal
from timetrial.model.workload import Workload, is_long_wait

_WORKERS_PER_CPU = 2
"""The most workers per CPU: more would measure the scheduler."""


def build_suite(
    manifest: SuiteManifest, catalog: Catalog, profile: str = FAIR, server_cpus: int | None = None
) -> DraftSuite:
    """Build a suite from its manifest, and the defaults of its servers and apps.

    `server_cpus` is the number of CPUs that servers get: a published number of workers shrinks to
    fit them. Raises UnknownName for a profile that the suite does not have.
    """
    chosen = manifest.with_profile(profile)
    benchmarks = tuple(_benchmark(wanted, chosen, catalog) for wanted in chosen.benchmarks)
    in_use = {stack for benchmark in benchmarks for stack in benchmark.stacks}
    stacks, notes = _fitted(
        tuple(
            _stack(stack, chosen, catalog) for stack in chosen.all_stacks() if stack.stack in in_use
        ),
        profile,
        server_cpus,
    )
    stacks = tuple(
        _with_known(speaking(stack, benchmarks), catalog.server(stack.server)) for stack in stacks
    )
    return DraftSuite(
        name=manifest.name,
        title=chosen.title,
        stacks=stacks,
        benchmarks=benchmarks,
        rounds=chosen.rounds,
        warm_up=WarmUp(**chosen.warm_up.model_dump()),
        profile=profile,
        notes=notes,
        services=_services(chosen, catalog),
        control=(manifest.control or None) if profile == FAIR else None,
    )


def check_references(file: Path, manifest: SuiteManifest, catalog: Catalog) -> None:
    """Raise ManifestError for the first unknown or duplicate name."""
    stacks = _keyed_stacks(manifest)
    if manifest.app is not None:
        with _naming(file, "app"):
            catalog.app(manifest.app)
    if not stacks:
        raise ManifestError(file, "servers", "this key is missing, and there are no stacks either")
    for key, stack in stacks:
        _check_stack(file, key, stack, manifest, catalog)
    _check_unique(file, [(key, stack.stack) for key, stack in stacks])
    _check_control(file, manifest)
    _check_own_workloads(file, manifest)
    for name in (FAIR, *manifest.profiles):
        chosen = manifest.with_profile(name)
        prefix = "" if name == FAIR else f"profiles.{name}."
        benchmarks = [
            (f"{prefix}benchmarks[{i}]", benchmark) for i, benchmark in enumerate(chosen.benchmarks)
        ]
        first: dict[str, BenchmarkManifest] = {}
        for key, benchmark in benchmarks:
            _check_benchmark(file, key, benchmark, chosen, catalog)
            stacks_here = _workloads_by_stack(benchmark, chosen, catalog)
            if problem := second_protocol(benchmark, stacks_here, first):
                raise ManifestError(file, f"{key}.protocol", problem)
            first = {**dict.fromkeys(stacks_here, benchmark), **first}
        _check_unique(file, [(key, benchmark.benchmark) for key, benchmark in benchmarks])
    needed = {
        service: None
        for name in (FAIR, *manifest.profiles)
        for service in _needed(manifest.with_profile(name), catalog)
    }
    check_settings(file, manifest.services, tuple(needed), catalog)


def _services(manifest: SuiteManifest, catalog: Catalog) -> tuple[Service, ...]:
    needed = _needed(manifest, catalog)
    return tuple(with_settings(name, manifest.services, catalog) for name in needed)


def _needed(manifest: SuiteManifest, catalog: Catalog) -> tuple[str, ...]:
    apps = (_app(stack, manifest, catalog) for stack in manifest.all_stacks())
    workloads = (
        workload
        for benchmark in manifest.benchmarks
        for workload in _workloads_by_stack(benchmark, manifest, catalog).values()
    )
    return needed_services(apps, workloads)


def _fitted(
    stacks: tuple[Stack, ...], profile: str, server_cpus: int | None
) -> tuple[tuple[Stack, ...], tuple[str, ...]]:
    """Reduce published numbers of workers to the machine, with a note; `fair` keeps them."""
    if profile == FAIR or server_cpus is None:
        return stacks, ()
    most = _WORKERS_PER_CPU * server_cpus
    wanted = max(stack.workers for stack in stacks)
    if wanted <= most:
        return stacks, ()
    note = (
        f"{wanted} workers were published; on the {server_cpus} "
        f"CPU{'' if server_cpus == 1 else 's'} that servers have here, no stack got more than "
        f"{most}."
    )
    return tuple(replace(stack, workers=min(stack.workers, most)) for stack in stacks), (note,)


def _stack(wanted: StackManifest, manifest: SuiteManifest, catalog: Catalog) -> Stack:
    app, server = _app(wanted, manifest, catalog), _server(wanted, manifest, catalog)
    return Stack(
        name=wanted.stack,
        server=server.name,
        app=app.name,
        interface=server.interface,
        workers=server.workers.clamp(wanted.workers or manifest.workers),
        threads=server.threads.clamp(wanted.threads or manifest.threads),
        env=dict(wanted.env),
    )


def _with_known(stack: Stack, server: Server) -> Stack:
    """Add the known limits and failures of a stack with these settings."""
    bounds = (limit.bound(stack.workers, stack.threads) for limit in server.limits)
    return replace(
        stack,
        limits=tuple(bound for bound in bounds if bound is not None),
        known_failures=tuple(_known_failures(stack, server)),
    )


def _known_failures(stack: Stack, server: Server) -> Iterator[KnownFailure]:
    for failure in server.broken:
        yield KnownFailure(failure.when, failure.reason)
    yield from unspoken(stack, server)


def _app(stack: StackManifest, manifest: SuiteManifest, catalog: Catalog) -> App:
    return catalog.app(stack.app or manifest.app or "")


def _server(stack: StackManifest, manifest: SuiteManifest, catalog: Catalog) -> Server:
    """Look up a stack's server, which may be the app itself."""
    return catalog.server(stack.server or stack.app or manifest.app or "")


def _benchmark(wanted: BenchmarkManifest, manifest: SuiteManifest, catalog: Catalog) -> Benchmark:
    workloads = _workloads_by_stack(wanted, manifest, catalog)
    load = load_of(wanted)
    trial_s = load.length_s if isinstance(load, IdleConnections) else wanted.duration_s
    whole = trial_s is not None
    return Benchmark(
        name=wanted.benchmark,
        workload=_merged(workloads),
        load=load,
        stacks=tuple(workloads),
        window_s=trial_s or (wanted.window_ms or 0.0) / 1_000,
        lead_in_s=(wanted.lead_in_ms or 0.0) / 1_000,
        windows=wanted.repeats if whole else wanted.windows or 0,
        mode="whole" if whole else wanted.mode,
        together=wanted.together,
        control=wanted.control,
        beside=_beside(wanted, manifest, catalog),
        transport=transport_of(wanted),
    )


def _beside(
    wanted: BenchmarkManifest, manifest: SuiteManifest, catalog: Catalog
) -> HeldStreams | None:
    if (beside := wanted.beside) is None:
        return None
    held = wanted.model_copy(update={"workload": beside.workload})
    return HeldStreams(_merged(_workloads_by_stack(held, manifest, catalog)), beside.streams)


def _workloads_by_stack(
    wanted: BenchmarkManifest, manifest: SuiteManifest, catalog: Catalog
) -> Mapping[str, Workload]:
    """Return the workload of each stack that takes part, in the order of the suite."""
    of_suite = read_workloads(Path(), manifest.workloads, INTERFACES, "nobody")
    by_stack: dict[str, Workload] = {}
    for stack in manifest.all_stacks():
        if wanted.stacks and stack.stack not in wanted.stacks:
            continue
        workloads = {**_app(stack, manifest, catalog).workloads, **of_suite}
        workload = workloads.get(wanted.workload)
        interface = _server(stack, manifest, catalog).interface
        if workload is not None and interface in workload.interfaces:
            by_stack[stack.stack] = workload
    return by_stack


def _merged(workloads: Mapping[str, Workload]) -> Workload:
    """Merge one workload's paths from several apps, each for its own interfaces.

    Raises ValueError, which names two stacks, where the workloads differ otherwise.
    """
    (first, merged), *others = workloads.items()
    for name, workload in others:
        if _without_paths(workload) != _without_paths(merged):
            raise ValueError(f"is not the same for {first!r} and {name!r}")
        steps = []
        for one, other in zip(merged.steps, workload.steps, strict=True):
            both = {**one.paths, **other.paths}
            if any(both[interface] != path for interface, path in one.paths.items()):
                raise ValueError(f"is not the same for {first!r} and {name!r}")
            steps.append(replace(one, paths=both))
        echo = {**merged.echo_paths, **workload.echo_paths}
        services = tuple(dict.fromkeys((*merged.services, *workload.services)))
        merged = replace(merged, steps=tuple(steps), echo_paths=echo, services=services)
    return merged


def _without_paths(workload: Workload) -> Workload:
    steps = tuple(replace(step, paths={}) for step in workload.steps)
    return replace(workload, steps=steps, echo_paths={}, services=())


def _keyed_stacks(manifest: SuiteManifest) -> list[tuple[str, StackManifest]]:
    listed = [f"servers[{index}]" for index in range(len(manifest.servers))]
    tabled = [f"stacks[{index}]" for index in range(len(manifest.stacks))]
    return list(zip([*listed, *tabled], manifest.all_stacks(), strict=True))


def _check_stack(
    file: Path, key: str, stack: StackManifest, manifest: SuiteManifest, catalog: Catalog
) -> None:
    if stack.app is None and manifest.app is None:
        raise ManifestError(file, "app", f"this key is missing, and {key} has none either")
    with _naming(file, f"{key}.app"):
        app = _app(stack, manifest, catalog)
    if stack.server is None and app.program is None:
        problem = f"this key is missing, and the app {app.name!r} does not serve itself"
        raise ManifestError(file, f"{key}.server", problem)
    with _naming(file, key if key.startswith("servers") else f"{key}.server"):
        server = _server(stack, manifest, catalog)
    if server.interface not in app.interfaces or (
        server.interface == "program" and server is not app.program
    ):
        offered = " and ".join(sorted(app.interfaces))
        problem = f"{server.name!r} speaks {server.interface}, the app {app.name!r} only {offered}"
        raise ManifestError(file, key, problem)


def _check_control(file: Path, manifest: SuiteManifest) -> None:
    known = [stack.stack for stack in manifest.all_stacks()]
    if manifest.control and manifest.control not in known:
        unknown = UnknownName(f"stack in suite {manifest.name!r}", manifest.control, known)
        raise ManifestError(file, "control", str(unknown))


def _check_own_workloads(file: Path, manifest: SuiteManifest) -> None:
    for name, workload in manifest.workloads.items():
        if any(step.expect.body_file is not None for step in workload.all_steps()):
            problem = "has a body_file, which only workloads of apps can have"
            raise ManifestError(file, f"workloads.{name}", problem)


def _check_benchmark(
    file: Path, key: str, benchmark: BenchmarkManifest, manifest: SuiteManifest, catalog: Catalog
) -> None:
    stacks = [stack.stack for stack in manifest.all_stacks()]
    for index, name in enumerate(benchmark.stacks):
        if name not in stacks:
            unknown = UnknownName(f"stack in suite {manifest.name!r}", name, stacks)
            raise ManifestError(file, f"{key}.stacks[{index}]", str(unknown))
    workloads = _workloads_by_stack(benchmark, manifest, catalog)
    if not workloads:
        _explain_absence(file, f"{key}.workload", benchmark, manifest, catalog)
    missing = [name for name in benchmark.stacks if name not in workloads]
    if missing:
        problem = f"the stack {missing[0]!r} has no workload {benchmark.workload!r}"
        raise ManifestError(file, f"{key}.stacks", problem)
    try:
        workload = _merged(workloads)
    except ValueError as difference:
        problem = f"{benchmark.workload!r} {difference}"
        raise ManifestError(file, f"{key}.workload", problem) from None
    if benchmark.mode == "duet":
        taking_part = [stack for stack in manifest.all_stacks() if stack.stack in workloads]
        if why := refusal(tuple(_stack(stack, manifest, catalog) for stack in taking_part)):
            raise ManifestError(file, f"{key}.mode", why)
    if why := no_messages(benchmark, workload):
        raise ManifestError(file, f"{key}.protocol", why)
    _check_load(file, key, benchmark, workload)
    _check_beside(file, f"{key}.beside.workload", benchmark, manifest, catalog)


def _check_beside(
    file: Path, key: str, benchmark: BenchmarkManifest, manifest: SuiteManifest, catalog: Catalog
) -> None:
    if (beside := benchmark.beside) is None:
        return
    held = benchmark.model_copy(update={"workload": beside.workload})
    workloads = _workloads_by_stack(held, manifest, catalog)
    if not workloads:
        _explain_absence(file, key, held, manifest, catalog)
    without = _workloads_by_stack(benchmark, manifest, catalog).keys() - workloads.keys()
    if without:
        problem = f"the stack {min(without)!r} has no workload {beside.workload!r}"
        raise ManifestError(file, key, problem)
    if not all(workload.has_streams for workload in workloads.values()):
        raise ManifestError(file, key, f"{beside.workload!r} is no stream, which can be held")


def _check_load(file: Path, key: str, benchmark: BenchmarkManifest, workload: Workload) -> None:
    if benchmark.together and not is_long_wait(workload):
        problem = f"is for what waits for a second or more; {workload.name!r} does not"
        raise ManifestError(file, f"{key}.together", problem)
    if benchmark.share_of_capacity is not None and is_long_wait(workload):
        problem = f"is for what a server can bear; {workload.name!r} waits for a second or more"
        raise ManifestError(file, f"{key}.share_of_capacity", problem)
    if benchmark.timeout_s <= max(step.wait_s for step in workload.steps):
        problem = f"{benchmark.timeout_s:g} s is no longer than {workload.name!r} waits by design"
        raise ManifestError(file, f"{key}.timeout_s", problem)


def _explain_absence(
    file: Path, key: str, benchmark: BenchmarkManifest, manifest: SuiteManifest, catalog: Catalog
) -> None:
    """Raise ManifestError for a workload that no stack has."""
    apps = {_app(stack, manifest, catalog).name for stack in manifest.all_stacks()}
    known = {name for app in apps for name in catalog.app(app).workloads} | {*manifest.workloads}
    if benchmark.workload not in known:
        unknown = UnknownName("workload", benchmark.workload, known)
        raise ManifestError(file, key, str(unknown))
    speaks = {_server(stack, manifest, catalog).interface for stack in manifest.all_stacks()}
    problem = f"{benchmark.workload!r} has no path for {' or '.join(sorted(speaks))}"
    raise ManifestError(file, key, problem)


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
