"""Skip what fails while the hypervisor takes CPU time away: it voids what is measured.

Tests that measure run three times at most, those again that failed (Makefile). With `--bear-steal`,
in the last of these times, one that fails is skipped where the machine was not there all the time;
the reason says how much was taken, and what failed. If many fail, it is not for that.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import psutil
import pytest

from timetrial.checks.thresholds import STEAL

OPTION = "--bear-steal"
MOST = 20
"""Tests that are skipped so: a tenth of those that measure."""


@dataclass(frozen=True, slots=True)
class CpuTime:
    """Of all CPUs since the machine started."""

    busy_s: float
    stolen_s: float

    @classmethod
    def read(cls) -> CpuTime:
        times = psutil.cpu_times()
        busy_s = times.user + times.nice + times.system + times.irq + times.softirq
        return cls(busy_s, times.steal)

    def stolen_since(self, before: CpuTime) -> float:
        """Return the share of what was wanted: from a CPU that is idle nothing is stolen."""
        stolen_s, busy_s = self.stolen_s - before.stolen_s, self.busy_s - before.busy_s
        return stolen_s / (stolen_s + busy_s) if stolen_s > 0.0 else 0.0


_BEGAN = pytest.StashKey[CpuTime]()
_SKIPPED = pytest.StashKey[int]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(OPTION, action="store_true", help=(__doc__ or "").splitlines()[0])


def pytest_runtest_setup(item: pytest.Item) -> None:
    item.stash[_BEGAN] = CpuTime.read()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    bears = item.config.getoption(OPTION) and item.get_closest_marker("measures")
    if bears and report.failed and call.excinfo is not None and _BEGAN in item.stash:
        stolen = CpuTime.read().stolen_since(item.stash[_BEGAN])
        skipped = item.config.stash.get(_SKIPPED, 0)
        if STEAL.judge(stolen) and skipped < MOST:
            item.config.stash[_SKIPPED] = skipped + 1
            report.outcome = "skipped"
            report.longrepr = _reason(item, stolen, call.excinfo)
    return report


def _reason(
    item: pytest.Item, stolen: float, failure: pytest.ExceptionInfo[BaseException]
) -> tuple[str, int, str]:
    file, line, _ = item.location
    what = failure.exconly().partition("\n")[0]
    said = f"the hypervisor took {100 * stolen:.1f} % of the CPU time; it failed with {what}"
    return file, (line or 0) + 1, said
