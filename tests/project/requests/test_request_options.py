"""What to request is said in one of four ways, and nothing is sent that might write."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import click
import pytest
from click.testing import CliRunner

from timetrial.cli.derived_options import taking
from timetrial.cli.parameters import Parameter, read_pattern, read_weighted_path
from timetrial.model.errors import BadInput
from timetrial.model.events import unobserved
from timetrial.model.workload import Expectation, Request
from timetrial.project.requests.mix import Mix
from timetrial.verbs.options.options import CommandLine
from timetrial.verbs.options.requests import RequestOptions
from timetrial.verbs.request_mix import mix_of


class _Options(RequestOptions):
    other: Annotated[str | None, CommandLine()] = None


@click.command()
@taking(_Options)
def verb(options: _Options) -> int:
    click.get_current_context().obj.append(mix_of(options, unobserved))
    return 0


def mix(*arguments: str, text: str = "") -> Mix:
    made: list[Mix] = []
    outcome = CliRunner().invoke(verb, list(arguments), obj=made, input=text, standalone_mode=False)
    if outcome.exception is not None:
        raise outcome.exception
    return made[0]


def refused(*arguments: str) -> str:
    with pytest.raises((BadInput, click.ClickException)) as error:
        mix(*arguments)
    found = error.value
    return found.format_message() if isinstance(found, click.ClickException) else str(found)


def test_the_front_page_is_requested_if_nothing_is_said() -> None:
    assert mix("--other", "x") == Mix((Request("/"),), name="/")


def test_paths_have_weights_before_a_colon() -> None:
    found = mix("--path", "3:/", "--path", "/items?a=1:2&b=3")
    assert found.requests == (Request("/", weight=3), Request("/items?a=1:2&b=3"))
    assert found.name == "2 paths"


@pytest.mark.parametrize("text", ["items", "", "/a b", "x:/a", "3:items", "-1:/a", "1.5:/a", ":/"])
def test_what_is_no_path_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter, match="is no path that begins with a slash"):
        Parameter("path", read_weighted_path).convert(text, None, None)


@pytest.mark.parametrize("text", ["0:/a", "1000001:/a", f"{'9' * 5_000}:/a"])
def test_what_is_no_weight_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter, match="has no weight from 1 to 1,000,000"):
        Parameter("path", read_weighted_path).convert(text, None, None)


def test_a_path_is_given_once() -> None:
    said = refused("--path", "/a", "--path", "2:/a")
    assert said == "--path /a is given twice: a weight makes it more frequent"


def test_only_one_way_to_say_what_to_request(tmp_path: Path) -> None:
    said = refused("--path", "/", "--scenario", str(tmp_path))
    assert said == "--path and --scenario exclude each other: each says what to request"


def test_a_file_of_requests_has_weights(tmp_path: Path) -> None:
    file = tmp_path / "mix.jsonl"
    file.write_text('{"path": "/", "weight": 3}\n{"path": "/a", "expect": {"status": 404}}\n')
    found = mix("--requests", str(file), "--expect-status", "204")
    assert found.name == "mix.jsonl"
    assert found.requests == (
        Request("/", weight=3, expect=Expectation(204)),
        Request("/a", expect=Expectation(404)),
    )


def test_more_requests_than_can_be_sent_in_turn_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "mix.jsonl"
    file.write_text("".join(f'{{"path": "/{n}"}}\n' for n in range(65)))
    said = refused("--requests", str(file))
    assert said == "mix.jsonl has 65 different requests; 64 at most can be sent in turn"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_what_may_write_takes_a_word(method: str, tmp_path: Path) -> None:
    lines, steps = tmp_path / "mix.jsonl", tmp_path / "shop.toml"
    lines.write_text(f'{{"path": "/buy", "method": "{method}"}}')
    steps.write_text(f'steps = [{{ path = "/buy", method = "{method}" }}]')
    for way, file in (("--requests", lines), ("--scenario", steps)):
        assert refused(way, str(file)) == (
            f"{file.name}: {method} /buy may write, and would be sent thousands of times; if that "
            "is meant, say --allow-writes"
        )
        assert mix(way, str(file), "--allow-writes").requests == (Request("/buy", method=method),)


def test_a_scenario_is_one(tmp_path: Path) -> None:
    file = tmp_path / "shop.toml"
    file.write_text('steps = [{ path = "/" }, { path = "/" }]')
    found = mix("--scenario", str(file))
    assert found.is_scenario
    assert len(found.requests) == 2


def test_messages_of_a_scenario_are_for_those_who_drive_them(tmp_path: Path) -> None:
    file = tmp_path / "chat.toml"
    file.write_text('steps = [{ path = "/" }, { websocket = "/ws", send = "hi" }]')
    assert refused("--scenario", str(file)) == (
        "chat.toml: steps by WebSocket are for `timetrial race`"
    )


LINE = '203.0.113.9 - - [21/Nov/2026:17:53:39 +0000] "GET {} HTTP/1.1" 200 5\n'


def test_a_log_is_read_from_a_file_or_from_standard_input(tmp_path: Path) -> None:
    text = LINE.format("/") * 2 + LINE.format("/a") + LINE.format("/a.css")
    file = tmp_path / "access.log"
    file.write_text(text)
    found = mix("--from-access-log", str(file), "--exclude", r"\.css$")
    assert found.name == "access.log"
    assert found.comes_from_a_log
    assert found.requests == (Request("/", weight=2), Request("/a"))
    assert found.notes[-1].startswith(f"{file}, ")
    assert "1 excluded" in found.notes[-1]
    piped = mix("--from-access-log", "-", "--exclude", r"\.css$", text=text)
    assert piped.requests == found.requests
    assert piped.notes[-1].startswith("standard input, ")
    assert "1 excluded" in piped.notes[-1]


def test_a_log_that_cannot_be_read(tmp_path: Path) -> None:
    said = refused("--from-access-log", str(tmp_path / "none.log"))
    assert said == f"{tmp_path}/none.log cannot be read: No such file or directory"


def test_exclude_is_for_logs() -> None:
    assert refused("--exclude", "x") == "--exclude is for --from-access-log FILE"


def test_headers_go_with_all_requests_but_a_request_has_the_last_word(tmp_path: Path) -> None:
    file = tmp_path / "mix.jsonl"
    file.write_text('{"path": "/"}\n{"path": "/a", "headers": {"accept": "text/html"}}\n')
    found = mix(
        "--requests", str(file), "--header", "Accept: */*", "--header", "host: shop.example"
    )
    assert [dict(asked.headers) for asked in found.requests] == [
        {"Accept": "*/*", "Host": "shop.example"},
        {"Host": "shop.example", "accept": "text/html"},
    ]


def test_a_header_is_given_once() -> None:
    assert refused("--header", "A: 1", "--header", "a: 2") == "--header a is given twice"


def test_dynamic_parts_are_regular_expressions() -> None:
    assert mix("--dynamic", r"id=\d+").dynamic == (r"id=\d+",)
    with pytest.raises(click.BadParameter, match="is no regular expression: "):
        Parameter("regex", read_pattern).convert("(", None, None)
