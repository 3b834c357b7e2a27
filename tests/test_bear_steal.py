"""What fails on a machine that is not there all the time is told from what fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from bear_steal import MOST, OPTION, CpuTime

pytest_plugins = ["pytester"]

FAILS = """
import pytest

@pytest.mark.measures
def test_that_measures():
    assert 1 == 2, "no figure"

def test_of_a_law():
    assert 1 == 2, "no law"
"""
HOOKS = """
from itertools import count
import bear_steal
from bear_steal import pytest_addoption, pytest_runtest_makereport, pytest_runtest_setup

readings = (bear_steal.CpuTime(1.0 * n, {stolen} * n) for n in count())
bear_steal.CpuTime.read = staticmethod(lambda: next(readings))
"""


def ran(
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    *options: str,
    stolen: float,
    tests: str = FAILS,
) -> pytest.RunResult:
    """Run tests that fail while so much is stolen for each second of CPU time."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    pytester.makeconftest(HOOKS.format(stolen=stolen))
    pytester.makepyfile(tests)
    return pytester.runpytest_subprocess("-rs", *options)


def test_what_is_stolen_is_a_share_of_what_was_wanted() -> None:
    assert CpuTime(19.0, 3.0).stolen_since(CpuTime(10.0, 2.0)) == 0.1


def test_without_steal_nothing_is_stolen() -> None:
    assert CpuTime(10.0, 2.0).stolen_since(CpuTime(10.0, 2.0)) == 0.0


def test_a_test_that_measures_is_skipped_with_both_reasons_while_time_is_stolen(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = ran(pytester, monkeypatch, OPTION, stolen=0.25)
    result.assert_outcomes(skipped=1, failed=1)
    result.stdout.fnmatch_lines(["*hypervisor took 20.0 % of the CPU time*AssertionError: no fig*"])


def test_where_many_fail_it_is_not_for_what_is_stolen(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = f"import pytest\n@pytest.mark.measures\n@pytest.mark.parametrize('n', range({MOST + 2}))"
    result = ran(
        pytester, monkeypatch, OPTION, stolen=0.25, tests=f"{many}\ndef test_it(n): assert 0\n"
    )
    result.assert_outcomes(skipped=MOST, failed=2)


def test_it_fails_where_nothing_is_stolen(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran(pytester, monkeypatch, OPTION, stolen=0.001).assert_outcomes(failed=2)


def test_it_fails_where_that_is_not_asked_for(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran(pytester, monkeypatch, stolen=0.25).assert_outcomes(failed=2)
