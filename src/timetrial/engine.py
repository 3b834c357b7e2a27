"""The load engine for programs: load a server, or run a server with known response times.

    with Responder(Constant(0.005)) as responder:
        result = run_load(responder.address, ArrivalSchedule((Stage(1.0, 1000, 1000),)))
        record = responder.stop()
    assert result.counts.ok == record.requests

Lengths of time are in s in arguments, and in ns in results.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Literal, Self

from timetrial import _engine
from timetrial._engine import Histogram
from timetrial.drivers.driver import LoadResult, LoadSpec, OnProgress, SessionConfig, Target, Tls
from timetrial.drivers.native import NativeDriver
from timetrial.model import (
    ArrivalSchedule,
    BadInput,
    ClosedLoad,
    Expectation,
    Request,
    Stage,
    ThinkSchedule,
    ThinkTime,
    nanoseconds,
)
from timetrial.model.address import resolve
from timetrial.model.delay import (
    Bimodal,
    Constant,
    Delay,
    Exponential,
    LogNormal,
    NoDelay,
    Uniform,
    described,
)
from timetrial.model.redaction import without_account

__all__ = [
    "ArrivalSchedule",
    "Bimodal",
    "ClosedLoad",
    "Constant",
    "Delay",
    "Expectation",
    "Exponential",
    "Histogram",
    "LoadResult",
    "LoadSpec",
    "LogNormal",
    "NoDelay",
    "Record",
    "Request",
    "Responder",
    "ResponderCounts",
    "SessionConfig",
    "Stage",
    "Target",
    "ThinkSchedule",
    "ThinkTime",
    "Tls",
    "Trust",
    "Uniform",
    "run_load",
]

_NO_DELAY = NoDelay()
_FIFTY_CONNECTIONS = ClosedLoad(50)
_OPEN = SessionConfig(connections=1000, cpus=(), timeout_s=10.0)
_USERS = replace(_OPEN, connections=50)
_LENGTH_S = 10.0
"""The default length of a load."""


@dataclass(frozen=True, slots=True)
class ResponderCounts:
    """The counts of a responder so far."""

    accepted: int
    """Connections."""
    open: int
    """Connections that are open now."""
    requests: int
    responses: int


@dataclass(frozen=True, slots=True)
class Record:
    """The record of a responder that was stopped."""

    response_time: Histogram
    """In ns, from the receipt of a request to the write of its response."""
    requests: int
    responses: int


class Responder:
    """A server on 127.0.0.1 with known response times, which serves as soon as it is made.

    It runs on native threads, one for each of `cpus`, or one that is not pinned. The same `seed`
    gives the same delays. A request is received when its thread has `read` it, or when the `kernel`
    has it: delay and record then begin before the thread wakes up, for one more clock reading a
    request. With `tls` it serves TLS only. Raises BadInput for an impossible delay or CPU.
    """

    def __init__(
        self,
        delay: Delay = _NO_DELAY,
        *,
        receipt: Literal["read", "kernel"] = "read",
        tls: bool = False,
        cpus: Sequence[int] = (),
        seed: int = 0,
    ) -> None:
        kind, times_s, share = described(delay)
        try:
            self._native = _engine.Responder(
                delay=kind,
                delay_ns=[nanoseconds(time_s) for time_s in times_s],
                share=share,
                receipt=receipt,
                tls=tls,
                threads=max(1, len(cpus)),
                cpus=list(cpus),
                seed=seed,
            )
        except (ValueError, OverflowError, OSError) as error:
            raise BadInput(f"the responder cannot be started: {error}") from error
        self.address = self._native.address
        """IP address and port, as a Target takes it."""
        self.authority = self._native.authority
        """With `tls`: the authority of its certificate, which is new each time (PEM)."""
        self._record: Record | None = None

    def counts(self) -> ResponderCounts:
        """Return the present counts. Raises ValueError if the responder is stopped."""
        counts = self._native.counts()
        return ResponderCounts(
            **{field.name: counts[field.name] for field in fields(ResponderCounts)}
        )

    def pause(self, length_s: float) -> None:
        """Freeze for `length_s`: nothing is accepted, read or answered; returns at once.

        Raises ValueError for a length below 0, or if the responder is stopped.
        """
        self._native.pause(length_s)

    def stop(self) -> Record:
        """Stop, and return the record; a second stop returns the same."""
        if self._record is None:
            response_time, counts = self._native.stop()
            self._record = Record(response_time, counts["requests"], counts["responses"])
        return self._record

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()


@dataclass(frozen=True, slots=True)
class Trust:
    """How the certificate of an https:// URL's server is checked."""

    authorities: bytes | None = None
    """Trusted certificates in PEM; None: those of the system."""
    insecure: bool = False
    """Whether the check is skipped."""


def run_load(  # noqa: PLR0913 - independent options of a load
    target: str | Target,
    load: ClosedLoad | ArrivalSchedule | ThinkSchedule = _FIFTY_CONNECTIONS,
    setting: SessionConfig | None = None,
    *,
    duration_s: float | None = None,
    max_requests: int | None = None,
    trust: Trust | None = None,
    on_progress: OnProgress | None = None,
) -> LoadResult:
    """Load one target, and return the outcomes of all requests.

    `target` is a loopback URL, an address such as '127.0.0.1:8000', or a Target with its own
    requests. `trust` is for https:// URLs; a Target has its Tls.

    An ArrivalSchedule lasts as long as its stages, with at most the setting's connections. A
    ClosedLoad has its own connections and timeout, which replace those of the setting. A
    ThinkSchedule has a think time for each request of the target, and the setting's connections
    are its users. The latter two last `duration_s` (10 by default), or until `max_requests` are
    done. The default setting has a timeout of 10 s and at most 1,000 connections, or 50 users.

    Raises BadTarget for a target that cannot or may not be loaded, BadInput for an impossible
    load, and EngineFault if the counts do not add up.
    """
    resolved = _target(target, trust)
    planned = replace(_load_spec(load, duration_s), max_requests=max_requests)
    if isinstance(load, ThinkSchedule) and len(load.think) != len(resolved.requests):
        raise BadInput(
            f"{len(load.think)} think times for {len(resolved.requests)} requests: each request "
            "needs one"
        )
    setting = setting or (_USERS if isinstance(load, ThinkSchedule) else _OPEN)
    if isinstance(load, ClosedLoad):
        setting = replace(setting, connections=load.connections, timeout_s=load.timeout_s)
    planned = replace(planned, drain_s=setting.timeout_s)
    try:
        with NativeDriver().open([resolved], setting) as session:
            return session.run_load(planned, on_progress)
    except (ValueError, OverflowError, OSError) as error:
        raise BadInput(f"the load cannot be driven: {error}") from error


def _load_spec(
    load: ClosedLoad | ArrivalSchedule | ThinkSchedule, duration_s: float | None
) -> LoadSpec:
    if isinstance(load, ArrivalSchedule):
        if duration_s is not None:
            raise BadInput("duration_s is for a closed load and for users: an open one has stages")
        return LoadSpec(0, load.duration_s, open=load)
    length_s = _LENGTH_S if duration_s is None else duration_s
    return LoadSpec(0, length_s, users=load if isinstance(load, ThinkSchedule) else None)


def _target(target: str | Target, trust: Trust | None) -> Target:
    if isinstance(target, Target):
        if trust is not None:
            raise BadInput("trust is for https:// URLs: a Target has its Tls")
        return target
    address = resolve(target if "://" in target else f"http://{target}")
    if trust is not None and not address.encrypted:
        raise BadInput(f"trust is for https:// URLs, not for {without_account(target)!r}")
    trust = trust or Trust()
    tls = Tls(address.name, trust.authorities, trust.insecure) if address.encrypted else None
    request = Request(address.path, headers=address.authorized(()))
    return Target(str(address), address.host, (request,), tls)
