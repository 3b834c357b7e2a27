"""A race of streams: the servers, the request, and refusals before anything starts."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import complaint

from races import a_project
from timetrial.catalog import load_catalog
from timetrial.features.race.eligible_servers import eligible_servers
from timetrial.features.race.race_preparation import deployment
from timetrial.features.race.stream_length import require_short_streams
from timetrial.features.race.suite import RaceSettings, race_suite, with_project
from timetrial.model import BadInput, Expectation, Step, StreamSpec, Workload
from timetrial.project.requests.workload import workload_of
from timetrial.reports.workload_text import what_is_asked
from timetrial.verbs.options.race import RaceOptions
from timetrial.verbs.request_mix import mix_of_stream

CATALOG = load_catalog()
PROJECT = a_project("wsgi", "asgi")


def stream_workload() -> Workload:
    mix = mix_of_stream(RaceOptions(sse="/events", events=7, headers=(("Origin", "x"),)))
    assert mix is not None
    return workload_of(mix, PROJECT.targets)


def test_a_stream_is_the_only_request() -> None:
    workload = stream_workload()
    (step,) = workload.steps
    assert step.stream == StreamSpec("sse", None, 7)
    assert step.headers == {"Accept": "text/event-stream", "Origin": "x"}
    assert step.expect == Expectation()
    assert step.request("wsgi").stream == step.stream
    assert what_is_asked(workload) == "/events, a stream as a request, left after 7 events"
    assert mix_of_stream(RaceOptions()) is None
    default = mix_of_stream(RaceOptions(sse="/events"))
    assert default is not None
    assert default.requests[0].stream == StreamSpec("sse", None, 5)


def test_servers_that_hold_responses_back_are_left_out_with_the_reason() -> None:
    found = eligible_servers(CATALOG, PROJECT, speaking="streaming")
    assert {server.interface for server in found.servers} == {"asgi", "wsgi"}
    whys = {excluded.server: excluded.why for excluded in found.excluded_servers}
    assert whys["fastwsgi"] == "without streams: it sends a body when it is complete"
    with pytest.raises(BadInput, match="'fastwsgi' is without streams: it sends a body"):
        eligible_servers(CATALOG, PROJECT, "fastwsgi", speaking="streaming")


def test_stacks_of_a_race_speak_streams_and_have_a_command() -> None:
    workload = stream_workload()
    catalog = with_project(CATALOG, PROJECT, workload)
    eligible = eligible_servers(catalog, PROJECT, "uvicorn,waitress", speaking="streaming")
    suite = race_suite(catalog, PROJECT, eligible, workload, RaceSettings(1, 4, 16))
    for stack in suite.stacks:
        assert stack.protocols == ("streaming",)
        command = deployment(stack, catalog.serving(stack), PROJECT, (), {}).command_line
        assert stack.name in command


def test_a_stream_of_seconds_is_refused_with_what_to_type() -> None:
    step = Step({"wsgi": "/events"}, wait_s=4.0, stream=StreamSpec("sse", None, 5))
    with pytest.raises(BadInput) as caught:
        require_short_streams(Workload("events", (step,)))
    assert str(caught.value) == (
        "GET /events takes 4.0 s for 5 events; a race reads streams for less than a second: "
        "--events 1"
    )
    require_short_streams(stream_workload())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--events", "3"], "--events is for --sse PATH"),
        (["--sse", "events"], "--sse 'events' is no path that begins with a slash"),
        (["--sse", "/e", "--path", "/"], "--path and --sse exclude each other"),
        (["--sse", "/e", "--scenario", "s.toml"], "--scenario and --sse exclude each other"),
        (["--sse", "/e", "--websocket", "/ws", "--send", "x"], "--websocket and --sse exclude"),
        (["--sse", "/e", "--lifecycle"], "--lifecycle and --sse exclude each other"),
        (["--sse", "/e", "--events", "0"], "--events"),
    ],
)
def test_what_does_not_go_with_a_stream_is_refused_in_one_sentence(
    words: list[str], said: str, tmp_path: Path
) -> None:
    assert said in complaint("race", "shop:app", *words, folder=tmp_path)
