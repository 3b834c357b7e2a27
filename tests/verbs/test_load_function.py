"""The function behind `timetrial load`: a record of options in, a record of the drive out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from timetrial.drivers.driver import Progress
from timetrial.engine import Constant, Responder
from timetrial.model.errors import BadInput, BadTarget
from timetrial.model.load import ArrivalSchedule, Stage
from timetrial.reports.load import as_data
from timetrial.verbs.load import LoadBegins, LoadEvent, load
from timetrial.verbs.options.load import LoadOptions

LINES = """
{"path": "/", "name": "home"}
{"path": "/items"}
"""
ANYWHERE = "http://127.0.0.1:9/"


def test_it_counts_what_the_server_saw_and_says_what_was_asked_for() -> None:
    with Responder() as responder:
        url = f"http://{responder.address}/"
        run = load(LoadOptions(url=url, connections=2, threads=1, count=50))
        record = responder.stop()
    assert run.result.counts.ok == record.requests == 50
    assert run.terms.request == f"GET {url}"
    assert run.terms.requests == ("GET /",)
    assert (run.terms.setting.connections, run.terms.load_model) == (2, "closed")
    assert not run.interrupted


def test_an_observer_is_told_of_the_begin_and_of_progress(
    capsys: pytest.CaptureFixture[str],
) -> None:
    events: list[LoadEvent] = []
    with Responder(Constant(0.002)) as responder:
        options = LoadOptions(url=f"http://{responder.address}/", connections=1, duration=0.5)
        load(options, events.append)
    begins, *further = events
    assert isinstance(begins, LoadBegins)
    assert begins.drive.window_s == 0.5
    assert further
    assert all(isinstance(event, Progress) for event in further)
    assert capsys.readouterr() == ("", "")


def test_an_interrupt_ends_it_with_what_was_counted_by_then() -> None:
    def interrupt(event: LoadEvent) -> None:
        if isinstance(event, Progress) and event.completions:
            raise KeyboardInterrupt

    with Responder() as responder:
        options = LoadOptions(url=f"http://{responder.address}/", connections=1, duration=60.0)
        run = load(options, interrupt)
    assert run.interrupted
    assert run.result.overall.ok > 0


def test_lines_of_a_file_are_sent_in_turn_and_keep_their_names(tmp_path: Path) -> None:
    file = tmp_path / "mix.jsonl"
    file.write_text(LINES)
    with Responder() as responder:
        url = f"http://{responder.address}/"
        run = load(LoadOptions(url=url, connections=1, count=4, requests_file=file))
    assert run.terms.requests == ("home", "GET /items")
    assert [each.counts.ok for each in run.result.by_request] == [2, 2]


def test_tokens_of_queries_are_sent_and_are_in_no_name_of_a_request(tmp_path: Path) -> None:
    file = tmp_path / "mix.jsonl"
    file.write_text('{"path": "/a?api_key=hunter2"}\n{"path": "/b?page=1&token=hunter2"}\n')
    with Responder() as responder:
        url = f"http://{responder.address}/"
        run = load(LoadOptions(url=url, connections=1, count=4, requests_file=file))
    assert run.terms.requests == ("GET /a?api_key=***", "GET /b?page=1&token=***")
    assert "hunter2" not in json.dumps(as_data(run.terms, run.result))


def test_users_go_through_a_file(tmp_path: Path) -> None:
    file = tmp_path / "mix.jsonl"
    file.write_text(LINES)
    with Responder() as responder:
        url = f"http://{responder.address}/"
        run = load(LoadOptions(url=url, users=2, count=8, requests_file=file))
    assert run.terms.load_model == "users"
    assert run.terms.setting.connections == 2


def test_a_url_with_a_path_and_a_file_of_requests_exclude_each_other(tmp_path: Path) -> None:
    options = LoadOptions(url=f"{ANYWHERE}hello", requests_file=tmp_path / "mix.jsonl")
    with pytest.raises(BadInput, match="--requests"):
        load(options)


def test_what_is_refused_is_refused_without_a_word_printed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(BadTarget, match=r"--allow-remote 192\.0\.2\.1"):
        load(LoadOptions(url="http://192.0.2.1/"))
    with pytest.raises(BadInput, match="--ca and --insecure are for https:// URLs"):
        load(LoadOptions(url=ANYWHERE, insecure=True))
    assert capsys.readouterr() == ("", "")


def test_rate_stages_and_duration_exclude_each_other() -> None:
    stages = (Stage(1.0, 5.0, 5.0),)
    with pytest.raises(BadInput, match="--rate and --stage"):
        LoadOptions(url=ANYWHERE, rate=5.0, stages=stages)
    with pytest.raises(BadInput, match="--stage and --duration"):
        LoadOptions(url=ANYWHERE, duration=1.0, stages=stages)


def test_a_value_out_of_its_bounds_is_refused_when_the_record_is_built() -> None:
    with pytest.raises(BadInput, match="connections: 0 "):
        LoadOptions(url=ANYWHERE, connections=0)


def test_a_record_cannot_be_changed() -> None:
    options = LoadOptions(url=ANYWHERE)
    with pytest.raises(ValidationError, match="frozen"):
        options.connections = 3  # type: ignore[misc]  # it is what this is about


def test_an_option_that_would_mean_nothing_is_refused_only_where_it_was_given() -> None:
    with pytest.raises(BadInput, match="--seed needs"):
        LoadOptions(url=ANYWHERE, seed=0)
    assert LoadOptions(url=ANYWHERE).seed == 0


def test_a_rate_is_one_stage() -> None:
    options = LoadOptions(url=ANYWHERE, rate=5.0, duration=2.0, arrival="constant", seed=7)
    assert options.schedule == ArrivalSchedule((Stage(2.0, 5.0, 5.0),), "constant", 7)
    default = LoadOptions(url=ANYWHERE, rate=5.0).schedule
    assert default is not None
    assert default.duration_s == 10.0


def test_stages_follow_each_other() -> None:
    stages = (Stage(1.0, 0.0, 10.0), Stage(2.0, 10.0, 10.0))
    schedule = LoadOptions(url=ANYWHERE, stages=stages).schedule
    assert schedule == ArrivalSchedule(stages)
    assert schedule.duration_s == 3.0


def test_neither_rate_nor_stages_is_the_closed_model() -> None:
    assert LoadOptions(url=ANYWHERE, duration=5.0).schedule is None
