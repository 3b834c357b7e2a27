"""Runs that nobody took: plausible, seeded, and quick to make. Any test may use them."""

from __future__ import annotations

import base64
import dataclasses
import math
import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from timetrial._engine import Histogram
from timetrial.model.load import ClosedLoad
from timetrial.model.measurement import (
    Counts,
    Failure,
    Measurement,
    Memory,
    ProcessStamp,
    StackLife,
    Window,
)
from timetrial.model.plan import PlannedBenchmark, plan
from timetrial.model.run import Machine, Run, StackFacts
from timetrial.model.suite import Benchmark, Stack, Suite, WarmUp
from timetrial.model.trial import Cell, Trial
from timetrial.model.units import MIB, NS_PER_S, nanoseconds
from timetrial.model.workload import Expectation, Interface, Workload

QUICK_ROUNDS = 5
A_MACHINE = Machine(
    kernel="Linux 6.12.41",
    cpu_model="Example CPU @ 2.70GHz",
    cores=2,
    memory_bytes=8 * 1024 * MIB,
    server_cpus=(0,),
    generator_cpus=(1,),
    warnings=("The frequency governor of the cores is not known.",),
)
LOG_TAIL = """Traceback (most recent call last):
  File "shop/wsgi.py", line 3, in <module>
    from <shop.settings> import application
ImportError: cannot import name 'application'
"""


@dataclass(frozen=True, slots=True)
class Character:
    """What an invented server is like."""

    requests_per_s: float
    """As fast as its CPU lets it."""
    cpu_ms: float
    """A request."""
    memory_mib: float
    version: str
    slots: int = 1_000
    """Requests that it can have waiting at once."""
    jitter: float = 0.25
    """Standard deviation of the log of response time."""
    failed_share: float = 0.0
    plateau: bool = False
    """Responses wait for a delayed ACK."""
    generator_share: float = 0.35
    reconnects: bool = False


CHARACTERS: Mapping[str, Character] = {
    "granian": Character(5_400, 0.172, 71, "2.5.4"),
    "uvicorn": Character(3_950, 0.236, 62, "0.38.0"),
    "uwsgi": Character(3_930, 0.241, 54, "2.0.31", slots=4, jitter=0.12),
    "gunicorn": Character(2_340, 0.402, 88, "23.0.0", slots=4, jitter=0.4),
    "waitress": Character(1_720, 0.561, 58, "3.0.2", slots=4, jitter=0.5),
}
_ASGI = {"granian", "uvicorn"}


def a_stack(name: str, *, workers: int = 1, threads: int | None = None) -> Stack:
    asgi = name in _ASGI
    return Stack(
        name=name,
        server=name,
        app="django_shop",
        interface="asgi" if asgi else "wsgi",
        workers=workers,
        threads=threads if threads is not None else (1 if asgi else 4),
    )


def json_query(stacks: Sequence[str], windows: int = 4) -> Benchmark:
    paths: dict[Interface, str] = {"wsgi": "/json?items=20", "asgi": "/async/json?items=20"}
    return Benchmark(
        name="json_query",
        workload=Workload.of("json_query", paths, Expectation(body_bytes=1_184)),
        load=ClosedLoad(16),
        stacks=tuple(stacks),
        window_s=0.15,
        lead_in_s=0.05,
        windows=windows,
    )


def wait_50ms(stacks: Sequence[str]) -> Benchmark:
    paths: dict[Interface, str] = {"wsgi": "/wait?ms=50", "asgi": "/async/wait?ms=50"}
    return Benchmark(
        name="wait_50ms",
        workload=Workload.of("wait_50ms", paths, Expectation(body="ok"), wait_s=0.05),
        load=ClosedLoad(8),
        stacks=tuple(stacks),
        window_s=1.0,
        lead_in_s=0.1,
        windows=2,
    )


def a_duet(stacks: Sequence[str], windows: int = 4) -> Benchmark:
    benchmark = json_query(stacks, windows)
    return dataclasses.replace(benchmark, name="json_duet", mode="duet")


def a_suite(stacks: Sequence[str] = tuple(CHARACTERS), rounds: int = QUICK_ROUNDS) -> Suite:
    return Suite(
        name="quick",
        title="Five servers, one Django app",
        stacks=tuple(a_stack(name) for name in stacks),
        benchmarks=(json_query(stacks), wait_50ms(stacks)),
        rounds=rounds,
        warm_up=WarmUp(),
    )


def a_run(
    suite: Suite | None = None,
    *,
    characters: Mapping[str, Character] = CHARACTERS,
    failures: Iterable[Failure] = (),
    seed: int = 1,
    number: int = 7,
) -> Run:
    """Take every trial of a suite, but for those that `failures` explain.

    Equal wishes get the same run, which nobody can change: it takes a tenth of a second.
    """
    wish = suite or a_suite(), dict(characters), tuple(failures), seed, number
    # Suites have no hash, because some of their parts are mappings.
    if (known := _RUNS.get(repr(wish))) is None:
        known = _RUNS[repr(wish)] = _taken(*wish)
    return known


_RUNS: dict[str, Run] = {}


def _taken(
    suite: Suite,
    characters: Mapping[str, Character],
    failures: tuple[Failure, ...],
    seed: int,
    number: int,
) -> Run:
    planned = plan(suite, seed)
    randomness = random.Random(seed)  # noqa: S311 - numbers that must repeat
    clock = _Clock()
    measurements = []
    for round_ in planned.rounds:
        mood = {s: randomness.gauss(0, 0.012) for s in sorted(characters)}
        for turns in round_.benchmarks:
            benchmark = planned.suite.benchmark(turns.benchmark)
            for stack in sorted(set(turns.turns)):
                cell = Cell(benchmark.name, stack)
                if any(f.round == round_.number and f.concerns(cell) for f in failures):
                    continue
                measurements.append(
                    _trial(
                        Trial(round_.number, cell),
                        (benchmark, turns),
                        characters[stack],
                        mood[stack],
                        randomness,
                        clock,
                    )
                )
    return Run(
        number=number,
        created_at="2026-10-14T09:26:53+00:00",
        timetrial_version="0.1.0",
        plan=planned,
        machine=A_MACHINE,
        facts=tuple(some_facts(s.name, characters) for s in planned.suite.stacks),
        measurements=tuple(measurements),
        failures=failures,
        lives=tuple(
            a_life(round_.number, stack) for round_ in planned.rounds for stack in round_.starts
        ),
    )


def cut_short(run: Run, measurements: int) -> Run:
    """Interrupt a run after so many measurements."""
    return dataclasses.replace(run, measurements=run.measurements[:measurements])


def a_measurement(
    windows: Sequence[Window],
    *,
    benchmark: str = "json_query",
    stack: str = "granian",
    round_: int = 1,
    memory_mib: float = 60,
) -> Measurement:
    stamps = (ProcessStamp(100, 5_000), ProcessStamp(101, 5_010))
    memory = Memory(round(memory_mib * 0.8 * MIB), round(memory_mib * 0.2 * MIB))
    return Measurement(
        Trial(round_, Cell(benchmark, stack)), tuple(windows), memory, stamps, stamps
    )


@dataclass(slots=True)
class _Clock:
    now_ns: int = 10 * NS_PER_S


def a_window(  # noqa: PLR0913 - all but what a test is about have defaults
    *,
    index: int = 0,
    completions: int = 1_000,
    length_s: float = 1.0,
    times_ms: Sequence[float] | Mapping[float, int] | None = None,
    failed: Counts | None = None,
    cpu_s: float | None = 0.4,
    generator_cpu_s: float = 0.2,
    connections: int = 16,
    connects: int = 0,
    clock: _Clock | None = None,
) -> Window:
    """Make a window by hand; `failed` holds only the kinds of failure, the rest is derived."""
    clock = clock or _Clock()
    lead_in_ns, drain_ns = nanoseconds(length_s / 10), nanoseconds(length_s / 20)
    opened = clock.now_ns + lead_in_ns
    closed = opened + nanoseconds(length_s)
    bad = failed or Counts()
    lost = sum(getattr(bad, f.name) for f in dataclasses.fields(Counts)) - bad.arrivals - bad.ok
    window = Window(
        index=index,
        started_ns=clock.now_ns,
        opened_ns=opened,
        closed_ns=closed,
        drained_ns=closed + drain_ns,
        counts=dataclasses.replace(bad, arrivals=completions + lost, ok=completions),
        completions=completions,
        completions_overall=round(completions * 1.1),
        response_time=a_histogram(
            {connections * length_s * 1_000 / max(1, completions): completions}
            if times_ms is None
            else times_ms
        ),
        server_cpu_s=cpu_s,
        generator_cpu_s=generator_cpu_s,
        generator_threads=1,
        connections_reached=connections,
        connects=connects,
        bytes_received=completions * 1_400,
    )
    clock.now_ns = closed + drain_ns + nanoseconds(0.01)
    return window


def a_histogram(times_ms: Sequence[float] | Mapping[float, int]) -> str:
    """Record every time once, or as often as the mapping says."""
    histogram = Histogram()
    counted = times_ms if isinstance(times_ms, Mapping) else Counter(times_ms)
    for time_ms, count in counted.items():
        histogram.record(round(time_ms * 1e6), count)
    return base64.b64encode(histogram.encode()).decode()


def a_life(round_: int, stack: str, warnings: tuple[str, ...] = ()) -> StackLife:
    started = round_ * 20 * NS_PER_S
    return StackLife(
        round=round_,
        stack=stack,
        command=("python", "-m", stack, "shop.wsgi:application"),
        started_ns=started,
        ready_ns=started + 640_000_000 + 13_000_000 * len(stack),
        stopped_ns=started + 15 * NS_PER_S,
        processes=(ProcessStamp(100, 5_000), ProcessStamp(101, 5_010)),
        stop_signal="TERM",
        exit_code=0,
        warnings=warnings,
    )


def a_failure(
    stack: str = "waitress", round_: int = 3, benchmark: str | None = None, log_tail: str = LOG_TAIL
) -> Failure:
    return Failure(
        round=round_,
        stack=stack,
        benchmark=benchmark,
        phase="start",
        reason="the main process exited with code 1 before it answered",
        log_tail=log_tail,
    )


def some_facts(stack: str, characters: Mapping[str, Character] = CHARACTERS) -> StackFacts:
    own = f"{stack}=={characters[stack].version}"
    packages = ["asgiref==3.11.0", "Django==5.2.9", "sqlparse==0.5.4", own]
    return StackFacts(stack, "CPython 3.11.7", tuple(sorted(packages, key=str.lower)))


def _trial(  # noqa: PLR0913, PLR0917 - all that an invented trial depends on
    trial: Trial,
    place: tuple[Benchmark, PlannedBenchmark],
    character: Character,
    mood: float,
    randomness: random.Random,
    clock: _Clock,
) -> Measurement:
    benchmark, planned = place
    at_once = 2 if benchmark.mode == "duet" else 1
    own_turns = [i // at_once for i, name in enumerate(planned.turns) if name == trial.cell.stack]
    windows = [
        _window(index, benchmark, character, mood + randomness.gauss(0, 0.02), randomness, clock)
        for index in own_turns
    ]
    memory = character.memory_mib * math.exp(randomness.gauss(0, 0.004))
    measured = a_measurement(
        windows,
        benchmark=benchmark.name,
        stack=trial.cell.stack,
        round_=trial.round,
        memory_mib=memory,
    )
    return dataclasses.replace(measured, equal_shares=False if benchmark.mode == "duet" else None)


def _window(  # noqa: PLR0913, PLR0917 - likewise
    index: int,
    benchmark: Benchmark,
    character: Character,
    mood: float,
    randomness: random.Random,
    clock: _Clock,
) -> Window:
    connections, wait_s = benchmark.load.connections, benchmark.workload.wait_s
    rate = character.requests_per_s * math.exp(mood)
    if wait_s:
        rate = min(rate, min(connections, character.slots) / (wait_s + 0.001))
    if character.plateau and not wait_s:
        rate = connections / 0.0412
    completions = round(rate * benchmark.window_s)
    typical_ms = connections / rate * 1_000
    spread = 0.01 if wait_s or character.plateau else character.jitter
    times = [
        typical_ms * math.exp(randomness.gauss(-spread * spread / 2, spread))
        for _ in range(completions)
    ]
    failed = round(completions * character.failed_share)
    cpu_s = completions * 1.1 * character.cpu_ms / 1_000 * math.exp(randomness.gauss(0, 0.01))
    return a_window(
        index=index,
        completions=completions,
        length_s=benchmark.window_s,
        times_ms=times,
        failed=Counts(wrong_status=failed),
        cpu_s=cpu_s,
        generator_cpu_s=character.generator_share * benchmark.window_s,
        connections=connections,
        connects=round(completions * 1.1) if character.reconnects else 0,
        clock=clock,
    )
