"""A race of WebSocket messages: the servers, the messages, and refusals before anything starts."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import complaint

from races import a_project
from timetrial.catalog import load_catalog
from timetrial.cli.endings import resumption_of
from timetrial.drivers.driver import UpgradeRefusal, WebSocketFacts
from timetrial.features.race.eligible_servers import eligible_servers
from timetrial.features.race.race_preparation import deployment
from timetrial.features.race.suite import RaceSettings, race_suite, with_project
from timetrial.model import BadInput, Request, Workload, unobserved
from timetrial.project.requests.response_errors import refusal
from timetrial.project.requests.sample import Sample
from timetrial.project.requests.workload import workload_of
from timetrial.reports.websocket_notes import websocket_notes
from timetrial.reports.workload_text import what_is_asked
from timetrial.verbs.options.race import RaceOptions
from timetrial.verbs.request_mix import mix_of, mix_of_message

PING = '{"ping": 1}'
CATALOG = load_catalog()
PROJECT = a_project("wsgi", "asgi")


def message_workload() -> Workload:
    mix = mix_of_message(RaceOptions(websocket="/ws", send=PING, headers=(("Origin", "x"),)))
    assert mix is not None
    return workload_of(mix, PROJECT.targets)


def test_a_message_is_what_is_sent_on_the_websocket_of_its_path() -> None:
    workload = message_workload()
    (step,) = workload.steps
    assert (step.message, step.body, step.expect.status) == ("text", PING, 101)
    assert step.headers == {"Origin": "x"}
    assert step.request("asgi").message == "text"
    assert step.label == "WebSocket /ws"
    assert what_is_asked(workload).startswith("WebSocket /ws, a message")
    assert mix_of_message(RaceOptions()) is None


def test_compression_is_offered_where_it_is_wanted() -> None:
    for wanted in (True, False):
        mix = mix_of_message(RaceOptions(websocket="/ws", send=PING, deflate=wanted))
        assert mix is not None
        assert workload_of(mix, PROJECT.targets).deflates == wanted


def a_scenario(folder: Path) -> Path:
    file = folder / "chat.toml"
    file.write_text('steps = [{ path = "/" }, { websocket = "/ws", send = "hi" }]')
    return file


def test_a_scenario_may_have_a_message_among_requests(tmp_path: Path) -> None:
    options = RaceOptions(scenario_file=a_scenario(tmp_path), expect_status=204)
    workload = workload_of(mix_of(options, unobserved, messages=True), PROJECT.targets)
    assert (workload.has_messages, workload.is_messages) == (True, False)
    assert [step.expect.status for step in workload.steps] == [204, 101]
    assert what_is_asked(workload) == "GET /, WebSocket /ws"


@pytest.mark.parametrize("option", ["--lifecycle", "--count=auto"])
def test_what_is_about_requests_alone_does_not_go_with_such_a_scenario(
    option: str, tmp_path: Path
) -> None:
    a_scenario(tmp_path)
    words = ("race", "shop:app", "--scenario", "chat.toml", option)
    said = complaint(*words, folder=tmp_path)
    assert f"{option.partition('=')[0]} is about requests of HTTP, and chat.toml has" in said


def test_servers_without_websockets_are_left_out_with_the_reason() -> None:
    found = eligible_servers(CATALOG, PROJECT, speaking="websocket")
    assert {server.interface for server in found.servers} == {"asgi"}
    whys = {excluded.server: excluded.why for excluded in found.excluded_servers}
    assert whys["waitress"] == "without WebSockets: it serves WSGI, which has none"
    with pytest.raises(BadInput, match="no server that speaks WebSockets for 'shop'"):
        eligible_servers(CATALOG, a_project("wsgi"), speaking="websocket")
    with pytest.raises(BadInput, match="'waitress' is without WebSockets: it serves WSGI"):
        eligible_servers(CATALOG, PROJECT, "waitress", speaking="websocket")


def test_the_command_of_a_recommendation_has_the_switches() -> None:
    workload = message_workload()
    catalog = with_project(CATALOG, PROJECT, workload)
    eligible = eligible_servers(catalog, PROJECT, "uvicorn,granian-asgi", speaking="websocket")
    suite = race_suite(catalog, PROJECT, eligible, workload, RaceSettings(1, 1, 16))
    commands = {
        stack.name: deployment(stack, catalog.serving(stack), PROJECT, (), {})
        for stack in suite.stacks
    }
    assert "--ws websockets-sansio" in commands["uvicorn"].command_line
    assert "websockets" in commands["uvicorn"].packages
    assert "--no-ws" not in commands["granian-asgi"].command_line


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--send", "x"], "--send is for --websocket PATH"),
        (["--deflate"], "--deflate is for --websocket PATH"),
        (["--websocket", "/ws"], "--websocket takes --send MESSAGE"),
        (["--websocket", "ws", "--send", "x"], "--websocket 'ws' is no path"),
        (["--websocket", "/ws", "--send", "x", "--path", "/"], "--path is about requests of HTTP"),
        (["--websocket", "/ws", "--send", "x", "--lifecycle"], "--lifecycle is about requests"),
    ],
)
def test_what_does_not_go_with_messages_is_refused_in_one_sentence(
    words: list[str], said: str, tmp_path: Path
) -> None:
    assert said in complaint("race", "shop:app", *words, folder=tmp_path)


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (200, "WebSocket /ws answered the upgrade with status 200, not 101 ('hello'): is this"),
        (403, "WebSocket /ws answered the upgrade with status 403, not 101: the app refuses it"),
    ],
)
def test_a_page_in_place_of_a_websocket_is_no_subject(status: int, said: str) -> None:
    asked = Request("/ws", body=b"x", message="text")
    sample = Sample((status, status), (b"hello", b"hello"), {}, took_s=0.1)
    assert not sample.is_wanted(asked)
    assert refusal(asked, sample).startswith(said)
    upgraded = Sample((101, 101), (b"hello", b"hello"), {}, took_s=0.1)
    assert upgraded.is_wanted(asked)
    assert not upgraded.is_wanted(Request("/"))


def test_a_refused_upgrade_is_a_sentence_of_the_load() -> None:
    (note,) = websocket_notes(WebSocketFacts(refusal=UpgradeRefusal("status", 200)))
    assert note == (
        "The server answered the upgrade with 200, not 101: is this the path of a WebSocket?"
    )


def test_a_secret_in_a_message_is_a_variable_in_the_command_that_goes_on() -> None:
    words = ["timetrial", "race", "shop:app", "--websocket", "/ws", "--send"]
    resumption = resumption_of([*words, '{"token": "s3cr3t"}', "--resume", "1"])
    assert "s3cr3t" not in resumption.command
    assert resumption.variables == ("MESSAGE",)
    assert '--send "$MESSAGE"' in resumption.command
    assert resumption_of([*words, PING]).variables == ()
