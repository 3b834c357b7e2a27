"""wrk as a driver: closed load, each load a separate process."""

from __future__ import annotations

import math
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Self

from timetrial._engine import Histogram
from timetrial.drivers import wrk_report
from timetrial.drivers.driver import LoadResult, LoadSpec, OnProgress, SessionConfig, Target
from timetrial.drivers.tool_process import ToolRun, run_tool
from timetrial.drivers.tool_session import ToolDriver, ToolSession
from timetrial.model import BadInput, Request

_SCRIPT = Path(__file__).with_name("wrk.lua")
_STATUS_IS_ERROR_FROM = 400
_SLACK_S = 30.0
"""Time for start, end and the output of the histogram on a busy machine."""


class WrkDriver(ToolDriver):
    """Drives load with the wrk that is installed here."""

    name = "wrk"
    version_option = "--version"
    version_pattern = r"wrk (\S+)"

    @classmethod
    def find(cls) -> Self:
        """Find wrk on PATH. Raises BadInput, with how to install it."""
        found = shutil.which("wrk")
        if found is None:
            raise BadInput(
                "wrk is not installed: `apt-get install wrk` does it on Debian or Ubuntu"
            )
        return cls(Path(found))

    @classmethod
    def limits(cls, target: Target, setting: SessionConfig, spec: LoadSpec) -> Iterator[str]:
        """Yield a sentence for each part of a load that wrk cannot do."""
        if spec.open is not None:
            yield "wrk has no open load: it sends when a response has come, never by a schedule"
        if spec.users is not None:
            yield "wrk has no users that think: it sends as soon as a response has come"
        if spec.max_requests is not None:
            yield "wrk ends by time alone, not after a number of requests"
        if spec.window_s < 1 or spec.window_s % 1:
            yield f"wrk drives whole seconds, no window of {spec.window_s:g} s"
        yield from cls.limits_of_setting(setting)
        if setting.fresh_connections:
            yield "wrk has no load that opens a new connection for each request"
        if setting.timeout_s < 1 or setting.timeout_s % 1:
            yield f"wrk takes a timeout of whole seconds, not one of {setting.timeout_s:g} s"
        yield from cls.limits_of_target(target)
        for request in target.requests:
            if request.expect is not None and request.expect.status >= _STATUS_IS_ERROR_FROM:
                yield (
                    f"wrk takes every status from {_STATUS_IS_ERROR_FROM} on for an error: "
                    f"{request.path} cannot be expected to give {request.expect.status}"
                )

    def open(self, targets: Sequence[Target], setting: SessionConfig) -> WrkSession:
        return WrkSession(self, tuple(targets), setting)


class WrkSession(ToolSession[WrkDriver]):
    """Loads one after the other, each a separate process."""

    def run_load(self, spec: LoadSpec, on_progress: OnProgress | None = None) -> LoadResult:
        """Load one target. Raises BadInput for what wrk cannot do, ToolFailed if it fails."""
        target, folder = self._target(spec), Path(self._folder.name)
        sent = as_lua(batches(target.requests, target.host, self._setting.pipeline))
        (folder / "batches.lua").write_text(sent, encoding="ascii")
        command = self._command(target, spec)
        run = run_tool(
            command,
            cpus=self._setting.cpus,
            folder=folder,
            at_most_s=spec.window_s + _SLACK_S,
            on_progress=on_progress,
        )
        return self._result(run, command)

    def _command(self, target: Target, spec: LoadSpec) -> list[str]:
        setting = self._setting
        return [
            str(self._driver.program),
            f"-t{threads(setting)}",
            f"-c{setting.connections}",
            f"-d{spec.window_s:.0f}s",
            f"--timeout={setting.timeout_s:.0f}s",
            *("-s", str(_SCRIPT)),
            f"http://{target.address}/",
            *("--", "batches.lua"),
        ]

    def _result(self, run: ToolRun, command: Sequence[str]) -> LoadResult:
        setting = self._setting
        report = wrk_report.read(run.output)
        counts = wrk_report.counts(report, setting.pipeline)
        times = wrk_report.response_times(report, setting.connections)
        closed_ns = min(run.started_ns + report.duration * 1_000, run.ended_ns)
        return LoadResult(
            started_ns=run.started_ns,
            opened_ns=run.started_ns,
            closed_ns=closed_ns,
            drained_ns=run.ended_ns,
            counts=counts,
            completions=counts.ok,
            overall=counts,
            response_time=times,
            service_time=times,
            lateness=Histogram(),
            connect_time=Histogram(),
            by_request=(),
            iteration_time=Histogram(),
            series=(),
            completions_per_connection=(),
            statuses={},
            bytes_received=report.bytes,
            connections_reached=None,
            unsolicited=None,
            generator_cpu_s=run.cpu.between_s(run.started_ns, closed_ns),
            generator_wait_s=None,
            generator_threads=threads(setting),
            tool=wrk_report.tool_figures(report, self._driver.version, command, setting.pipeline),
        )


def threads(setting: SessionConfig) -> int:
    """Return the number of threads: at most one for each CPU, with equally many connections each.

    wrk opens no connections that cannot be divided evenly.
    """
    most = min(max(1, len(setting.cpus)), setting.connections)
    return next(n for n in range(most, 0, -1) if setting.connections % n == 0)


_PRINTABLE = {code for code in range(0x20, 0x7F)} - {ord('"'), ord("\\")}  # noqa: C416 - reads as what it is


def batches(requests: Sequence[Request], host: str, depth: int) -> list[bytes]:
    """Put `depth` requests into each batch, so that the batches send all requests in turn."""
    written = [wire(request, host) for request in requests]
    number = math.lcm(len(written), depth) // depth
    return [
        b"".join(written[(batch * depth + place) % len(written)] for place in range(depth))
        for batch in range(number)
    ]


def wire(request: Request, host: str) -> bytes:
    """Return the bytes of one request."""
    given = {name.lower() for name, _ in request.headers}
    headers = list(request.headers)
    if "host" not in given:
        headers.insert(0, ("Host", host))
    needs_length = request.body or request.method in {"POST", "PUT", "PATCH"}
    if needs_length and "content-length" not in given:
        headers.append(("Content-Length", str(len(request.body))))
    head = [f"{request.method} {request.path} HTTP/1.1", *(f"{n}: {v}" for n, v in headers)]
    return "\r\n".join([*head, "", ""]).encode("latin-1", errors="replace") + request.body


def as_lua(texts: Sequence[bytes]) -> str:
    """Return the source of a Lua file that returns the list of these texts."""
    quoted = ("".join(chr(c) if c in _PRINTABLE else f"\\{c:03d}" for c in text) for text in texts)
    lines = "".join(f'  "{text}",\n' for text in quoted)
    return f"return {{\n{lines}}}\n"
