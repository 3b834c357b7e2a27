"""What is wrong with a verb, an option, a value or a URL is said in one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import PROGRAM, complaint, survivors, timetrial

NOWHERE = "http://127.0.0.1:9/"


def test_a_verb_that_does_not_exist(tmp_path: Path) -> None:
    assert complaint("rnu", folder=tmp_path) == "there is no verb called 'rnu'; did you mean 'run'?"
    known = "there is no verb called 'fly'; known are list, load, report, run"
    assert complaint("fly", folder=tmp_path) == known


def test_an_option_that_does_not_exist(tmp_path: Path) -> None:
    said = complaint("load", NOWHERE, "--connection", "3", folder=tmp_path)
    assert said == "load: no such option '--connection'; did you mean '--connections'?"
    assert complaint("--fast", folder=tmp_path) == "no such option '--fast'"


def test_no_verb_at_all_shows_the_help(tmp_path: Path) -> None:
    ended = timetrial(folder=tmp_path)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("Usage: timetrial [OPTIONS] COMMAND")


def test_an_argument_that_is_missing(tmp_path: Path) -> None:
    assert complaint("load", folder=tmp_path) == "load: missing argument 'URL'"
    expected = "list: missing argument 'WHAT'; choose from: servers, apps, suites, runs"
    assert complaint("list", folder=tmp_path) == expected


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("-c", "0"), "'-c' / '--connections': 0 is not in the range 1<=x<=65535"),
        (("-c", "many"), "'-c' / '--connections': 'many' is not a valid integer range"),
        (("-n", "0"), "'-n' / '--requests': 0 is not in the range x>=1"),
        (("-t", "0"), "'-t' / '--threads': 0 is not in the range 1<=x<=256"),
        (
            ("--duration", "abc"),
            "'-d' / '--duration': 'abc' is no duration; examples are 10s, 500ms, 2m",
        ),
        (
            ("--duration", "-5s"),
            "'-d' / '--duration': '-5s' is no duration; examples are 10s, 500ms, 2m",
        ),
        (("-d", "0"), "'-d' / '--duration': '0' is not between 1ms and 24h"),
        (("-d", "25h"), "'-d' / '--duration': '25h' is not between 1ms and 24h"),
        (("--timeout", "0s"), "'--timeout': '0s' is not between 1ms and 24h"),
        (("--cpus", "1-0"), "'--cpus': '1-0' is no set of CPUs; examples are 1 and 0-3,6"),
        (("--expect-status", "42"), "'--expect-status': 42 is not in the range 100<=x<=999"),
    ],
)
def test_a_value_of_load_that_cannot_be(
    arguments: tuple[str, ...], expected: str, tmp_path: Path
) -> None:
    said = complaint("load", NOWHERE, *arguments, folder=tmp_path)
    assert said == f"load: invalid value for {expected}"


def test_a_cpu_that_is_not_there(tmp_path: Path) -> None:
    said = complaint("load", NOWHERE, "--cpus", "0-999999999999", folder=tmp_path)
    assert "is not one of those that can be used: 0" in said


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://127.0.0.1/", "has https://, but only http:// URLs can be loaded"),
        ("ftp://127.0.0.1/", "has ftp://, but only http:// URLs can be loaded"),
        ("localhost:8000", "has no scheme; did you mean 'http://localhost:8000'?"),
        ("/hello", "has no scheme; did you mean 'http:///hello'?"),
        ("http:///hello", "names no host; an example is http://127.0.0.1:8000/"),
        ("http://127.0.0.1:99999/", "has an impossible port; ports go from 1 to 65535"),
        ("http://127.0.0.1:0/", "has an impossible port; ports go from 1 to 65535"),
        ("http://127.0.0.1:http/", "has an impossible port; ports go from 1 to 65535"),
        ("http://127.0.0.1/a b", "has characters that must be percent-encoded in a URL"),
        ("http://[::1", "is no URL: Invalid IPv6 URL"),
    ],
)
def test_a_url_that_is_not_http(url: str, expected: str, tmp_path: Path) -> None:
    assert complaint("load", url, folder=tmp_path) == f"{url!r} {expected}"


def test_a_host_that_is_not_this_machine(tmp_path: Path) -> None:
    said = complaint("load", "http://192.0.2.1/", folder=tmp_path)
    assert said == (
        "192.0.2.1 is not this machine: load goes only to loopback, unless the host is allowed by "
        "--allow-remote 192.0.2.1"
    )


def test_another_host_than_the_one_that_is_allowed(tmp_path: Path) -> None:
    arguments = ("http://192.0.2.1/", "--allow-remote", "192.0.2.2")
    assert "192.0.2.1 is not this machine" in complaint("load", *arguments, folder=tmp_path)


def test_the_program_that_these_tests_run_is_there(tmp_path: Path) -> None:
    assert PROGRAM.is_file()
    assert timetrial("--version", folder=tmp_path).stdout.startswith("timetrial, version ")
    assert survivors(tmp_path) == []
