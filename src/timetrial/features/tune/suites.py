"""From candidates to suites: who is measured beside whom, and by which load."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from timetrial.catalog.registry import App, Server
from timetrial.features.tune.candidate import Candidate
from timetrial.features.tune.grid import Grid
from timetrial.model.load import ClosedLoad, Load, OpenLoad
from timetrial.model.service import Service
from timetrial.model.suite import Benchmark, KnownFailure, Stack, Suite, WarmUp
from timetrial.model.workload import Workload

AT_ONCE = 6
"""The most stacks that are up at once: what waits takes memory, and connections."""
NAME = "tune"
ALONE, LOADED = "one-connection", "saturation"
RATED = "equal-rate"
SHARE_OF_BEST = 0.5
"""Of the most that any carries: the rate at which they are held against each other, if nothing else
is said; who cannot bear it is out."""
_WARM_UP = WarmUp(requests=500, at_most_s=0.6, at_least_s=0.2)
_FINAL_WARM_UP = WarmUp(requests=1_000, at_most_s=1.5, at_least_s=0.5)
_WINDOW_S, _LONGEST_WINDOW_S, _LEAD_IN_S = 0.15, 1.0, 0.05
_RESPONSES_IN_WINDOW = 20
_WINDOWS, _FINAL_WINDOWS = 2, 4
_LONG_WINDOW_S = 0.3
"""Of longer ones there are two in the finals, too."""
_STOP_S = 0.5
_TRIAL_S = 1.5
"""At a rate."""
_SHORTEST_FINAL_S, _LONGEST_FINAL_S = 3.0, 10.0
_RESPONSES_IN_FINAL = 1_000
"""In ten such trials there are as many as p99 takes."""
_TIMEOUT_S = 10.0
_MOST_WORKERS_OF_PILOT = 4
_QUEUE = 4
"""The most connections for each thread there."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is tuned: the same in all suites of a search."""

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
            known_failures=tuple(KnownFailure(each.when, each.reason) for each in server.broken),
        )


def window_s(response_time_s: float) -> float:
    """Choose a window that holds some of a client's response times, and is no longer than that."""
    return min(_LONGEST_WINDOW_S, max(_WINDOW_S, _RESPONSES_IN_WINDOW * response_time_s))


def pilot_candidates(subject: Subject) -> tuple[Candidate, ...]:
    """Choose the smallest, one with many threads, and one with many workers: memory spans them.

    But for the smallest, which is asked over one connection, all can do a good part of the load at
    once: others would take most of the time to work off a queue.
    """
    own = [each for each in subject.grid.candidates if each.server == subject.server]
    first = own[0]
    alone = [each for each in own if each.workers == first.workers]
    most = max(each.workers for each in own if each.workers <= _MOST_WORKERS_OF_PILOT)
    many = [each for each in own if each.workers == most]
    able = [each for each in many if each.slots * _QUEUE >= subject.connections]
    return tuple(dict.fromkeys((first, alone[-1], (able or many[-1:])[0])))


def pilot_suite(subject: Subject, candidates: Sequence[Candidate]) -> Suite:
    """Ask the first candidate over one connection, and load the others."""
    first, *others = candidates
    if all(each.threads == first.threads for each in others):
        others = [first, *others]
    loaded = _benchmark(subject, LOADED, others, windows=_WINDOWS)
    loaded = replace(loaded, window_s=2 * _WINDOW_S)
    alone = replace(
        loaded,
        name=ALONE,
        load=ClosedLoad(1, _TIMEOUT_S),
        stacks=(subject.name(first),),
    )
    return _suite(subject, "pilot", candidates, (alone, loaded), rounds=1)


def rung_suite(  # noqa: PLR0913, PLR0917 - all but the last say what a rung is
    subject: Subject,
    title: str,
    candidates: Sequence[Candidate],
    reference: Candidate,
    rounds: int,
    at_once: int = AT_ONCE,
) -> Suite:
    """Measure all of them in groups, each with the reference among them."""
    parts = groups(candidates, reference, at_once)
    names = [f"{_kind(subject)}-{number}" for number in range(1, len(parts) + 1)]
    if len(parts) == 1:
        names = [_kind(subject)]
    benchmarks = tuple(
        _benchmark(subject, name, part, windows=_WINDOWS)
        for name, part in zip(names, parts, strict=True)
    )
    everyone = dict.fromkeys((reference, *candidates))
    return _suite(subject, title, tuple(everyone), benchmarks, rounds)


def finals_suite(
    subject: Subject, candidates: Sequence[Candidate], rounds: int, length_s: float
) -> Suite:
    """Measure a few thoroughly, all beside each other, in windows or trials of that length."""
    windows = _final_windows(length_s)
    benchmark = _benchmark(subject, _kind(subject), candidates, windows)
    benchmark = replace(benchmark, window_s=length_s)
    suite = _suite(subject, "finals", candidates, (benchmark,), rounds)
    return replace(suite, warm_up=_FINAL_WARM_UP)


def groups(
    candidates: Sequence[Candidate], reference: Candidate, at_once: int = AT_ONCE
) -> tuple[tuple[Candidate, ...], ...]:
    """Divide what cannot be up at once into groups that are alike, each with the reference."""
    others = [each for each in candidates if each != reference]
    if len(others) < at_once:
        return ((reference, *others),)
    number = -(-len(others) // (at_once - 1))
    return tuple((reference, *others[start::number]) for start in range(number))


def trials_of(candidates: Sequence[Candidate], reference: Candidate, at_once: int) -> int:
    """Count the starts of a round."""
    return sum(map(len, groups(candidates, reference, at_once)))


def rung_trial_s(subject: Subject, start_s: float, per_s: float) -> float:
    """Guess how long a trial of a rung takes, by a start and the throughput of the pilot."""
    around_s = start_s + _WARM_UP.at_most_s + _STOP_S
    if subject.rate_per_s is not None:
        return around_s + _TRIAL_S
    drain_s = subject.connections / per_s
    return around_s + drain_s + _WINDOWS * (_rung_window_s(subject) + _LEAD_IN_S + drain_s)


def longer_final_s(subject: Subject, length_s: float) -> float:
    """Return by how much a trial of the finals takes longer than one of a rung."""
    warm_up_s = _FINAL_WARM_UP.at_least_s - _WARM_UP.at_least_s
    if subject.rate_per_s is not None:
        return warm_up_s + length_s - _TRIAL_S
    span_s = _LEAD_IN_S + length_s
    in_rung_s = _WINDOWS * (_LEAD_IN_S + _rung_window_s(subject))
    return warm_up_s + _final_windows(length_s) * span_s - in_rung_s


def final_lengths_s(subject: Subject) -> tuple[float, ...]:
    """Return how long windows or trials of the finals should be, and how short they may be."""
    rate = subject.rate_per_s
    if rate is None:
        return (subject.window_s,)
    wanted = min(_LONGEST_FINAL_S, max(_SHORTEST_FINAL_S, _RESPONSES_IN_FINAL / rate))
    return (wanted, _SHORTEST_FINAL_S)


def _final_windows(length_s: float) -> int:
    return _FINAL_WINDOWS if length_s <= _LONG_WINDOW_S else _WINDOWS


def _rung_window_s(subject: Subject) -> float:
    return max(_WINDOW_S, subject.window_s / 2)


def _kind(subject: Subject) -> str:
    return LOADED if subject.rate_per_s is None else RATED


def _benchmark(
    subject: Subject, name: str, candidates: Sequence[Candidate], windows: int
) -> Benchmark:
    rate = subject.rate_per_s
    load: Load = ClosedLoad(subject.connections, _TIMEOUT_S)
    if rate is not None:
        load = OpenLoad(rate, timeout_s=_TIMEOUT_S)
    return Benchmark(
        name=name,
        workload=subject.workload,
        load=load,
        stacks=tuple(subject.name(each) for each in candidates),
        window_s=_rung_window_s(subject) if rate is None else _TRIAL_S,
        lead_in_s=_LEAD_IN_S,
        windows=windows if rate is None else 1,
        mode="alternate" if rate is None else "whole",
    )


def _suite(
    subject: Subject,
    title: str,
    candidates: Sequence[Candidate],
    benchmarks: tuple[Benchmark, ...],
    rounds: int,
) -> Suite:
    servers = " and ".join(subject.servers)
    return Suite(
        name=NAME,
        title=f"{servers} on {subject.app.title}: {title}",
        stacks=tuple(subject.stack(each) for each in candidates),
        benchmarks=benchmarks,
        rounds=rounds,
        warm_up=_WARM_UP,
        services=subject.services,
    )
