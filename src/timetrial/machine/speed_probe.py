"""The speed of the server's CPUs while a window is measured: the engine's probe, and its limits."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Protocol, get_args

from timetrial import _engine
from timetrial.machine.placement import Placement
from timetrial.model import NS_PER_S, BadInput, CpuSpeed, ProbeRefusal, Speed

_JUDGED_FROM_NS = NS_PER_S
"""A shorter time says nothing of the probe's share: one reading is too much of it."""


class Probe(Protocol):
    """What the engine's probe does; see `_engine.SpeedProbe`."""

    @property
    def amount(self) -> int: ...
    def begin(self) -> None: ...
    def end(self) -> list[tuple[int, int, float, int, int]]: ...


class Refused(Exception):  # noqa: N818 - no error: most measurements have no probe
    """There is no probe, for this reason."""

    def __init__(self, reason: ProbeRefusal, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason: ProbeRefusal = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Span:
    """What was read in one window."""

    speed: Speed
    cpu_s: float
    """CPU time of the probe on these CPUs."""


@dataclass(slots=True)
class SpeedProbe:
    """Reads from `begin` to `end`, until that takes too much of a CPU."""

    probe: Probe
    refusal: ProbeRefusal | None = None
    """Why it does not read any more."""
    _used: dict[int, tuple[int, int]] = field(default_factory=dict)
    """CPU time of the probe, and time that passed, in ns, by CPU."""

    @property
    def amount(self) -> int:
        return self.probe.amount

    def begin(self) -> None:
        if self.refusal is None:
            self.probe.begin()

    def end(self, cpus: Collection[int]) -> Span | None:
        """Return what was read on these CPUs; None where it does not read any more."""
        if self.refusal is not None:
            return None
        read = [one for one in self.probe.end() if one[0] in cpus]
        for cpu, _, _, cpu_ns, length_ns in read:
            used_ns, passed_ns = self._used.get(cpu, (0, 0))
            self._used[cpu] = used_ns + cpu_ns, passed_ns + length_ns
        if any(map(_is_too_costly, self._used.values())):
            self.refusal = "too-costly"
        speeds = tuple(
            CpuSpeed(cpu, count, mean, cpu_ns / length_ns if length_ns else 0.0)
            for cpu, count, mean, cpu_ns, length_ns in read
        )
        return Span(Speed(self.amount, speeds), sum(one[3] for one in read) / NS_PER_S)


def _is_too_costly(used: tuple[int, int]) -> bool:
    used_ns, passed_ns = used
    most = _engine.SpeedProbe.MOST_CPU_SHARE
    return passed_ns >= _JUDGED_FROM_NS and used_ns > most * passed_ns


def open_probe(placement: Placement, amount: int | None = None) -> SpeedProbe:
    """Pin the probe to the server's CPUs; without an amount of work, it is calibrated.

    Raises Refused where there can be none.
    """
    if {*placement.server_cpus} & {*placement.generator_cpus}:
        raise Refused("shared-cpus")
    try:
        return SpeedProbe(_engine.SpeedProbe(list(placement.server_cpus), amount=amount))
    except _engine.ProbeRefused as refused:
        reason, detail = refused.args
        known: tuple[ProbeRefusal, ...] = get_args(ProbeRefusal)
        raise Refused(next(each for each in known if each == reason), detail) from None


def as_before(placement: Placement, speed: Speed) -> SpeedProbe | None:
    """Open a probe whose work is that of a former window, if there can be one."""
    try:
        return open_probe(placement, speed.amount)
    except Refused:
        return None


def asked_for(placement: Placement) -> SpeedProbe:
    """Open the probe that a user wants; raises BadInput where there can be none."""
    try:
        return open_probe(placement)
    except Refused as refused:
        why = SENTENCES[refused.reason].format(refused.detail)
        raise BadInput(f"--probe: {why}") from None


SENTENCES: dict[ProbeRefusal, str] = {
    "no-cpu": "there is no CPU for servers",
    "no-thread-clock": "the kernel has no clock of a thread's CPU time that is exact to 2 µs",
    "no-affinity": "no thread may be pinned to the servers' CPUs ({})",
    "no-thread": "the threads that read cannot be started ({})",
    "too-costly": "its work would take more than 1.5 % of a CPU",
    "shared-cpus": "servers and load engine share their CPUs, so that it would see both",
    "loaded-together": "servers are loaded together, so that it would see all of them",
}
"""Why there is no probe, as clauses; some take a detail."""
