"""The suite of a race: equal resources, first capacity, then response times at equal rates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from timetrial.analysis.statistics.allocation import Costs, windows_per_start
from timetrial.catalog.registry import Catalog, Server
from timetrial.catalog.suite_schema import BenchmarkManifest, SuiteManifest, WarmUpManifest
from timetrial.catalog.suites import build_suite
from timetrial.features.race.eligible_servers import EligibleServers
from timetrial.model import (
    BadInput,
    Benchmark,
    Budget,
    Carrier,
    DraftSuite,
    ExcludedServer,
    RaceInfo,
    Stack,
    Workload,
    listed,
    visible,
)
from timetrial.project.project import Project
from timetrial.stacks.launch_builder import name_of
from timetrial.stacks.pins import normalised

NAME = "race"
SATURATION = "saturation"
HALF, MOST = 0.5, 0.8
"""Shares of the smallest capacity at which response times are compared."""
BUDGET_S = 240.0
AT_LEAST_ROUNDS = 3
"""A verdict takes three; one more is measured where one has to be excluded."""
_WINDOW_MS, _LEAD_IN_MS, FEWEST_WINDOWS = 150.0, 50.0, 4
_MOST_CONNECTIONS = 100
"""Of a load at a given rate: more than a server that keeps up has in flight."""
_ROUNDS_WANTED = 10
_OVERHEAD_S = 1.6
"""What a stack takes in a round besides its windows: its start and its warm-up."""
_SHORTEST_S, LONGEST_S = 1.5, 5.0
"""Of a trial at a given rate."""
_RESPONSE_TIMES = 6
"""The length of a window: servers may answer all connections in one volley."""
_LONGEST_WINDOW_S, _LONGEST_LEAD_IN_S = 2.0, 0.5
FEW_FROM_S, FEWEST_LONG_WINDOWS = 0.4, 2
"""Windows of that length are half as many."""


@dataclass(frozen=True, slots=True)
class RaceSettings:
    """The resources of every server, as far as it can use them, and the load on it."""

    workers: int
    """Processes that serve."""
    threads: int
    """Threads a process, of servers that have them."""
    connections: int
    """Of the closed load."""
    thorough: bool = False
    """Whether response times are also compared at 80 % of the smallest capacity."""
    drops_slower: bool = False
    """Whether servers that are clearly behind leave before the end."""
    recommends_any: bool = False
    """Whether servers that are not fit for production are recommended, too."""
    protocol: Carrier | None = None
    """What carries the requests; None: HTTP/1.1 over TCP."""
    streams: int = 1
    """Of HTTP/2: requests in flight on one connection."""
    within_s: float = BUDGET_S
    """How long the rounds may take: trials at a rate are as long as this allows."""


def with_project(catalog: Catalog, project: Project, workload: Workload) -> Catalog:
    """Make the project the catalog's only app, so that no other has its name."""
    return replace(catalog, apps={project.name: project.app(workload)})


def race_suite(
    catalog: Catalog,
    project: Project,
    eligible: EligibleServers,
    workload: Workload,
    settings: RaceSettings,
) -> DraftSuite:
    """Plan a race in a `catalog` that has the project (see `with_project`).

    The suite has no stop rule yet, and as many rounds as a verdict takes.
    """
    names = tuple(server.name for server in eligible.servers)
    rates = (HALF, MOST) if settings.thorough else (HALF,)
    shares = {f"at-{share:.0%}": share for share in rates}
    # With one more for the control.
    duration_s = trial_s(len(names) + 1, len(shares), settings.within_s)
    manifest = SuiteManifest(
        name=NAME,
        title=title(project),
        app=project.name,
        servers=names,
        workers=settings.workers,
        threads=settings.threads,
        rounds=AT_LEAST_ROUNDS,
        warm_up=WarmUpManifest(requests=1_000, at_most_s=1.0, at_least_s=0.5),
        benchmarks=(
            BenchmarkManifest(
                workload=workload.name,
                name=SATURATION,
                connections=settings.connections,
                window_ms=_WINDOW_MS,
                lead_in_ms=_LEAD_IN_MS,
                windows=windows(duration_s * len(shares)),
                protocol=settings.protocol,
                streams=settings.streams,
            ),
            *(
                BenchmarkManifest(
                    workload=workload.name,
                    name=name,
                    share_of_capacity=share,
                    connections=max(_MOST_CONNECTIONS, settings.connections),
                    duration_s=duration_s,
                    lead_in_ms=_LEAD_IN_MS,
                    protocol=settings.protocol,
                    streams=settings.streams,
                )
                for name, share in shares.items()
            ),
        ),
        control=next((server.name for server in eligible.servers if not server.broken), names[0]),
    )
    race_info = RaceInfo(
        app=project.name,
        framework=project.framework,
        folder=str(project.root),
        capacity=SATURATION,
        latency=tuple(shares),
        drops_slower=settings.drops_slower,
        recommends_any=settings.recommends_any,
        excluded_servers=eligible.excluded_servers,
        notes=(*project.notes, *clamped(eligible.servers, settings)),
    )
    return replace(build_suite(manifest, catalog), race_info=race_info)


def with_raced_framework(suite: DraftSuite) -> DraftSuite:
    """Name the framework in the versions that race; `--with` and `--versions` choose others."""
    race_info = race_info_of(suite)
    framework = raced_framework(race_info.framework, suite.stacks)
    if framework == race_info.framework:
        return suite
    return replace(
        suite,
        title=suite.title.replace(f"({race_info.framework})", f"({framework})"),
        race_info=replace(race_info, framework=framework),
    )


def raced_framework(framework: str, stacks: Sequence[Stack]) -> str:
    """Return 'Django 5.1 and 5.2.8' for a framework that is in its environment as 'Django 5.2.8'.

    A framework that is no package of its name is returned as it is.
    """
    name, _, installed = framework.rpartition(" ")
    versions = dict.fromkeys(
        next(
            (r.partition("==")[2] for r in stack.requirements if name_of(r) == normalised(name)),
            installed,
        )
        for stack in stacks
    )
    return f"{name} {listed(tuple(versions))}" if name else framework


def title(project: Project) -> str:
    return f"{project.name} ({project.framework})" if project.framework else project.name


def budget_of(seconds: float | None = None) -> Budget:
    """Limit a race by time; without `seconds`, not below the rounds that a verdict takes."""
    if seconds is not None:
        return Budget(seconds)
    return Budget(BUDGET_S, at_least_rounds=AT_LEAST_ROUNDS)


_SATURATION_S = FEWEST_WINDOWS * (_WINDOW_MS + _LEAD_IN_MS) / 1_000


def trial_s(
    stacks: int, benchmarks: int, budget_s: float, besides_s: float = _OVERHEAD_S + _SATURATION_S
) -> float:
    """Choose the seconds of a trial at a given rate, so that enough rounds fit into the budget.

    It is long enough for queues to form; a longer one would add nothing to a round. `besides_s` is
    what else a stack takes in a round.
    """
    left_s = budget_s / (_ROUNDS_WANTED * max(1, stacks)) - besides_s
    return round(min(LONGEST_S, max(_SHORTEST_S, left_s / max(1, benchmarks))), 1)


def windows(
    at_rates_s: float,
    overhead_s: float = _OVERHEAD_S,
    window_s: float = (_WINDOW_MS + _LEAD_IN_MS) / 1_000,
) -> int:
    """Choose the number of windows at saturation, where a stack's other trials take so long."""
    return max(FEWEST_WINDOWS, windows_per_start(Costs(overhead_s + at_rates_s, window_s)))


def clamped(servers: Sequence[Server], settings: RaceSettings) -> tuple[str, ...]:
    """Name the servers that have fewer processes than others, because they cannot start more."""
    fewer: dict[int, list[str]] = {}
    for server in servers:
        most = server.workers.clamp(settings.workers)
        if most < settings.workers:
            fewer.setdefault(most, []).append(server.name)
    return tuple(
        f"Where the others have {settings.workers} processes, {listed(names)} "
        f"{'has' if len(names) == 1 else 'have'} {count}: it is all that can be had without a "
        f"launcher."
        for count, names in fewer.items()
    )


def word(name: str) -> str:
    """Write a name as manifests have them, without spaces and control characters."""
    return "-".join(visible(" ".join(name.split())).split()) or NAME


def without(suite: DraftSuite, excluded: Mapping[str, str]) -> DraftSuite:
    """Exclude servers before anything is planned; `excluded` has the reason of each by its name.

    Raises BadInput where none is left.
    """
    if not excluded:
        return suite
    left = suite.only({stack.name for stack in suite.stacks} - excluded.keys())
    if not left.stacks:
        name, why = next(iter(excluded.items()))
        raise BadInput(f"no server is left for the race; {name}: {why}")
    names, race_info = {stack.name for stack in left.stacks}, race_info_of(suite)
    return replace(
        left,
        control=suite.control if suite.control in names else left.stacks[0].name,
        race_info=replace(
            race_info,
            excluded_servers=(
                *race_info.excluded_servers,
                *map(ExcludedServer, excluded, excluded.values()),
            ),
        ),
    )


def with_workload(suite: DraftSuite, workload: Workload) -> DraftSuite:
    """Replace the workload of all benchmarks, by one that expects the agreed responses."""
    benchmarks = tuple(replace(benchmark, workload=workload) for benchmark in suite.benchmarks)
    return replace(suite, benchmarks=benchmarks)


def workload_in(suite: DraftSuite) -> Workload:
    """Return the workload of a race, which is the same in all its benchmarks."""
    return suite.benchmark(race_info_of(suite).capacity).workload


def in_windows_for(suite: DraftSuite, answer_s: float) -> DraftSuite:
    """Lengthen the windows at saturation for an app that takes `answer_s` for one response.

    There each connection waits for all others, where a process answers one at a time.
    """
    benchmarks = tuple(
        _lengthened(benchmark, answer_s, min(stack.workers for stack in suite.stacks))
        if benchmark.name == race_info_of(suite).capacity
        else benchmark
        for benchmark in suite.benchmarks
    )
    return replace(suite, benchmarks=benchmarks)


def _lengthened(benchmark: Benchmark, answer_s: float, processes: int) -> Benchmark:
    in_flight = benchmark.load.connections * benchmark.load.pipeline
    window_s, lead_in_s = window_lengths(answer_s * in_flight / processes)
    windows = FEWEST_LONG_WINDOWS if window_s >= FEW_FROM_S else benchmark.windows
    return replace(benchmark, window_s=window_s, lead_in_s=lead_in_s, windows=windows)


def window_lengths(response_s: float) -> tuple[float, float]:
    """Choose the lengths of a window at saturation, and of its lead-in, in seconds.

    A window has several response times: a server may answer all connections in one volley.
    """
    return (
        max(_WINDOW_MS / 1_000, min(_RESPONSE_TIMES * response_s, _LONGEST_WINDOW_S)),
        max(_LEAD_IN_MS / 1_000, min(1.5 * response_s, _LONGEST_LEAD_IN_S)),
    )


def race_info_of(suite: DraftSuite) -> RaceInfo:
    assert suite.race_info is not None  # noqa: S101 - every suite of a race has it
    return suite.race_info
