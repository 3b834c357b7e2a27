"""A test that is skipped for a reason which is not on the list fails the session."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from allowed_skips import OPTION, AllowedSkips

pytest_plugins = ["pytester"]

SKIPPED = """
import pytest

def test_that_is_skipped():
    pytest.skip({reason!r})

def test_that_passes():
    pass
"""
LIST = """
[[skip]]
reason = "needs two CPUs|needs \\\\d+ files"
why = "that lies in the machine"
"""
HERE = Path(__file__).parent


def session(
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    test: str,
    *options: str,
    skips: str = LIST,
) -> pytest.RunResult:
    monkeypatch.setenv("PYTHONPATH", str(HERE))
    pytester.makeconftest('pytest_plugins = ["allowed_skips"]')
    pytester.makepyfile(test)
    (pytester.path / "list.toml").write_text(skips, "utf-8")
    if "-n" not in options:
        return pytester.runpytest_inprocess(*options)
    # Workers of pytest-xdist import the plugin anew, as those of a whole session do; and no other.
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    return pytester.runpytest_subprocess("-p", "xdist", *options)


@pytest.mark.parametrize("processes", [(), ("-n", "1")])
def test_a_skip_that_is_not_on_the_list_fails_the_session(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, processes: tuple[str, ...]
) -> None:
    test = SKIPPED.format(reason="wrk is not installed")
    result = session(pytester, monkeypatch, test, OPTION, "list.toml", *processes)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.assert_outcomes(passed=1, skipped=1)
    result.stdout.fnmatch_lines(["*::test_that_is_skipped: wrk is not installed"])


@pytest.mark.parametrize("reason", ["needs two CPUs", "needs 60200 files"])
def test_a_skip_that_is_on_the_list_does_not(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, reason: str
) -> None:
    result = session(pytester, monkeypatch, SKIPPED.format(reason=reason), OPTION, "list.toml")
    assert result.ret == pytest.ExitCode.OK


def test_the_whole_reason_has_to_match(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    test = SKIPPED.format(reason="needs two CPUs, and wrk")
    result = session(pytester, monkeypatch, test, OPTION, "list.toml")
    assert result.ret == pytest.ExitCode.TESTS_FAILED


@pytest.mark.parametrize("processes", [(), ("-n", "1")])
def test_a_module_that_is_skipped_as_a_whole_counts(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, processes: tuple[str, ...]
) -> None:
    test = "import pytest\npytest.importorskip('no_such_package', reason='needs a package')\n"
    result = session(pytester, monkeypatch, test, OPTION, "list.toml", *processes)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*: needs a package"])


def test_an_expected_failure_is_no_skip(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    test = "import pytest\n@pytest.mark.xfail\ndef test_it():\n    assert 0\n"
    result = session(pytester, monkeypatch, test, OPTION, "list.toml")
    assert result.ret == pytest.ExitCode.OK


def test_without_the_option_every_skip_is_allowed(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = session(pytester, monkeypatch, SKIPPED.format(reason="wrk is not installed"))
    assert result.ret == pytest.ExitCode.OK


@pytest.mark.parametrize("skips", ["[[skip]]\nreason = 'a'\n", "[[skip]\n", "[[skip]]\nwhy = 'b'"])
def test_a_list_that_cannot_be_read_is_refused(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, skips: str
) -> None:
    result = session(pytester, monkeypatch, "def test_it(): pass", OPTION, "list.toml", skips=skips)
    assert result.ret == pytest.ExitCode.USAGE_ERROR


def test_our_own_list_is_short_and_says_why() -> None:
    file = HERE / "allowed_skips.toml"
    allowed = AllowedSkips.read(file)
    assert len(allowed.skips) == len(tomllib.loads(file.read_text("utf-8"))["skip"]) <= 11
    assert all(skip.why for skip in allowed.skips)
