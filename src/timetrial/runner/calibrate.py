"""Measures the load engine against a server whose response times are known, on this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from timetrial.analysis import calibration
from timetrial.drivers.driver import OnProgress, Progress
from timetrial.engine import (
    ArrivalSchedule,
    Bimodal,
    ClosedLoad,
    Constant,
    Delay,
    LogNormal,
    NoDelay,
    Request,
    Responder,
    SessionConfig,
    Stage,
    Target,
    run_load,
)
from timetrial.machine.clock import MACHINE_CLOCK, Clock
from timetrial.machine.placement import Placement, available_cpus, physical_cores, place
from timetrial.model import seconds

_TOTAL_S = 54.0
"""With its beginnings and ends a calibration takes less than a minute, repetitions included."""
_FLOOR_S = 1.0
_DISTRIBUTION_S = 10.0
"""At 1,000/s there are ten response times beyond p99.9."""
_FREEZE_LOAD_S = 5.0
_FREEZE_AFTER_S = 2.0
_FREEZE_S = 2.0
_COUNT_S = 0.5
_RATE_S = 0.5

_RATE_PER_S = 1_000
_CONNECTIONS = 100
"""With the responder's, a fifth of the descriptors that a shell usually allows."""
_PIPELINE = 16
_TIMEOUT_S = 10.0
_QUANTILES = (0.5, 0.75, 0.9, 0.99, 0.999)


@dataclass(frozen=True, slots=True)
class _Case:
    name: str
    delay: Delay
    quantiles: tuple[float, ...] = _QUANTILES


_FLOOR = _Case("no delay", NoDelay(), (0.5, 0.99))
_CASES = (
    _Case("constant 5 ms", Constant(0.005)),
    _Case("lognormal 4 ms", LogNormal(median_s=0.004, sigma=0.5)),
    # Its p90 is where slow responses begin: one request more or less decides on 2 or 20 ms.
    _Case("bimodal 2/20 ms", Bimodal(0.002, 0.020, share_slow=0.1), (0.5, 0.75, 0.99, 0.999)),
)

OnStep = Callable[[str], None]


def observe(
    on_step: OnStep, scale: float = 1.0, clock: Clock = MACHINE_CLOCK
) -> calibration.Observed:
    """Take all measurements; `on_step` is called with the title of each before it begins.

    Figures that are off are measured once more, if time allows. `scale` multiplies all lengths of
    time. Raises BadInput when nothing can be measured here.
    """
    ends_s = clock.now_s() + _TOTAL_S * scale
    cpus = available_cpus()
    placement = place(cpus, physical_cores(cpus))
    calibrator = _Calibrator(placement, scale, on_step, clock)
    floor = calibrator.distribution(_FLOOR, _FLOOR_S * scale)
    first = [calibrator.distribution(case, _DISTRIBUTION_S * scale) for case in _CASES]
    freeze = calibrator.freeze()
    tallied = (calibrator.tallied("unpipelined", 1), calibrator.tallied("pipelined", _PIPELINE))
    rates = tuple(calibrator.rates())
    freezes = (freeze, calibrator.freeze()) if calibration.is_off(freeze) else (freeze,)
    return calibration.Observed(
        floor=floor,
        distributions=calibrator.repeated(first, ends_s),
        freeze=freezes,
        tallied=tallied,
        rates=rates,
        server_cpus=placement.server_cpus,
        generator_cpus=placement.generator_cpus,
        warnings=placement.warnings,
    )


@dataclass(frozen=True, slots=True)
class _Calibrator:
    placement: Placement
    scale: float
    on_step: OnStep
    clock: Clock

    def distribution(self, case: _Case, length_s: float) -> calibration.Distribution:
        self.on_step(f"{case.name}: {_RATE_PER_S:,}/s for {length_s:.3g} s")
        with self._responder(case.delay) as responder:
            load = ArrivalSchedule((Stage(length_s, _RATE_PER_S, _RATE_PER_S),), "poisson")
            result = run_load(_target(responder), load, self._setting())
            truth = responder.stop().response_time
        return calibration.Distribution(
            case.name, case.quantiles, truth,
            result.service_time, result.response_time, result.lateness,
        )  # fmt: skip

    def repeated(
        self, first: Sequence[calibration.Distribution], ends_s: float
    ) -> tuple[tuple[calibration.Distribution, ...], ...]:
        """Measure each distribution that is off once more; they share the time that is left."""
        off = [distribution for distribution in first if calibration.is_off(distribution)]
        left_s = (ends_s - self.clock.now_s()) / max(1, len(off))
        length_s = min(_DISTRIBUTION_S * self.scale, max(_FLOOR_S * self.scale, left_s))
        return tuple(
            (distribution, self.distribution(case, length_s))
            if distribution in off
            else (distribution,)
            for case, distribution in zip(_CASES, first, strict=True)
        )

    def freeze(self) -> calibration.Freeze:
        load_s, freeze_s = _FREEZE_LOAD_S * self.scale, _FREEZE_S * self.scale
        self.on_step(f"freeze of {freeze_s:g} s: {_RATE_PER_S:,}/s for {load_s:g} s")
        with self._responder() as responder:
            freezing = _once_after(
                _FREEZE_AFTER_S * self.scale, lambda: responder.pause(freeze_s), self.clock
            )
            load = _constant(load_s, _RATE_PER_S)
            result = run_load(_target(responder), load, self._setting(), on_progress=freezing)
        planned = round(_RATE_PER_S * load_s)
        return calibration.Freeze(load_s, freeze_s, planned, result.counts, result.response_time)

    def tallied(self, name: str, pipeline: int) -> calibration.Tallied:
        length_s = _COUNT_S * self.scale
        self.on_step(f"{name}: as much as goes for {length_s:g} s")
        with self._responder() as responder:
            setting = replace(self._setting(), pipeline=pipeline)
            load = ClosedLoad(50, _TIMEOUT_S)
            result = run_load(_target(responder), load, setting, duration_s=length_s)
            record = responder.stop()
        return calibration.Tallied(name, result.overall, record.requests, record.responses)

    def rates(self) -> Iterator[calibration.RateTrial]:
        """Double the rate until it is not held, twice in succession."""
        rate_per_s = calibration.LOWEST_RATE_PER_S
        while rate_per_s <= calibration.HIGHEST_RATE_PER_S:
            trial = self._rate(rate_per_s)
            yield trial
            if not trial.held:
                trial = self._rate(rate_per_s)
                yield trial
            if not trial.held:
                return
            rate_per_s *= 2

    def _rate(self, rate_per_s: int) -> calibration.RateTrial:
        length_s = _RATE_S * self.scale
        self.on_step(f"{rate_per_s:,}/s for {length_s:g} s")
        with self._responder() as responder:
            load = _constant(length_s, rate_per_s)
            result = run_load(_target(responder), load, self._setting())
        had_s = seconds(result.closed_ns - result.opened_ns) * result.generator_threads
        return calibration.RateTrial(
            rate_per_s, result.counts, result.completions, result.lateness,
            result.generator_cpu_s / had_s,
        )  # fmt: skip

    def _responder(self, delay: Delay = NoDelay()) -> Responder:  # noqa: B008 - it is frozen
        # With the kernel's timestamps, the wake-up of its thread is in its own record.
        return Responder(delay, receipt="kernel", cpus=self.placement.server_cpus)

    def _setting(self) -> SessionConfig:
        return SessionConfig(_CONNECTIONS, self.placement.generator_cpus, _TIMEOUT_S, spin=True)


def _target(responder: Responder) -> Target:
    return Target(responder.address, responder.address, (Request("/"),))


def _constant(length_s: float, rate_per_s: float) -> ArrivalSchedule:
    return ArrivalSchedule((Stage(length_s, rate_per_s, rate_per_s),), "constant")


def _once_after(wait_s: float, act: Callable[[], None], clock: Clock) -> OnProgress:
    """Act once, at the first progress after a wait in seconds."""
    due_s = clock.now_s() + wait_s
    pending = [act]

    def on_progress(_: Progress) -> None:
        if pending and clock.now_s() >= due_s:
            pending.pop()()

    return on_progress
