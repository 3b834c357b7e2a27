"""What `timetrial load` makes of rates, stages, headers, sources and files of requests."""

from __future__ import annotations

import json
import re
from pathlib import Path

import click
import pytest

from timetrial.cli.parameters import Parameter, read_header, read_method, read_rate, read_stage
from timetrial.drivers.sources import check_sources
from timetrial.model.errors import BadInput
from timetrial.model.load import Stage
from timetrial.model.workload import Expectation, Request
from timetrial.project.requests.jsonl import read_script


@pytest.fixture(name="file")
def _file(tmp_path: Path) -> Path:
    return tmp_path / "mix.jsonl"


@pytest.mark.parametrize(("text", "rate"), [("1000", 1000.0), ("0.5", 0.5), ("1e7", 1e7)])
def test_rates(text: str, rate: float) -> None:
    assert Parameter("rate", read_rate).convert(text, None, None) == rate


@pytest.mark.parametrize("text", ["0", "-1", "nan", "-nan", "inf", "-inf", "10000001", "", "1/s"])
def test_what_is_no_rate(text: str) -> None:
    with pytest.raises(click.BadParameter, match=re.escape(repr(text))):
        Parameter("rate", read_rate).convert(text, None, None)


@pytest.mark.parametrize(
    ("text", "stage"),
    [
        ("500@10s", Stage(10.0, 500.0, 500.0)),
        ("100-1000@30s", Stage(30.0, 100.0, 1000.0)),
        ("1000-0@500ms", Stage(0.5, 1000.0, 0.0)),
        ("0.5-2.5@2m", Stage(120.0, 0.5, 2.5)),
    ],
)
def test_stages(text: str, stage: Stage) -> None:
    assert Parameter("stage", read_stage).convert(text, None, None) == stage


@pytest.mark.parametrize(
    "text",
    ["", "5", "5@", "@5s", "5-@1s", "-5@1s", "1-2-3@1s", "nan@1s", "1e3@1s", "5@1s@2s", "5 @ x"],
)
def test_what_is_no_stage(text: str) -> None:
    with pytest.raises(click.BadParameter, match="examples are "):
        Parameter("stage", read_stage).convert(text, None, None)


@pytest.mark.parametrize("text", ["0@1s", "0-0@1s", "1-10000001@1s"])
def test_a_stage_without_a_possible_rate(text: str) -> None:
    with pytest.raises(click.BadParameter, match=re.escape(repr(text))):
        Parameter("stage", read_stage).convert(text, None, None)


@pytest.mark.parametrize(
    ("text", "header"),
    [
        ("Accept: text/html", ("Accept", "text/html")),
        ("X-Time:12:30", ("X-Time", "12:30")),
        ("X-Empty:", ("X-Empty", "")),
    ],
)
def test_headers(text: str, header: tuple[str, str]) -> None:
    assert Parameter("header", read_header).convert(text, None, None) == header


@pytest.mark.parametrize("text", ["Accept", ": x", "A b: c", "a: b\nc: d", "a: b\r\n\r\n", "a: \0"])
def test_what_is_no_header(text: str) -> None:
    """The value is in no message: it may be a secret."""
    line_is_cut = "the value of the header a has a line break or a null character"
    no_header = "a header reads 'Name: value'; an example is 'Accept: text/html'"
    with pytest.raises(click.BadParameter) as refused:
        Parameter("header", read_header).convert(text, None, None)
    assert refused.value.message == (line_is_cut if text.startswith("a:") else no_header)


@pytest.mark.parametrize("text", ["get", "", "G T", "GET\r\n"])
def test_what_is_no_method(text: str) -> None:
    with pytest.raises(click.BadParameter, match=re.escape(repr(text))):
        Parameter("method", read_method).convert(text, None, None)


def test_sources_that_are_of_this_machine() -> None:
    check_sources(("127.0.0.1", "127.0.0.2"), "127.0.0.1")
    check_sources((), "127.0.0.1")


def test_a_line_that_says_no_more_than_a_path(file: Path) -> None:
    file.write_text('{"path": "/hello?a=b"}')
    assert read_script(file) == (Request("/hello?a=b", Expectation(status=200)),)


def test_a_line_that_says_everything(file: Path) -> None:
    line = {
        "path": "/",
        "method": "POST",
        "headers": {"Content-Type": "text/plain"},
        "body": "grüß dich",
        "expect": {"status": 201, "body": "made"},
    }
    file.write_text(json.dumps(line))
    (request,) = read_script(file)
    assert request == Request(
        path="/",
        expect=Expectation(status=201, body="made"),
        method="POST",
        headers=(("Content-Type", "text/plain"),),
        body="grüß dich".encode(),
    )


def test_lines_keep_their_order_and_empty_ones_do_not_count(file: Path) -> None:
    file.write_bytes(b'\xef\xbb\xbf{"path": "/b"}\r\n\r\n  \r\n{"path": "/a"}\r\n')
    assert [request.path for request in read_script(file)] == ["/b", "/a"]


def test_a_name_stands_for_its_request(file: Path) -> None:
    file.write_text('{"path": "/", "name": "home"}\n{"path": "/a", "method": "PUT"}')
    assert [request.label for request in read_script(file)] == ["home", "PUT /a"]


def test_weights_are_for_mixes_and_these_are_sent_in_turn(file: Path) -> None:
    file.write_text('{"path": "/", "weight": 2}')
    said = "'GET /' has a weight, but these requests are sent in turn: repeat its line instead$"
    with pytest.raises(BadInput, match=said):
        read_script(file)


def test_a_line_ends_only_at_a_newline(file: Path) -> None:
    file.write_text('{"path": "/", "method": "POST", "body": "one\u2028two\x85three"}\n', "utf-8")
    (request,) = read_script(file)
    assert request.body.decode() == "one\u2028two\x85three"


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('{"path": "/"', " is no JSON: EOF while parsing an object at column 12"),
        ('[{"path": "/"}]', ' is no JSON object; an example is {"path": "/"}'),
        ("[" * 5000, " is no JSON: recursion limit exceeded at column "),
        ("{}", ": path: this key is missing"),
        ('{"path": ""}', ": path: '' is no path; it begins with a slash and is percent-encoded"),
        ('{"path": "/a b"}', ": path: '/a b' is no path; "),
        ('{"path": "/\\n"}', ": path: '/\\n' is no path; "),
        ('{"path": "/", "method": "get"}', ": method: 'get' is no method; examples are "),
        ('{"path": "/", "headers": []}', ": headers: [] is a list; it must be an object"),
        (
            '{"path": "/", "headers": {"a": 1}}',
            ": headers.a: 1 is a whole number; it must be a text",
        ),
        (
            '{"path": "/", "headers": {"a": "b\\r\\nc: d"}}',
            ": headers: the value of the header a has a line break or a null character",
        ),
        (
            '{"path": "/", "think_ms": "long"}',
            ": think_ms: 'long' is a text; it must be a number or a list",
        ),
        ('{"path": "/", "think_ms": -1}', ": think_ms: -1 is not allowed; it must be 0 or more"),
        (
            '{"path": "/", "think_ms": [20, "long"]}',
            ": think_ms[1]: 'long' is a text; it must be a number",
        ),
        (
            '{"path": "/", "think_ms": [1, 2, 3]}',
            ": think_ms: [1, 2, 3] is not allowed; it must be at most 2 long",
        ),
        ('{"path": "/", "body": {}}', ": body: {} is a table; it must be a text"),
        ('{"path": "/", "expect": {"statu": 1}}', ": expect.statu: 'statu' is no known key; "),
        (
            '{"path": "/", "expect": {"status": 42}}',
            ": expect.status: 42 is not allowed; it must be ",
        ),
    ],
)
def test_a_line_that_is_no_request_is_named_by_its_number(
    line: str, problem: str, file: Path
) -> None:
    file.write_text(f'{{"path": "/"}}\n{line}\n')
    with pytest.raises(BadInput) as refused:
        read_script(file)
    assert str(refused.value).startswith(f"{file}, line 2{problem}")


def test_a_file_that_cannot_be_read(file: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"mix\.jsonl cannot be read: "):
        read_script(file)
    with pytest.raises(BadInput, match=r" cannot be read: Is a directory$"):
        read_script(tmp_path)
    file.write_bytes(b'{"path": "/\xff"}')
    with pytest.raises(BadInput, match=r"mix\.jsonl cannot be read: it is not UTF-8$"):
        read_script(file)


@pytest.mark.parametrize("content", ["", "\n\n", "  \n"])
def test_a_file_without_requests(content: str, file: Path) -> None:
    file.write_text(content)
    with pytest.raises(BadInput, match=r"mix\.jsonl has no requests"):
        read_script(file)
