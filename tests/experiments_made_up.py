"""Experiments that nobody has held, for tests of what is made of them."""

from __future__ import annotations

from timetrial.model.experiment import (
    EventOutcome,
    ExperimentFailure,
    Kind,
    MachineInterval,
    Occasion,
    Reloading,
    Stopping,
    WorkerKilled,
)
from timetrial.model.measurement import Counts, MachineConditions, Memory
from timetrial.model.units import MIB

LENGTH_BINS = 40
EVENT_BIN = 10
A_BIN = 20
"""Requests that are due in a tenth of a second."""


def a_passage(
    lost: int = 0, refused: int = 0, early: int = 0, silent: range = range(0), cut_off: int = 0
) -> EventOutcome:
    """Make 4 s at 200 requests a second, with something after 1 s; `silent` bins have no answer.

    Those that were `cut_off` are among the `lost`.
    """
    failures = [0] * LENGTH_BINS
    failures[0], failures[EVENT_BIN] = early, lost + refused
    completions = [0 if index in silent else A_BIN for index in range(LENGTH_BINS)]
    ok = sum(completions)
    counts = Counts(
        arrivals=ok + lost + refused + early,
        ok=ok,
        connect_failed=refused,
        reset=early,
        closed_early=lost,
    )
    return EventOutcome(
        rate_per_s=200.0,
        length_s=4.0,
        event_s=1.004,
        counts=counts,
        due_before=Counts(
            arrivals=200, ok=200 - early - cut_off, reset=early, closed_early=cut_off
        ),
        completions=tuple(completions),
        failures=tuple(failures),
        in_flight=0.2,
    )


def a_stop(  # noqa: PLR0913 - all but what a test is about have defaults
    stack: str = "a",
    repeat: int = 1,
    *,
    lost: int = 0,
    cut_off: int = 0,
    exit_s: float | None = 0.3,
    exit_code: int | None = 0,
    left: int = 0,
    at_start: MachineInterval | None = None,
    machine_interval: MachineInterval | None = None,
) -> Stopping:
    return Stopping(
        occasion=occasion(stack, repeat, "stop"),
        startup_s=0.4 + repeat / 100,
        at_rest=Memory(20 * MIB, 20 * MIB),
        after_load=Memory(24 * MIB, 20 * MIB),
        requests=10_000,
        outcome=a_passage(lost=lost, cut_off=cut_off),
        exit_s=exit_s,
        exit_code=exit_code,
        left=left,
        at_start=at_start,
        machine_interval=machine_interval,
    )


def a_reload(  # noqa: PLR0913 - likewise
    stack: str = "a",
    repeat: int = 1,
    *,
    outcome: EventOutcome | None = None,
    replaced: int = 2,
    ended: bool = False,
    took_s: float | None = 1.5,
    machine_interval: MachineInterval | None = None,
) -> Reloading:
    return Reloading(
        occasion=occasion(stack, repeat, "reload"),
        signal="SIGHUP",
        outcome=outcome or a_passage(),
        workers=2,
        replaced=replaced,
        came=replaced,
        took_s=took_s,
        ended=ended,
        exit_code=1 if ended else None,
        machine_interval=machine_interval,
    )


def a_kill(  # noqa: PLR0913 - likewise
    stack: str = "a",
    repeat: int = 1,
    *,
    outcome: EventOutcome | None = None,
    served: tuple[int, ...] = (110, 90),
    cpu_s: tuple[float, ...] = (0.02, 0.02),
    back_s: float | None = 0.8,
    ended: bool = False,
    exit_code: int | None = None,
    machine_interval: MachineInterval | None = None,
) -> WorkerKilled:
    return WorkerKilled(
        occasion=occasion(stack, repeat, "worker"),
        outcome=outcome or a_passage(),
        served=served,
        cpu_s=cpu_s,
        back_s=back_s,
        ended=ended,
        exit_code=exit_code,
        machine_interval=machine_interval,
    )


def surrounded(  # noqa: PLR0913 - likewise
    foreign_cpu_s: float | None = 0.0,
    steal_s: float | None = 0.0,
    throttled_s: float | None = None,
    memory_pressure_s: float | None = None,
    *,
    passed_s: float = 4.0,
    seen_s: float | None = None,
) -> MachineInterval:
    """Make the machine during 4 s, with a CPU for the server and one for the generator."""
    machine = MachineConditions(
        passed_s, (0,), 2, steal_s, throttled_s, memory_pressure_s, io_pressure_s=0.0
    )
    return MachineInterval(machine, foreign_cpu_s, passed_s if seen_s is None else seen_s)


def alone(stack: str = "a", repeat: int = 1) -> WorkerKilled:
    """Make the experiment that cannot be held: the main process serves alone."""
    return WorkerKilled(
        occasion(stack, repeat, "worker"), None, (), (), None, ended=False, exit_code=None
    )


def a_setback(stack: str = "a", kind: Kind = "stop") -> ExperimentFailure:
    return ExperimentFailure(occasion(stack, 1, kind), "start: the port is taken", "")


def occasion(stack: str, repeat: int, kind: Kind) -> Occasion:
    return Occasion(repeat, stack, kind)
