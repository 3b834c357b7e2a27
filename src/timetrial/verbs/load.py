"""Drives load at a URL and accounts for every request."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from timetrial.drivers.driver import (
    DriverSession,
    LoadResult,
    LoadSpec,
    Progress,
    SessionConfig,
    Target,
    TlsRefusal,
)
from timetrial.drivers.load_run import LoadRun, LoadTerms, Sent
from timetrial.drivers.native import NativeDriver
from timetrial.drivers.sources import check_sources
from timetrial.drivers.tls import tls_for
from timetrial.drivers.unix_sockets import check_unix_socket
from timetrial.model import BadInput, Expectation, Request, ThinkSchedule, Upload, size
from timetrial.model.address import Address, resolve
from timetrial.model.redaction import without_account
from timetrial.project.requests.jsonl import read_script
from timetrial.reports.http2_notes import refused_text
from timetrial.verbs.options.load import LoadOptions

_UNBOUNDED_S = 24 * 3600.0
_USUAL_S = 10.0
_FIRST_DRAIN_S = 0.1


@dataclass(frozen=True, slots=True)
class LoadBegins:
    """The load generator is ready and begins."""

    drive: LoadSpec
    sends: Sent = "request"


LoadEvent = LoadBegins | Progress
LoadObserver = Callable[[LoadEvent], None]


def load(options: LoadOptions, observer: LoadObserver = lambda _event: None) -> LoadRun:
    """Drive load at `options.url` and account for every request.

    KeyboardInterrupt ends the load, and the result until then is returned. Raises BadInput where
    the URL cannot or may not be loaded, and EngineFault if the accounting does not add up.
    """
    unix = "" if options.unix is None else str(options.unix)
    address = resolve(options.url, frozenset(options.allow_remote), websockets=True, unix=unix)
    if options.unix is not None:
        check_unix_socket(options.unix)
    tls = tls_for(
        address, options.authorities, insecure=options.insecure, resumes=options.resume_tls
    )
    check_sources(options.sources, address.ip)
    title, requests = _requests(options, address)
    requests = tuple(
        dataclasses.replace(request, headers=address.authorized(request.headers))
        for request in requests
    )
    target = Target(
        str(address),
        address.host,
        requests,
        tls,
        options.sources,
        deflates=options.deflate,
        broadcasts=options.broadcast,
        stream=options.stream_spec,
        is_http2=options.http2,
        decodes=options.decode,
        sha256=options.expect_digest,
    )
    setting = SessionConfig(
        options.users or options.most_connections,
        options.cpus,
        options.timeout_s,
        max(options.pipeline, options.streams),
        options.fresh,
        options.backend,
        options.spin,
    )
    drive = _drive(options, requests)
    begins = LoadBegins(drive, _sent(options))
    driver = NativeDriver(1 if options.broadcast else options.threads)
    result, interrupted = _driven(driver, target, setting, begins, observer)
    _check_protocol(result)
    has_users = drive.users is not None
    names = tuple(request.label for request in requests)
    terms = LoadTerms(
        title,
        setting,
        options.schedule,
        names,
        has_users=has_users,
        sends=begins.sends,
        http2=None if not options.http2 else "h2c" if tls is None else "h2",
        stream=options.stream_spec,
        has_uploads=options.has_upload,
        idle_per_s=options.idle_per_s,
    )
    return LoadRun(terms, result, interrupted)


def _check_protocol(result: LoadResult) -> None:
    """Raise BadInput if HTTP/2 was wanted, and no connection became one of it."""
    facts = result.http2
    if facts is None or result.connections_reached:
        return
    if facts.refusal is not None:
        raise BadInput(refused_text(facts.refusal))
    match result.tls_refusal:
        case TlsRefusal("no-protocol"):
            raise BadInput(refused_text("not-negotiated"))


def _sent(options: LoadOptions) -> Sent:
    if options.is_websocket:
        return "message"
    return "request" if options.stream_spec is None else "stream"


def _requests(options: LoadOptions, address: Address) -> tuple[str, tuple[Request, ...]]:
    """Return a title for the requests, and the requests."""
    shown = without_account(options.url)
    if address.unix:
        shown = f"{shown} over {address.unix}"
    if options.is_websocket:
        return f"WebSocket {shown}", (_message(options, address.path),)
    file = options.requests_file
    if file is not None:
        if address.path != "/":
            raise BadInput(f"{shown!r} has a path, but --requests has paths of its own")
        return f"{file} at {shown}", read_script(file)
    expect = Expectation(
        options.expect_status,
        options.expect_body,
        options.expect_length,
        body_template=options.expect_template,
    )
    body = options.body.encode()
    headers = options.headers
    if options.sse and not any(name.lower() == "accept" for name, _ in headers):
        headers = (("Accept", "text/event-stream"), *headers)
    if options.decode and not any(name.lower() == "accept-encoding" for name, _ in headers):
        headers = (("Accept-Encoding", "gzip"), *headers)
    upload = options.body_in_pieces()
    has_method = options.given("method") is not None
    method = options.method if upload is None or has_method else "POST"
    request = Request(address.path, expect, method, headers, body, upload=upload)
    return f"{method} {shown}{_uploaded(upload)}", (request,)


def _uploaded(upload: Upload | None) -> str:
    """Say what is uploaded, and how."""
    if upload is None:
        return ""
    what = "generated" if not upload.file else Path(upload.file).name
    how = [
        *(["in chunks"] if upload.chunked else []),
        *(["after 100 (Continue)"] if upload.waits else []),
        *([f"as field {upload.field} of a form"] if upload.field else []),
    ]
    return " · ".join(("", f"{size(upload.size)} {what}", *how))


def _message(options: LoadOptions, path: str) -> Request:
    """Return the message as the body of a request, whose path and headers are the upgrade's.

    Without another expectation, its answer is an echo.
    """
    payload, template = options.payload, options.expect_template
    if template is None and options.expect_body is None:
        template = payload
    return Request(
        path,
        Expectation(body=options.expect_body, body_template=template),
        headers=options.headers,
        body=payload.encode(),
        name="message",
        message="binary" if options.binary else "text",
    )


def _drive(options: LoadOptions, requests: Sequence[Request]) -> LoadSpec:
    if options.idle:
        opening = options.opening
        window_s = opening.duration_s + (options.duration or _USUAL_S)
        return LoadSpec(0, window_s, drain_s=options.timeout_s, open=opening, idle=True)
    schedule = options.schedule
    if schedule is not None:
        window_s = schedule.duration_s
    elif options.duration is not None:
        window_s = options.duration
    else:
        window_s = _UNBOUNDED_S if options.count else _USUAL_S
    drive = LoadSpec(
        0, window_s, drain_s=options.timeout_s, max_requests=options.count, open=schedule
    )
    if options.users is None:
        return drive
    think = tuple(request.think for request in requests)
    return dataclasses.replace(drive, users=ThinkSchedule(think, options.seed))


def _await_listeners(session: DriverSession, setting: SessionConfig) -> None:
    """Broadcast until all others hear a message, before the first that counts.

    A server may take connections for members later than it accepts them. Those that never hear
    leave deliveries that are missing later.
    """
    drain_s = _FIRST_DRAIN_S
    while drain_s < setting.timeout_s:
        once = LoadSpec(0, setting.timeout_s, drain_s=drain_s, max_requests=1)
        heard = session.run_load(once).deliveries
        if heard is not None and heard.heard == setting.connections - 1:
            return
        drain_s *= 2


def _driven(
    driver: NativeDriver,
    target: Target,
    setting: SessionConfig,
    begins: LoadBegins,
    observer: LoadObserver,
) -> tuple[LoadResult, bool]:
    """Drive the load; return the result, and whether it was interrupted."""
    try:
        session = driver.open([target], setting)
    except (OSError, ValueError) as error:
        raise BadInput(f"the load cannot be driven: {error}") from error
    with session:
        try:
            if target.broadcasts:
                _await_listeners(session, setting)
            observer(begins)
            return session.run_load(begins.drive, observer), False
        except OSError as error:
            raise BadInput(f"the load cannot be driven: {error}") from error
        except KeyboardInterrupt:
            if not session.interrupted:
                raise
            (result,) = session.interrupted
            return result, True
