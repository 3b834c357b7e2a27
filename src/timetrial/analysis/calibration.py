"""The observations of a calibration, judged against the known truth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from timetrial._engine import Histogram
from timetrial.analysis.statistics.quantile import percentile
from timetrial.model import NS_PER_MS, NS_PER_S, Counts

RELATIVE = 0.02
CLOSE_NS = 50_000
"""A percentile passes if its error is at most `CLOSE_NS`, or that share of the truth."""
FREEZE_RELATIVE = 0.05
"""After a freeze the backlog is served first: the truth is only modelled."""
SMALL_NS = NS_PER_MS
"""A send is on time up to this lateness; an unfrozen server answers the median within it."""
LOWEST_RATE_PER_S = 1_000
HIGHEST_RATE_PER_S = 64_000
_COMPLETED = 0.99
"""A rate is sustained only if this share of its requests is answered inside the window."""

Unit = Literal["ns", "requests", "requests/s", "share"]
Judged = Literal["within", "at most", "at least", "not"]


@dataclass(frozen=True, slots=True)
class Distribution:
    """An open load on a responder with known response times."""

    name: str
    quantiles: tuple[float, ...]
    truth: Histogram
    """What the responder itself recorded, in ns, from the moment the kernel had a request to the
    moment the write of its response returned; the others are in ns, too."""
    service_time: Histogram
    response_time: Histogram
    lateness: Histogram


@dataclass(frozen=True, slots=True)
class Freeze:
    """An open load at a constant rate on a responder that answers at once, except in a freeze."""

    load_s: float
    freeze_s: float
    planned: int
    """Planned requests."""
    counts: Counts
    response_time: Histogram


@dataclass(frozen=True, slots=True)
class Tallied:
    """A closed load, counted at both ends."""

    name: str
    counts: Counts
    requests: int
    """Requests that the responder read …"""
    responses: int
    """… and answered."""


@dataclass(frozen=True, slots=True)
class RateTrial:
    """An attempt at a constant rate."""

    rate_per_s: int
    counts: Counts
    completions: int
    lateness: Histogram
    cpu_share: float
    """Of the generator's CPUs."""

    @property
    def held(self) -> bool:
        answered = self.completions >= _COMPLETED * self.counts.arrivals
        in_time = bool(self.lateness.count) and self.lateness.quantile(0.99) < SMALL_NS
        return answered and not self.counts.failed and in_time


@dataclass(frozen=True, slots=True)
class Observed:
    """All observations of a calibration; those that failed at first were repeated."""

    floor: Distribution
    """Of a responder that answers at once: the offset between its clock and the generator's."""
    distributions: tuple[tuple[Distribution, ...], ...]
    freeze: tuple[Freeze, ...]
    tallied: tuple[Tallied, ...]
    rates: tuple[RateTrial, ...]
    """Doubling from the lowest, the last one sustained or not; one that was not comes twice."""
    server_cpus: tuple[int, ...]
    generator_cpus: tuple[int, ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One figure and its truth."""

    check: str
    quantity: str
    unit: Unit
    measured: float | None
    """None where nothing was measured."""
    truth: float | None = None
    """None where it is unknown."""
    judged: Judged = "not"
    """The required relation of the figure to the truth."""
    allowed: float = 0.0
    """The largest absolute difference that counts as "within"."""
    attempt: int = 1
    """2: the repetition of a failed figure."""
    repeated: bool = False
    """Whether it failed and was repeated: one stall of the machine decides nothing."""

    @property
    def difference(self) -> float | None:
        if self.truth is None or self.measured is None:
            return None
        return self.measured - self.truth

    @property
    def ok(self) -> bool | None:
        """None: there is no criterion."""
        if self.measured is None:
            # Where something was to be measured, nothing is no success.
            return None if self.judged == "not" else False
        if self.truth is None or self.judged == "not":
            return None
        if self.judged == "within":
            return abs(self.measured - self.truth) <= self.allowed
        if self.judged == "at most":
            return self.measured <= self.truth
        return self.measured >= self.truth


@dataclass(frozen=True, slots=True)
class Calibration:
    """The result of a calibration."""

    rows: tuple[Row, ...]
    highest_rate_per_s: int
    """Highest sustained rate; 0: none."""
    offset_ns: float
    """Largest error of the p50 of service times …"""
    floor_ns: float
    """… and its error where the server answers at once: the offset between the two clocks, from the
    generator's call to send, and from its wake-up at the response."""

    @property
    def failed(self) -> tuple[Row, ...]:
        """Rows that failed, and failed again where they were repeated."""
        return tuple(row for row in self.rows if row.ok is False and not row.repeated)


def is_off(seen: Distribution | Freeze) -> bool:
    """Return whether any figure fails, so that a repetition is due."""
    return any(row.ok is False for row in _judged(seen))


def judge(observed: Observed) -> Calibration:
    rows = list(_floor(observed.floor))
    for attempts in observed.distributions:
        rows += _with_repetition(attempts)
    rows += _with_repetition(observed.freeze)
    rows += [row for tallied in observed.tallied for row in _tallied(tallied)]
    highest = max((trial.rate_per_s for trial in observed.rates if trial.held), default=0)
    rows += _abilities(observed.rates, highest)
    return Calibration(
        tuple(rows),
        highest,
        offset_ns=max(
            (_offset_ns(attempts[-1]) for attempts in observed.distributions), default=0.0
        ),
        floor_ns=_offset_ns(observed.floor),
    )


def _offset_ns(seen: Distribution) -> float:
    return abs(seen.service_time.quantile(0.5) - seen.truth.quantile(0.5))


def _floor(seen: Distribution) -> Iterator[Row]:
    for q in seen.quantiles:
        yield Row(
            seen.name, f"service time {percentile(q)}", "ns",
            _at(seen.service_time, q), _at(seen.truth, q),
        )  # fmt: skip


def _with_repetition(attempts: Sequence[Distribution | Freeze]) -> Iterator[Row]:
    """Yield each row; after a failed one, its repetition."""
    repetitions = [{row.quantity: row for row in _judged(seen)} for seen in attempts[1:]]
    for row in _judged(attempts[0]):
        if row.ok is False and repetitions:
            yield replace(row, repeated=True)
            yield replace(repetitions[0][row.quantity], attempt=2)
        else:
            yield row


def _judged(seen: Distribution | Freeze) -> Iterator[Row]:
    return _distribution(seen) if isinstance(seen, Distribution) else _freeze(seen)


def _distribution(seen: Distribution) -> Iterator[Row]:
    measured = {"service time": seen.service_time, "response time": seen.response_time}
    for name, histogram in measured.items():
        for q in seen.quantiles:
            truth = _at(seen.truth, q)
            yield Row(
                seen.name, f"{name} {percentile(q)}", "ns", _at(histogram, q), truth,
                "within", max(RELATIVE * (truth or 0), CLOSE_NS),
            )  # fmt: skip
    yield Row(seen.name, "own lateness p99", "ns", _at(seen.lateness, 0.99))


def _freeze(seen: Freeze) -> Iterator[Row]:
    """Requests that were due in the freeze waited for its rest; the others took almost no time."""
    check = f"freeze of {seen.freeze_s:g} s"
    time = seen.response_time
    yield Row(check, "response time p50", "ns", _at(time, 0.5), truth=SMALL_NS, judged="at most")
    share = seen.freeze_s / seen.load_s
    for q in (0.75, 0.9, 0.99):
        truth = (q - (1 - share)) / share * seen.freeze_s * NS_PER_S
        yield Row(
            check, f"response time {percentile(q)}", "ns", _at(time, q), truth,
            "within", FREEZE_RELATIVE * truth,
        )  # fmt: skip
    yield _counted(check, "requests due", seen.counts.arrivals, seen.planned)
    yield _counted(check, "correct responses", seen.counts.ok, seen.planned)


def _tallied(seen: Tallied) -> Iterator[Row]:
    yield _counted(seen.name, "requests", seen.counts.arrivals, seen.requests)
    yield _counted(seen.name, "correct responses", seen.counts.ok, seen.responses)


def _at(histogram: Histogram, q: float) -> int | None:
    return histogram.quantile(q) if histogram.count else None


def _counted(check: str, quantity: str, measured: int, truth: int) -> Row:
    return Row(check, quantity, "requests", measured, truth, "within")


def _abilities(trials: Sequence[RateTrial], highest: int) -> Iterator[Row]:
    check = "this machine"
    yield Row(
        check, "highest rate on time", "requests/s", highest, LOWEST_RATE_PER_S, "at least"
    )  # fmt: skip
    tried: set[int] = set()
    for trial in trials:
        at = f"at {trial.rate_per_s:,}/s"
        p50, p99 = (_at(trial.lateness, q) for q in (0.5, 0.99))
        attempt = 2 if trial.rate_per_s in tried else 1
        if not tried:
            yield Row(check, f"own lateness p50 {at}", "ns", p50)
        yield Row(check, f"own lateness p99 {at}", "ns", p99, attempt=attempt)
        tried.add(trial.rate_per_s)
    for rate_per_s in sorted({min(tried, default=highest), highest} & tried):
        trial = [trial for trial in trials if trial.rate_per_s == rate_per_s][-1]
        yield Row(check, f"generator CPU at {rate_per_s:,}/s", "share", trial.cpu_share)
