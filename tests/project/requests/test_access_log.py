"""Access logs of nginx, Apache and gunicorn tell what is asked of an app, and how often."""

from __future__ import annotations

import gzip
import io
import re
from collections.abc import Sequence

import pytest

from evidence import numbers_in
from timetrial.model.errors import BadInput
from timetrial.model.workload import Request
from timetrial.project.requests import access_log
from timetrial.project.requests.access_log import Traffic, read_access_log

TIME = "[21/Nov/2026:17:53:39 +0000]"
AGENT = '"-" "Mozilla/5.0 (X11; Linux x86_64)"'


def line(request: str, status: int = 200) -> str:
    return f'203.0.113.9 - - {TIME} "{request}" {status} 512 {AGENT}\n'


def read(
    *lines: str, allow_writes: bool = False, exclude: Sequence[str] = (), named: str = "a.log"
) -> Traffic:
    stream = io.BytesIO("".join(lines).encode("latin-1"))
    patterns = [re.compile(each) for each in exclude]
    return read_access_log(stream, named, allow_writes=allow_writes, exclude=patterns)


def labels(traffic: Traffic) -> list[tuple[str, int]]:
    return [(asked.label, asked.weight) for asked in traffic.requests]


@pytest.mark.parametrize(
    "written",
    [
        f'203.0.113.9 - - {TIME} "GET /a?b=c HTTP/1.1" 200 512',
        f'203.0.113.9 - frank {TIME} "GET /a?b=c HTTP/1.1" 200 512 "http://x/" "Agent \\"7\\""',
        f'2001:db8::7 - - {TIME} "GET /a?b=c HTTP/2.0" 200 - "-" "-"',
        f'shop.example:443 203.0.113.9 - - {TIME} "GET /a?b=c HTTP/1.1" 206 1 "-" "-" 0.002',
        f'- - a name {TIME} "GET /a?b=c HTTP/1.0" 200 0 "-" "[x] \\"GET /no HTTP/1.1\\" 500 1"',
        f'203.0.113.9 - - {TIME} "GET https://shop.example/a?b=c HTTP/1.1" 200 5',
        f'203.0.113.9 - - {TIME} "GET /a?b=c" 200 5',
    ],
)
def test_lines_of_common_and_combined_formats(written: str) -> None:
    assert read(written + "\n").requests == (Request("/a?b=c"),)


def test_requests_are_weighted_by_how_often_they_came_the_most_frequent_first() -> None:
    traffic = read(
        line("GET /b HTTP/1.1"),
        *[line("GET /a HTTP/1.1")] * 3,
        line("HEAD /a HTTP/1.1"),
        line("GET /b HTTP/1.1"),
    )
    assert labels(traffic) == [("GET /a", 3), ("GET /b", 2), ("HEAD /a", 1)]
    (note,) = traffic.notes
    assert numbers_in(note) == [6, 3]


def test_the_end_of_a_line_may_be_missing_or_that_of_windows() -> None:
    traffic = read(
        line("GET /b HTTP/1.1"),
        line("GET /a HTTP/1.1").replace("\n", "\r\n"),
        line("GET /a HTTP/1.1").strip(),
    )
    assert labels(traffic) == [("GET /a", 2), ("GET /b", 1)]


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("/caf%C3%A9", "/caf%C3%A9"),
        ("/caf%c3%a9?q=%22", "/caf%c3%a9?q=%22"),
        (r"/caf\xC3\xA9", "/caf%C3%A9"),
        ("/caf\xc3\xa9", "/caf%C3%A9"),
        (r"/a\x22b", '/a"b'),
        (r"/a\"b", '/a"b'),
        (r"/a\\b", "/a\\b"),
        ("/a#fragment", "/a"),
        ("http://shop.example", "/"),
        ("http://shop.example?q", "/?q"),
    ],
)
def test_a_path_is_sent_as_it_came(target: str, path: str) -> None:
    (asked,) = read(line(f"GET {target} HTTP/1.1")).requests
    assert asked.path == path


def test_what_is_no_request_is_counted_and_left_out() -> None:
    traffic = read(
        line("GET / HTTP/1.1"),
        line("-", 408),
        line(r"\x16\x03\x01\x02\x00\x01\x00\x01\xFC\x03\x03", 400),
        line("", 400),
        "not a line of a log\n",
        "\n",
    )
    assert labels(traffic) == [("GET /", 1)]
    read_of, left_out = traffic.notes
    assert numbers_in(read_of) == [5, 1]
    assert left_out.endswith("left out: 4 malformed.")


def test_what_has_no_path_is_left_out() -> None:
    traffic = read(
        line("GET / HTTP/1.1"),
        line("OPTIONS * HTTP/1.0"),
        line("CONNECT shop.example:443 HTTP/1.1"),
    )
    assert "2 without a" in traffic.notes[1]


def test_answers_other_than_successes_are_left_out() -> None:
    lines = [line("GET / HTTP/1.1", status) for status in (200, 304, 302, 404, 500, 101)]
    traffic = read(*lines)
    assert labels(traffic) == [("GET /", 1)]
    assert "5 answered" in traffic.notes[1]
    assert "2xx" in traffic.notes[1]


def test_what_writes_is_left_out_unless_that_is_allowed() -> None:
    lines = [line("GET / HTTP/1.1"), line("POST /buy HTTP/1.1"), line("OPTIONS /buy HTTP/1.1")]
    assert read(*lines).notes[1] == "a.log, left out: 1 that write, 1 neither GET nor HEAD."
    allowed = read(*lines, allow_writes=True)
    assert len(allowed.requests) == 3
    assert allowed.notes[-1] == "a.log has no bodies: what writes is sent without one."


def test_excluded_paths_are_left_out() -> None:
    lines = [line("GET / HTTP/1.1"), line("GET /static/a.css HTTP/1.1"), line("GET /b.js HTTP/1.1")]
    traffic = read(*lines, exclude=[r"^/static/", r"\.js$"])
    assert labels(traffic) == [("GET /", 1)]
    assert "2 excluded" in traffic.notes[1]


def test_of_many_different_requests_64_are_sent_and_their_share_is_noted() -> None:
    lines = [line(f"GET /{number} HTTP/1.1") for number in range(100)]
    traffic = read(*lines, *lines[:50])
    assert len(traffic.requests) == 64
    assert traffic.notes == (
        (
            "a.log: 150 lines, 100 different requests of 1 kind (numbers, keys, titles and values "
            "of queries aside); 64 of them (76% of all) stand for their kinds."
        ),
    )


def test_a_kind_that_is_too_rare_is_noted() -> None:
    traffic = read(*[line("GET / HTTP/1.1")] * 199, line("GET /rare HTTP/1.1"))
    assert labels(traffic) == [("GET /", 64)]
    assert "1 too rare" in traffic.notes[0]
    assert "0.5%" in traffic.notes[0]


def test_a_log_with_too_many_different_requests_keeps_the_frequent_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(access_log, "MOST_KEPT", 10)
    lines = [line(f"GET /{f'a/{n}' if n % 2 else 'hot'} HTTP/1.1") for n in range(200)]
    traffic = read(*lines)
    assert traffic.requests[0] == Request("/hot", weight=32)
    assert sum(asked.weight for asked in traffic.requests[1:]) == 32
    said = (
        r"200 lines, more than 10 different requests of 2 kinds .* of them \(5\d(\.\d)?% of all\)"
    )
    assert re.search(said, traffic.notes[0])


def test_a_gzipped_log_is_read_whatever_its_name() -> None:
    first, second = (gzip.compress(line(f"GET /{path} HTTP/1.1").encode()) for path in "ab")
    traffic = read_access_log(io.BytesIO(first + second), "a.log")
    assert labels(traffic) == [("GET /a", 1), ("GET /b", 1)]


def test_a_log_that_ends_in_the_midst_of_its_compression_is_refused() -> None:
    text = gzip.compress(line("GET /a HTTP/1.1").encode() * 100)
    with pytest.raises(BadInput, match=r"^a\.log\.gz cannot be read: Compressed file ended"):
        read_access_log(io.BytesIO(text[:-12]), "a.log.gz")


def test_a_line_without_end_is_not_kept_in_memory() -> None:
    endless = "x" * (3 * access_log.LONGEST_LINE_BYTES) + "\n"
    traffic = read(endless, line("GET /a HTTP/1.1"))
    assert labels(traffic) == [("GET /a", 1)]
    assert "1 malformed" in traffic.notes[1]


def test_a_log_with_nothing_to_send_says_why() -> None:
    with pytest.raises(
        BadInput, match=r"^a\.log has no request that could be sent: 2 lines, 1 malformed, 1 that"
    ):
        read("?\n", line("DELETE /a HTTP/1.1"))
    with pytest.raises(BadInput, match=r"^a\.log has no request that could be sent: 0 lines$"):
        read()


def test_a_log_of_another_form_is_told_which_forms_are_read() -> None:
    with pytest.raises(BadInput) as refused:
        read('{"method": "GET", "path": "/a", "status": 200}\n' * 3)
    said = str(refused.value)
    assert said.endswith(f"3 lines, 3 malformed; {access_log.EXPECTED}")
    example = access_log.EXPECTED.split("'")[1]
    assert labels(read(f"{example}\n")) == [("GET /items?page=2", 1)]


def test_whoever_waits_is_told_how_far_it_has_got(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access_log, "LINES_PER_REPORT", 2)
    told: list[int] = []
    stream = io.BytesIO(line("GET / HTTP/1.1").encode() * 5)
    read_access_log(stream, "a.log", on_progress=told.append)
    assert told == [2, 4]
