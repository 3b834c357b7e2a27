"""From candidates to suites: which are measured together, and under which load."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from timetrial.catalog.registry import App, Server
from timetrial.features.tune.grid import Candidate, Grid
from timetrial.model import (
    Benchmark,
    ClosedLoad,
    KnownFailure,
    Load,
    OpenLoad,
    Service,
    Stack,
    Suite,
    WarmUp,
    Workload,
)

AT_ONCE = 6
"""The most stacks that run at once: waiting ones take memory and connections."""
NAME = "tune"
ALONE, LOADED = "one-connection", "saturation"
RATED = "equal-rate"
SHARE_OF_BEST = 0.5
"""Of the highest throughput: the default rate of the comparison; settings that fail at it are
excluded."""
_WARM_UP = WarmUp(requests=500, at_most_s=0.6, at_least_s=0.2)
_FINAL_WARM_UP = WarmUp(requests=1_000, at_most_s=1.5, at_least_s=0.5)
_WINDOW_S, _LONGEST_WINDOW_S, _LEAD_IN_S = 0.15, 1.0, 0.05
_RESPONSES_IN_WINDOW = 20
_WINDOWS, _FINAL_WINDOWS = 2, 4
_LONG_WINDOW_S = 0.3
"""The finals have two longer windows, too."""
_STOP_S = 0.5
_TRIAL_S = 1.5
"""At a rate."""
_SHORTEST_FINAL_S, _LONGEST_FINAL_S = 3.0, 10.0
_RESPONSES_IN_FINAL = 1_000
"""Ten such trials have as many as p99 takes."""
_TIMEOUT_S = 10.0
_MOST_WORKERS_OF_PILOT = 4
_QUEUE = 4
"""The most connections for each thread there."""


@dataclass(frozen=True, slots=True)
class TuningTarget:
    """What is tuned; the same in all suites of a search."""

    app: App
    servers: Mapping[str, Server]
    """By name: the one that is tuned, first, and its variants."""
    workload: Workload
    grid: Grid
    connections: int
    services: tuple[Service, ...] = ()
    window_s: float = _WINDOW_S
    """Of the finals; rungs have windows of half the length."""
    rate_per_s: float | None = None
    """With it benchmarks are driven at that rate, and not at saturation."""

    @property
    def server(self) -> str:
        """Name the one that is tuned; the others are its variants."""
        return next(iter(self.servers))

    def name(self, candidate: Candidate) -> str:
        return self.grid.name(candidate)

    def candidate(self, name: str) -> Candidate:
        return self.grid.by_name[name]

    def stack(self, candidate: Candidate) -> Stack:
        server = self.servers[candidate.server]
        bounds = (limit.bound(candidate.workers, candidate.threads) for limit in server.limits)
        return Stack(
            name=self.name(candidate),
            server=server.name,
            app=self.app.name,
            interface=server.interface,
            workers=candidate.workers,
            threads=candidate.threads,
            limits=tuple(bound for bound in bounds if bound is not None),
            known_failures=tuple(
                KnownFailure(broken.when, broken.reason) for broken in server.broken
            ),
        )


def window_s(response_time_s: float) -> float:
    """Choose the seconds of a window that holds some response times of a client."""
    return min(_LONGEST_WINDOW_S, max(_WINDOW_S, _RESPONSES_IN_WINDOW * response_time_s))


def pilot_candidates(target: TuningTarget) -> tuple[Candidate, ...]:
    """Choose the smallest, one with many threads, and one with many workers, to span memory.

    All but the smallest, which gets one connection, can serve a good part of the load at once:
    others would spend most of the time on a queue.
    """
    candidates = [c for c in target.grid.candidates if c.server == target.server]
    first = candidates[0]
    alone = [candidate for candidate in candidates if candidate.workers == first.workers]
    most = max(
        candidate.workers for candidate in candidates if candidate.workers <= _MOST_WORKERS_OF_PILOT
    )
    many = [candidate for candidate in candidates if candidate.workers == most]
    able = [candidate for candidate in many if candidate.slots * _QUEUE >= target.connections]
    return tuple(dict.fromkeys((first, alone[-1], (able or many[-1:])[0])))


def pilot_suite(target: TuningTarget, candidates: Sequence[Candidate]) -> Suite:
    """Load the first candidate over one connection, and the others at saturation."""
    first, *others = candidates
    if all(candidate.threads == first.threads for candidate in others):
        others = [first, *others]
    loaded = _benchmark(target, LOADED, others, windows=_WINDOWS)
    loaded = replace(loaded, window_s=2 * _WINDOW_S)
    alone = replace(
        loaded,
        name=ALONE,
        load=ClosedLoad(1, _TIMEOUT_S),
        stacks=(target.name(first),),
    )
    return _suite(target, "pilot", candidates, (alone, loaded), rounds=1)


def rung_suite(  # noqa: PLR0913, PLR0917 - all but the last say what a rung is
    target: TuningTarget,
    title: str,
    candidates: Sequence[Candidate],
    reference: Candidate,
    rounds: int,
    at_once: int = AT_ONCE,
) -> Suite:
    """Measure all candidates in groups, each with the reference."""
    parts = groups(candidates, reference, at_once)
    names = [f"{_kind(target)}-{number}" for number in range(1, len(parts) + 1)]
    if len(parts) == 1:
        names = [_kind(target)]
    benchmarks = tuple(
        _benchmark(target, name, part, windows=_WINDOWS)
        for name, part in zip(names, parts, strict=True)
    )
    all_candidates = tuple(dict.fromkeys((reference, *candidates)))
    return _suite(target, title, all_candidates, benchmarks, rounds)


def finals_suite(
    target: TuningTarget, candidates: Sequence[Candidate], rounds: int, length_s: float
) -> Suite:
    """Measure the finalists thoroughly, in turn, in windows or trials of that length."""
    windows = _final_windows(length_s)
    benchmark = _benchmark(target, _kind(target), candidates, windows)
    benchmark = replace(benchmark, window_s=length_s)
    suite = _suite(target, "finals", candidates, (benchmark,), rounds)
    return replace(suite, warm_up=_FINAL_WARM_UP)


def groups(
    candidates: Sequence[Candidate], reference: Candidate, at_once: int = AT_ONCE
) -> tuple[tuple[Candidate, ...], ...]:
    """Divide candidates that cannot run at once into similar groups, each with the reference."""
    others = [candidate for candidate in candidates if candidate != reference]
    if len(others) < at_once:
        return ((reference, *others),)
    number = -(-len(others) // (at_once - 1))
    return tuple((reference, *others[start::number]) for start in range(number))


def trials_of(candidates: Sequence[Candidate], reference: Candidate, at_once: int) -> int:
    """Return the number of starts in a round."""
    return sum(map(len, groups(candidates, reference, at_once)))


def rung_trial_s(target: TuningTarget, start_s: float, per_s: float) -> float:
    """Estimate the seconds of a trial in a rung, by a start and the throughput of the pilot."""
    around_s = start_s + _WARM_UP.at_most_s + _STOP_S
    if target.rate_per_s is not None:
        return around_s + _TRIAL_S
    drain_s = target.connections / per_s
    return around_s + drain_s + _WINDOWS * (_rung_window_s(target) + _LEAD_IN_S + drain_s)


def longer_final_s(target: TuningTarget, length_s: float) -> float:
    """Return how many seconds longer a trial of the finals takes than one of a rung."""
    warm_up_s = _FINAL_WARM_UP.at_least_s - _WARM_UP.at_least_s
    if target.rate_per_s is not None:
        return warm_up_s + length_s - _TRIAL_S
    span_s = _LEAD_IN_S + length_s
    in_rung_s = _WINDOWS * (_LEAD_IN_S + _rung_window_s(target))
    return warm_up_s + _final_windows(length_s) * span_s - in_rung_s


def final_lengths_s(target: TuningTarget) -> tuple[float, ...]:
    """Return the seconds that windows or trials of the finals should have, and the fewest."""
    rate = target.rate_per_s
    if rate is None:
        return (target.window_s,)
    wanted = min(_LONGEST_FINAL_S, max(_SHORTEST_FINAL_S, _RESPONSES_IN_FINAL / rate))
    return (wanted, _SHORTEST_FINAL_S)


def _final_windows(length_s: float) -> int:
    return _FINAL_WINDOWS if length_s <= _LONG_WINDOW_S else _WINDOWS


def _rung_window_s(target: TuningTarget) -> float:
    return max(_WINDOW_S, target.window_s / 2)


def _kind(target: TuningTarget) -> str:
    return LOADED if target.rate_per_s is None else RATED


def _benchmark(
    target: TuningTarget, name: str, candidates: Sequence[Candidate], windows: int
) -> Benchmark:
    rate = target.rate_per_s
    load: Load = ClosedLoad(target.connections, _TIMEOUT_S)
    if rate is not None:
        load = OpenLoad(rate, timeout_s=_TIMEOUT_S)
    return Benchmark(
        name=name,
        workload=target.workload,
        load=load,
        stacks=tuple(target.name(candidate) for candidate in candidates),
        window_s=_rung_window_s(target) if rate is None else _TRIAL_S,
        lead_in_s=_LEAD_IN_S,
        windows=windows if rate is None else 1,
        mode="alternate" if rate is None else "whole",
    )


def _suite(
    target: TuningTarget,
    title: str,
    candidates: Sequence[Candidate],
    benchmarks: tuple[Benchmark, ...],
    rounds: int,
) -> Suite:
    servers = " and ".join(target.servers)
    return Suite(
        name=NAME,
        title=f"{servers} on {target.app.title}: {title}",
        stacks=tuple(target.stack(candidate) for candidate in candidates),
        benchmarks=benchmarks,
        rounds=rounds,
        warm_up=_WARM_UP,
        services=target.services,
        own_app=True,
    )
