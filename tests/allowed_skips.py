"""Fail the session where a test was skipped for a reason that is not on a list (`--allowed-skips`).

A skipped test checks nothing, and nobody looks at it. On CI all that can be installed is installed,
so that only reasons which lie in the machine itself remain: they are on the list.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import pytest

OPTION = "--allowed-skips"
_PREFIX = "Skipped: "


@dataclass(frozen=True, slots=True)
class AllowedSkip:
    """A reason for which tests may be skipped."""

    reason: re.Pattern[str]
    """What the whole reason has to match."""
    why: str
    """Why it cannot be mended where the tests run."""


@dataclass(frozen=True, slots=True)
class AllowedSkips:
    """All of them."""

    skips: tuple[AllowedSkip, ...]

    @classmethod
    def read(cls, file: Path) -> Self:
        """Read the list from TOML.

        Raises:
            pytest.UsageError: It cannot be read, or an entry lacks one of its two keys.

        """
        try:
            entries = tomllib.loads(file.read_text("utf-8")).get("skip", [])
            skips = tuple(AllowedSkip(re.compile(e["reason"]), e["why"]) for e in entries)
        except (OSError, tomllib.TOMLDecodeError, KeyError, re.error) as error:
            raise pytest.UsageError(f"{OPTION} {file}: {error!r}") from error
        return cls(skips)

    def allow(self, reason: str) -> bool:
        return any(skip.reason.fullmatch(reason) for skip in self.skips)


class SkipWatch:
    """Remembers the skips that are not allowed; in the process that says how the session ended."""

    def __init__(self, allowed: AllowedSkips) -> None:
        self._allowed = allowed
        self._refused: dict[str, str] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if not hasattr(report, "wasxfail"):
            self._look_at(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._look_at(report)

    def _look_at(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if not report.skipped:
            return
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        reason = reason.removeprefix(_PREFIX)
        if not self._allowed.allow(reason):
            self._refused[report.nodeid] = reason

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        passed = {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}
        if self._refused and session.exitstatus in passed:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._refused:
            terminalreporter.section("skips that are not allowed", red=True, bold=True)
            for nodeid, reason in self._refused.items():
                terminalreporter.line(f"{nodeid}: {reason}")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        OPTION,
        type=Path,
        metavar="FILE",
        help="fail if a test is skipped for a reason that is not in this TOML file",
    )


def pytest_configure(config: pytest.Config) -> None:
    file: Path | None = config.getoption(OPTION)
    if file is not None and not hasattr(config, "workerinput"):
        config.pluginmanager.register(SkipWatch(AllowedSkips.read(config.rootpath / file)))
