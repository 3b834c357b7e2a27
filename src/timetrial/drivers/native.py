"""The native engine as a driver."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_address
from typing import Literal

from timetrial import _engine
from timetrial.drivers.driver import (
    Bin,
    ClockGaps,
    Closing,
    Deliveries,
    LoadResult,
    LoadSpec,
    OnProgress,
    Progress,
    RefusalKind,
    RequestResult,
    SessionConfig,
    Target,
    Tls,
    TlsRefusal,
    UpgradeRefusal,
    UploadFacts,
    WebSocketFacts,
)
from timetrial.drivers.streams_and_idle import IdleFacts, StreamFacts
from timetrial.machine.upload_content import file_content
from timetrial.model import (
    ArrivalSchedule,
    Counts,
    EngineFault,
    Expectation,
    Http2Facts,
    Request,
    ThinkTime,
    TlsHandshakes,
    Upload,
    nanoseconds,
    seconds,
)

_CANCELLED_ENDS_WITHIN_S = 5.0
_ANY_BODY = Expectation()


class NativeDriver:
    """Sends load from the engine's threads, one for each CPU that it may use."""

    def __init__(self, threads: int | None = None) -> None:
        self._threads = threads

    def open(self, targets: Sequence[Target], setting: SessionConfig) -> NativeSession:
        threads = min(self._threads or max(1, len(setting.cpus)), setting.connections)
        return NativeSession(_session(targets, setting, threads), threads)

    def open_duet(self, targets: tuple[Target, Target], setting: SessionConfig) -> NativeDuet:
        """Open a session that loads two targets at once, each with half of the threads.

        There are two threads for each CPU.
        """
        threads = self._threads or 2 * min(max(1, len(setting.cpus)), setting.connections)
        return NativeDuet(_session(targets, setting, threads, duet=True), threads // 2)


class _EngineSession(Closing):
    """Loads one after the other in one session of the engine."""

    def __init__(self, session: _engine.Session, threads: int) -> None:
        self._session = session
        self._threads = threads
        self.interrupted: tuple[LoadResult, ...] = ()
        """The results of an interrupted load, one for each target."""

    def close(self) -> None:
        self._session.close()

    def _run(self, spec: LoadSpec, on_progress: OnProgress | None) -> tuple[LoadResult, ...]:
        self._session.start(
            spec.target,
            lead_in_ns=nanoseconds(spec.lead_in_s),
            window_ns=nanoseconds(spec.window_s),
            drain_ns=nanoseconds(spec.drain_s),
            max_requests=spec.max_requests,
            stages=None if spec.open is None else _stages(spec.open),
            poisson=spec.open is not None and spec.open.arrival == "poisson",
            think=None if spec.users is None else [_think(think) for think in spec.users.think],
            seed=spec.open.seed if spec.open else spec.users.seed if spec.users else 0,
            idle=spec.idle,
        )
        try:
            while not (results := self._wait(spec.progress_every_s)):
                if on_progress is not None:
                    on_progress(self._progress())
        except KeyboardInterrupt:
            self._session.cancel()
            self.interrupted = self._wait(_CANCELLED_ENDS_WITHIN_S)
            raise
        return results

    def _wait(self, at_most_s: float) -> tuple[LoadResult, ...]:
        try:
            tallies = self._session.wait(at_most_s)
        except _engine.Fault as fault:
            raise EngineFault(str(fault)) from fault
        return tuple(_result(tally, self._threads) for tally in tallies or ())

    def _progress(self) -> Progress:
        targets = self._session.progress()
        return Progress(
            completions=sum(target.completions for target in targets),
            failures=sum(target.failures for target in targets),
            bytes_received=sum(target.bytes_received for target in targets),
            connections=sum(target.connections for target in targets),
        )


class NativeSession(_EngineSession):
    """A session whose load moves from target to target."""

    def run_load(self, spec: LoadSpec, on_progress: OnProgress | None = None) -> LoadResult:
        (result,) = self._run(spec, on_progress)
        return result


class NativeDuet(_EngineSession):
    """A session whose load is on two targets at once, in the same windows."""

    def run_load(
        self, spec: LoadSpec, on_progress: OnProgress | None = None
    ) -> tuple[LoadResult, LoadResult]:
        """Load both targets; `spec.target` is ignored.

        Raises EngineFault if the counts do not add up.
        """
        first, second = self._run(spec, on_progress)
        return first, second


def _session(
    targets: Sequence[Target], setting: SessionConfig, threads: int, *, duet: bool = False
) -> _engine.Session:
    return _engine.Session(
        [_native_target(target) for target in targets],
        connections=setting.connections,
        threads=threads,
        cpus=list(setting.cpus),
        timeout_ns=nanoseconds(setting.timeout_s),
        pipeline=setting.pipeline,
        fresh_connections=setting.fresh_connections,
        backend=setting.backend,
        spin=setting.spin,
        duet=duet,
    )


def _native_target(target: Target) -> _engine.Target:
    return _engine.Target(
        target.address,
        [_requested(request, target) for request in target.requests],
        sources=[ip_address(source) for source in target.sources],
        tls=None if (tls := target.tls) is None else _tls(tls),
    )


def _tls(tls: Tls) -> tuple[str, bytes | None, bool, bool]:
    return tls.host, tls.authorities, tls.insecure, tls.resumes


def _requested(request: Request, target: Target) -> _engine.Request:
    if request.message is not None:
        return _native_message(request, target)
    plain, stream = _native_request(request, target), request.stream or target.stream
    if stream is None:
        return plain
    return plain.streamed(stream.kind, numbers=stream.numbers, events=stream.events)


def _native_message(request: Request, target: Target) -> _engine.Request:
    expect = request.expect or _ANY_BODY
    return _engine.Request.message(
        host=target.host,
        path=request.path,
        headers=list(request.headers),
        content=request.body,
        is_text=request.message == "text",
        body=None if expect.body is None else expect.body.encode(),
        body_bytes=expect.body_bytes if expect.body is None else None,
        body_template=expect.body_template,
        deflates=target.deflates,
        broadcasts=target.broadcasts,
    )


def _native_request(request: Request, target: Target) -> _engine.Request:
    expect = request.expect or _ANY_BODY
    scheme: Literal["http", "https"] = "http" if target.tls is None else "https"
    return _engine.Request(
        host=target.host,
        path=request.path,
        method=request.method,
        headers=list(request.headers),
        content=request.body,
        status=None if request.expect is None else expect.status,
        body=None if expect.body is None else expect.body.encode(),
        body_bytes=expect.body_bytes if expect.body is None else None,
        body_template=expect.body_template,
        body_sha256=None if target.sha256 is None else bytes.fromhex(target.sha256),
        http2=scheme if target.is_http2 else None,
        upload=None if (upload := request.upload) is None else _upload(upload),
        decodes=target.decodes,
    )


def _upload(upload: Upload) -> tuple[int | None, bytes | None, bool, bool, tuple[str, str] | None]:
    """Read the file of an upload. Raises BadInput if it cannot be read, or is another one now."""
    content = None if not upload.file else file_content(upload)
    form = (upload.field, upload.file_name) if upload.field else None
    length = upload.size if content is None else None
    return length, content, upload.chunked, upload.waits, form


def _stages(load: ArrivalSchedule) -> list[tuple[int, float, float]]:
    return [
        (nanoseconds(stage.duration_s), stage.rate_from, stage.rate_to) for stage in load.stages
    ]


def _think(think: ThinkTime) -> tuple[str, list[int]]:
    if think.mean_s is not None:
        return "exponential", [nanoseconds(think.mean_s)]
    if think.high_s is not None:
        return "uniform", [nanoseconds(think.low_s), nanoseconds(think.high_s)]
    return "constant", [nanoseconds(think.low_s)]


def _result(tally: _engine.Tally, threads: int) -> LoadResult:
    return LoadResult(
        started_ns=tally.started_ns,
        opened_ns=tally.opened_ns,
        closed_ns=tally.closed_ns,
        drained_ns=tally.drained_ns,
        counts=Counts(**tally.window),
        completions=tally.completions,
        overall=Counts(**tally.overall),
        response_time=tally.response_time,
        service_time=tally.service_time,
        lateness=tally.lateness,
        connect_time=tally.connect_time,
        by_request=tuple(
            RequestResult(Counts(**counts), histogram) for counts, histogram in tally.by_request
        ),
        iteration_time=tally.iteration_time,
        series=tuple(Bin(*entry) for entry in tally.series),
        completions_per_connection=tuple(tally.completions_per_connection),
        statuses=tally.statuses,
        bytes_received=tally.bytes_received,
        bytes_sent=tally.bytes_sent,
        uploads=UploadFacts(*tally.uploads),
        connections_reached=tally.connections_reached,
        unsolicited=tally.unsolicited,
        generator_cpu_s=seconds(tally.cpu_ns),
        generator_wait_s=None if (wait_ns := tally.run_queue_wait_ns) is None else seconds(wait_ns),
        generator_threads=threads,
        gaps=_gaps(*tally.gaps_ns),
        connect_error=tally.connect_error,
        tls_refusal=None if tally.tls_refusal is None else TlsRefusal(*tally.tls_refusal),
        tls=None if (made := tally.tls_handshakes) is None else TlsHandshakes(*made),
        deliveries=None if (came := tally.deliveries) is None else Deliveries(*came),
        websocket=None if tally.websocket is None else _websocket(*tally.websocket),
        http2=None if tally.http2 is None else Http2Facts(*tally.http2),
        streams=None if tally.streams is None else StreamFacts.of(*tally.streams),
        idle=None if tally.idle is None else IdleFacts(*tally.idle),
    )


def _websocket(
    pings: int,
    unasked: int,
    closes: dict[int, int],
    refusal: tuple[RefusalKind, int] | None,
    deflated: int | None,
) -> WebSocketFacts:
    refused = None if refusal is None else UpgradeRefusal(*refusal)
    return WebSocketFacts(pings, unasked, closes, refused, deflated)


def _gaps(total_ns: int, largest_ns: int, largest_at_ns: int) -> ClockGaps:
    return ClockGaps(seconds(total_ns), seconds(largest_ns), largest_at_ns)
