"""What is wrong with a verb, an option, a value or a URL is said in one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import PROGRAM, complaint, survivors, timetrial, within, write

from timetrial.cli.main import VERBS

NOWHERE = "http://127.0.0.1:9/"


def test_a_verb_that_does_not_exist(tmp_path: Path) -> None:
    assert (
        complaint("rnu", folder=tmp_path)
        == "there is no verb called 'rnu'; did you mean 'run' or 'runs'?"
    )
    known = ", ".join(sorted(VERBS))
    assert complaint("xxx", folder=tmp_path) == f"there is no verb called 'xxx'; known are {known}"


def test_an_option_that_does_not_exist(tmp_path: Path) -> None:
    said = complaint("load", NOWHERE, "--connection", "3", folder=tmp_path)
    assert (
        said
        == "load: no such option '--connection'; did you mean one of: '--connections', '--count'?"
    )
    assert complaint("--fast", folder=tmp_path) == "no such option '--fast'"


def test_an_option_by_its_former_name(tmp_path: Path) -> None:
    said = complaint("run", "--contests", "hello", folder=tmp_path)
    assert said == "run: no such option '--contests'; it is called '--benchmarks' now"


@pytest.mark.parametrize(
    "given",
    [
        ("--rounds", "3", "--budget", "1m"),
        ("--precision", "3%", "--budget", "1m"),
        ("--rounds", "3", "--precision", "3%"),
    ],
)
def test_two_ways_to_say_when_to_stop(given: tuple[str, ...], tmp_path: Path) -> None:
    said = complaint("run", *given, folder=tmp_path)
    assert said == (
        "--rounds, --precision, --budget and --watch each say when to stop: give one of them"
    )


@pytest.mark.parametrize(
    ("option", "value", "expected"),
    [
        ("--precision", "3 percent", "'3 percent' is no share; examples are 3%, 0.5%, 0.03"),
        ("--precision", "0", "'0' is not between 0.1% and 50%"),
        ("--precision", "3", "'3' is not between 0.1% and 50%"),
        ("--budget", "a while", "'a while' is no duration; examples are 10s, 500ms, 2m"),
        ("--budget", "2d", "'2d' is no duration; examples are 10s, 500ms, 2m"),
    ],
)
def test_a_goal_that_cannot_be(option: str, value: str, expected: str, tmp_path: Path) -> None:
    assert complaint("run", option, value, folder=tmp_path) == (
        f"run: invalid value for '{option}': {expected}"
    )


def test_no_verb_at_all_shows_the_help(tmp_path: Path) -> None:
    ended = within(folder=tmp_path)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("Usage: timetrial ")
    assert all(verb in ended.stderr for verb in VERBS)


def test_an_argument_that_is_missing(tmp_path: Path) -> None:
    assert complaint("load", folder=tmp_path) == "load: missing argument 'URL'"
    kinds = "servers, apps, services, suites, runs, schemas"
    expected = f"list: missing argument 'WHAT'; choose from: {kinds}"
    assert complaint("list", folder=tmp_path) == expected


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("-c", "0"), "'-c' / '--connections': 0 is not in the range 1<=x<=65535"),
        (("-c", "many"), "'-c' / '--connections': 'many' is not a valid integer range"),
        (("-n", "0"), "'-n' / '--count': 0 is not in the range x>=1"),
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
        (("--rate", "0"), "'-r' / '--rate': '0' is not above 0 and at most 10,000,000"),
        (("--rate", "-1"), "'-r' / '--rate': '-1' is not above 0 and at most 10,000,000"),
        (("--rate", "nan"), "'-r' / '--rate': 'nan' is not above 0 and at most 10,000,000"),
        (("--rate", "1e8"), "'-r' / '--rate': '1e8' is not above 0 and at most 10,000,000"),
        (("--rate", "fast"), "'-r' / '--rate': 'fast' is no rate; examples are 1000 and 0.5"),
        (("--stage", "9"), "'--stage': '9' is no stage; examples are 500@10s and 100-1000@30s"),
        (("--stage", "9@soon"), "'--stage': 'soon' is no duration; examples are 10s, 500ms, 2m"),
        (
            ("--stage", "0-0@1s"),
            "'--stage': '0-0@1s' has no rate that is above 0 and at most 10,000,000",
        ),
        (("-X", "get"), "'-X' / '--method': 'get' is no method; examples are GET and POST"),
        (
            ("-H", "a: b\nc: d"),
            "'-H' / '--header': the value of the header a has a line break or a null character",
        ),
        (
            ("-H", "Cookie session=1"),
            "'-H' / '--header': a header reads 'Name: value'; an example is 'Accept: text/html'",
        ),
        (
            ("--upload-bytes", "much"),
            "'--upload-bytes': 'much' is no size of a body; examples are 1000, 64KiB and 10MB",
        ),
        (("--pipeline", "0"), "'--pipeline': 0 is not in the range 1<=x<=1000"),
        (("--backend", "uring"), "'--backend': 'uring' is not one of 'auto', 'epoll', 'io_uring'"),
        (("--expect-status", "42"), "'--expect-status': 42 is not in the range 100<=x<=999"),
    ],
)
def test_a_value_of_load_that_cannot_be(
    arguments: tuple[str, ...], expected: str, tmp_path: Path
) -> None:
    said = complaint("load", NOWHERE, *arguments, folder=tmp_path)
    assert said == f"load: invalid value for {expected}"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (
            ("--rate", "5", "--stage", "5@1s"),
            "--rate and --stage exclude each other: a stage has its own rate",
        ),
        (
            ("--stage", "5@1s", "-d", "1s"),
            "--stage and --duration exclude each other: stages have durations",
        ),
        (("--fresh", "--pipeline", "4"), "--fresh and --pipeline exclude each other"),
        (("--streams", "4"), "--streams needs --http2"),
        (("--chunked",), "--chunked needs --upload FILE or --upload-bytes SIZE"),
        (("--multipart", "a"), "--multipart needs --upload FILE or --upload-bytes SIZE"),
        (
            ("--upload-bytes", "1MB", "--pipeline", "2"),
            "--pipeline and --upload-bytes exclude each other: a body takes its turn",
        ),
        (("--upload-bytes", "1MB", "--body", "a"), "--body and --upload-bytes exclude each other"),
        (("--upload-bytes", "1MB", "--http2"), "--http2 and --upload-bytes exclude each other"),
        (
            ("--upload-bytes", "1MB", "-H", "Expect: a"),
            "--header Expect and --upload-bytes exclude each other: that sets it",
        ),
        (("--upload", "/dev/null"), "--upload /dev/null is empty: an upload has a byte at least"),
        (
            ("--expect-digest", "abc"),
            "--expect-digest 'abc' is no SHA-256: 64 hexadecimal digits, as sha256sum prints them",
        ),
        (("--decode", "--http2"), "--decode is for HTTP/1.1, not for --http2"),
        (("--http2", "--pipeline", "4"), "--pipeline is for HTTP/1.1: HTTP/2 has --streams"),
        (("--arrival", "constant"), "--arrival needs --rate or --stage"),
        (("--seed", "1"), "--seed needs --rate, --stage or --users"),
        (("--users", "3"), "--users takes --requests FILE, and neither --rate nor --stage"),
        (
            ("--users", "3", "--requests", "FILE", "-c", "3"),
            "--connections and --users exclude each other: a user is a connection",
        ),
        (
            ("--requests", "FILE", "-X", "POST"),
            "--method and --requests exclude each other: each line has its own",
        ),
        (
            ("--requests", "FILE", "-H", "a: b"),
            "--header and --requests exclude each other: each line has its own",
        ),
    ],
)
def test_options_that_exclude_or_need_each_other(
    arguments: tuple[str, ...], expected: str, tmp_path: Path
) -> None:
    assert complaint("load", NOWHERE, *arguments, folder=tmp_path) == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (None, " cannot be read: No such file or directory"),
        ("", " has no requests; it takes one JSON object a line"),
        ('{"path": "/"}\n\n{"path": /}\n', ", line 3 is no JSON: expected value at column 10"),
        (
            '{"path": "/", "metod": "GET"}',
            ", line 1: metod: 'metod' is no known key; did you mean 'method'?",
        ),
        (
            '{"path": "hello"}',
            ", line 1: path: 'hello' is no path; it begins with a slash and is percent-encoded",
        ),
    ],
)
def test_a_file_of_requests_that_cannot_be_sent(
    content: str | None, expected: str, tmp_path: Path
) -> None:
    if content is not None:
        write(tmp_path, {"mix.jsonl": content})
    said = complaint("load", NOWHERE, "--requests", "mix.jsonl", folder=tmp_path)
    assert said == f"mix.jsonl{expected}"


def test_a_url_with_a_path_beside_a_file_of_requests(tmp_path: Path) -> None:
    said = complaint("load", f"{NOWHERE}hello", "--requests", "FILE", folder=tmp_path)
    assert said == f"'{NOWHERE}hello' has a path, but --requests has paths of its own"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("localhost", "--source 'localhost' is no IP address"),
        ("300.0.0.1", "--source '300.0.0.1' is no IP address"),
        ("192.0.2.1", "--source 192.0.2.1 is no address of this machine"),
        ("::1", "--source ::1 cannot reach 127.0.0.1: one is IPv4, the other IPv6"),
    ],
)
def test_a_source_that_cannot_be(source: str, expected: str, tmp_path: Path) -> None:
    assert complaint("load", NOWHERE, "--source", source, folder=tmp_path) == expected


def test_a_cpu_that_is_not_there(tmp_path: Path) -> None:
    said = complaint("load", NOWHERE, "--cpus", "0-999999999999", folder=tmp_path)
    assert "is not one of those that can be used: 0" in said


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "ftp://127.0.0.1/",
            "has ftp://, but only http://, https://, ws:// and wss:// URLs can be loaded here",
        ),
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
    said = complaint("load", *arguments, folder=tmp_path)
    assert said.startswith("192.0.2.1 ")
    assert said.endswith("--allow-remote 192.0.2.1")


def test_the_program_that_these_tests_run_is_there(tmp_path: Path) -> None:
    assert PROGRAM.is_file()
    assert timetrial("--version", folder=tmp_path).stdout.startswith("timetrial, version ")
    assert survivors(tmp_path) == []


@pytest.mark.parametrize(
    "arguments",
    [("load",), ("run", "baselines", "--budget", "a while"), ("report", "3"), ("list", "suites")],
)
def test_a_program_ends_as_a_verb_does_within_these_tests(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    ended, here = timetrial(*arguments, folder=tmp_path), within(*arguments, folder=tmp_path)
    assert (ended.returncode, ended.stdout, ended.stderr) == (
        here.returncode,
        here.stdout,
        here.stderr,
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ("load", "http://me:hush-hush@127.0.0.1:99999/"),
        ("load", "ftp://me:hush-hush@127.0.0.1/"),
        ("report", "--store", "postgresql://me:hush-hush@127.0.0.1:1/db"),
        ("report", "--store", "nosuch://me:hush-hush@127.0.0.1/db"),
        ("run", "sync-vs-async", "--fake-database", "ftp://me:hush-hush@127.0.0.1:1/"),
        ("run", "sync-vs-async", "--fake-database", "http://me:hush-hush@127.0.0.1:1/"),
    ],
)
def test_a_password_is_not_said_again(arguments: tuple[str, ...], tmp_path: Path) -> None:
    ended = within(*arguments, folder=tmp_path)
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr
    assert "hush-hush" not in ended.stdout + ended.stderr
