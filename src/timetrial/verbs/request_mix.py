"""The requests of an app, from options, a file, a scenario or an access log."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import IO

from timetrial.model import (
    EVENT_STREAM,
    BadInput,
    Expectation,
    Observer,
    ReadingLog,
    Request,
    StreamSpec,
)
from timetrial.model.redaction import without_passwords
from timetrial.project.requests.access_log import read_access_log
from timetrial.project.requests.jsonl import read_lines
from timetrial.project.requests.mix import Mix, distinct
from timetrial.project.requests.scenario import read_scenario
from timetrial.project.requests.weighted_order import MOST_STEPS
from timetrial.verbs.options.race import RaceOptions
from timetrial.verbs.options.requests import RequestOptions
from timetrial.verbs.options.streams import EVENTS
from timetrial.verbs.options.upload_file import upload_of


def mix_of(options: RequestOptions, observer: Observer, *, messages: bool = False) -> Mix:
    """Read and check the requests; without options for them, GET / alone. Raises BadInput.

    A scenario may have steps by WebSocket where `messages` are driven.
    """
    if (file := options.requests_file) is not None:
        mix = Mix(read_lines(file), "file", file.name)
    elif (file := options.scenario_file) is not None:
        mix = Mix(read_scenario(file), "scenario", file.name)
    elif options.access_log is not None:
        mix = _of_log(options.access_log, options, observer)
    else:
        mix = _of_paths(options.paths or (Request("/"),))
    _check_number(mix)
    if mix.has_messages and not messages:
        raise BadInput(f"{mix.name}: steps by WebSocket are for `timetrial race`")
    if not options.allow_writes:
        _refuse_writes(mix)
    common = _unique(options.headers)
    asked = tuple(_completed(request, common, options.expect_status) for request in mix.requests)
    return replace(mix, requests=asked, dynamic=options.dynamic)


def mix_of_message(options: RaceOptions) -> Mix | None:
    """Make the message of a race one of WebSockets; None where requests are raced."""
    path, sent = options.websocket, options.send
    if path is None or sent is None:
        return None
    headers = tuple(_unique(options.headers).items())
    message = Request(path, headers=headers, body=sent.encode(), message="text")
    return Mix(
        (message,),
        name=without_passwords(path),
        dynamic=options.dynamic,
        deflates=options.deflate,
    )


def mix_of_stream(options: RaceOptions) -> Mix | None:
    """Make the stream of a race its only request; None where it has none."""
    if (path := options.sse) is None:
        return None
    headers = {"Accept": EVENT_STREAM, **_unique(options.headers)}
    stream = StreamSpec("sse", events=options.events or EVENTS)
    request = Request(path, headers=tuple(headers.items()), stream=stream)
    return Mix((request,), name=without_passwords(path), dynamic=options.dynamic)


def mix_of_upload(options: RaceOptions) -> Mix | None:
    """Make a file the body of a POST; None where other requests are raced. Raises BadInput."""
    if options.upload is None:
        return None
    path = options.paths[0].path if options.paths else "/"
    upload = upload_of(options.upload, "--upload", options.multipart or "")
    asked = _completed(
        Request(path, method="POST", upload=upload), _unique(options.headers), options.expect_status
    )
    return Mix((asked,), name=without_passwords(path), dynamic=options.dynamic)


def _of_paths(asked: tuple[Request, ...]) -> Mix:
    for number, request in enumerate(asked):
        if any(request.is_same_request(earlier) for earlier in asked[:number]):
            shown = without_passwords(request.path)
            raise BadInput(f"--path {shown} is given twice: a weight makes it more frequent")
    path = without_passwords(asked[0].path)
    return Mix(asked, name=path if len(asked) == 1 else f"{len(asked)} paths")


def _of_log(name: str, options: RequestOptions, observer: Observer) -> Mix:
    shown = "standard input" if name == "-" else name
    observer(ReadingLog(shown, 0))
    try:
        with _opened(name) as stream:
            traffic = read_access_log(
                stream,
                shown,
                allow_writes=options.allow_writes,
                exclude=list(map(re.compile, options.excluded)),
                on_progress=lambda lines: observer(ReadingLog(shown, lines)),
            )
    except OSError as error:
        raise BadInput(f"{shown} cannot be read: {error.strerror}") from error
    title = "access log" if name == "-" else Path(name).name
    return Mix(traffic.requests, "log", title, notes=traffic.notes)


def _opened(name: str) -> AbstractContextManager[IO[bytes]]:
    """Open a log; standard input stays open afterwards."""
    return nullcontext(sys.stdin.buffer) if name == "-" else Path(name).open("rb")


def _check_number(mix: Mix) -> None:
    number = len(mix.requests) if mix.is_scenario else len(distinct(mix.requests))
    if number > MOST_STEPS:
        raise BadInput(
            f"{mix.name} has {number} different requests; {MOST_STEPS} at most can be sent in turn"
        )


def _refuse_writes(mix: Mix) -> None:
    for asked in mix.requests:
        if asked.writes:
            raise BadInput(
                f"{mix.name}: {asked.method} {without_passwords(asked.path)} may write, and would "
                "be sent thousands of times; if that is meant, say --allow-writes"
            )


def _unique(headers: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    """Return headers by name. Raises BadInput for one that is given twice."""
    unique: dict[str, str] = {}
    for name, value in headers:
        if name.lower() in map(str.lower, unique):
            raise BadInput(f"--header {name} is given twice")
        unique["Host" if name.lower() == "host" else name] = value
    return unique


def _completed(asked: Request, common: Mapping[str, str], expect_status: int | None) -> Request:
    """Add common headers and the expected status to a request, unless it has its own."""
    present = {name.lower() for name, _ in asked.headers}
    added = tuple((name, value) for name, value in common.items() if name.lower() not in present)
    expect = asked.expect
    if expect is None and expect_status is not None and asked.message is None:
        expect = Expectation(expect_status)
    return replace(asked, headers=(*added, *asked.headers), expect=expect)
