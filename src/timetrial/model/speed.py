"""What the speed probe read on the server's CPUs, and why it did not count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from timetrial.model.metrics import PairedMetric

ProbeRefusal = Literal[
    "no-cpu",
    "no-thread-clock",
    "no-affinity",
    "no-thread",
    "too-costly",
    "shared-cpus",
    "loaded-together",
]
"""Why there was no probe. 'too-costly': it took more than its share of a CPU; 'shared-cpus': the
load generator runs on the server's CPUs; 'loaded-together': several stacks were loaded at once."""


@dataclass(frozen=True, slots=True)
class CpuSpeed:
    """The readings of the probe on one CPU in one window, from before lead-in to after drain."""

    cpu: int
    readings: int
    mean_log_ns: float
    """Mean of ln(CPU time of the work in ns)."""
    cpu_share: float
    """CPU time of the probe as a share of the CPU's, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Speed:
    """The speed of the server's CPUs in one window."""

    amount: int
    """Steps of the work, the same in all windows that are compared."""
    cpus: tuple[CpuSpeed, ...]

    @property
    def cpu_s_share(self) -> float:
        """Return the largest share of a CPU that the probe took."""
        return max((cpu.cpu_share for cpu in self.cpus), default=0.0)


CovariateRefusal = Literal[
    "no-readings",
    "other-amounts",
    "not-server-bound",
    "too-few-rounds",
    "differs-between-stacks",
    "explains-too-little",
]
"""Why readings do not adjust figures. 'differs-between-stacks': a stack slows the probe down, so
that its readings are an effect of the stack; 'explains-too-little': intervals would be no
narrower."""


@dataclass(frozen=True, slots=True)
class SpeedAdjustment:
    """Whether the probe's readings adjusted the comparisons in one metric."""

    metric: PairedMetric
    refusal: CovariateRefusal | None
    """None: they did."""
    slope: float | None = None
    """Change of ln(figure) for one of ln(CPU time of the work)."""
    variance_left: float | None = None
    """Share of the error variance that is left."""
