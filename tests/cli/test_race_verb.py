"""Real races of real projects through the command line: from an app's name to a recommendation."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

import pytest
from command_line import (
    AT_MOST_S,
    await_event,
    complaint,
    started,
    survivors,
    timetrial,
    within,
    write,
)
from small_runs import stored

from timetrial.analysis.recommendation import recommend
from timetrial.analysis.summarize import summarize
from timetrial.features.race.text import advice

WSGI = """
def app(environ, start_response):
    body = b"hello" if environ["PATH_INFO"] == "/" else b"elsewhere"
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]
"""
IMPORTING = "importing shop:app to see what it is\n"
SHORT = ("--budget", "1s", "--no-control", "--python", sys.executable)
"""One round, in which trials at a rate are short."""


def in_(folder: Path, text: str, name: str = "shop.py") -> Path:
    write(folder, {name: text})
    return folder


@pytest.mark.live
def test_an_interrupted_race_goes_on_to_a_table_a_recommendation_and_a_stored_run(
    tmp_path: Path,
) -> None:
    """With the same arguments alone."""
    in_(tmp_path, WSGI)
    race = ("race", "shop:app", "--servers", "waitress,gunicorn-gthread", "--details", *SHORT)
    process = started(*race, "--progress", "events", folder=tmp_path)
    await_event(process, "run_started")
    await_event(process, "trial_stored", stack="waitress", round=1)
    os.killpg(process.pid, signal.SIGINT)
    _, rest = process.communicate(timeout=AT_MOST_S)
    assert process.returncode == 130, rest
    *_, last = rest.splitlines()
    go_on = last.partition(": timetrial ")[2].split()
    assert go_on[:2] == ["race", "shop:app"]
    assert go_on[go_on.index("--resume") + 1] == "1"
    assert stored(tmp_path).pending()
    refused = complaint(*race, "--threads", "2", "--resume", "1",
                        folder=tmp_path, progress=IMPORTING)  # fmt: skip
    assert refused.startswith("run 1 is another race; waitress: WSGI, 1 × 4 ")
    wrong_verb = complaint("run", "--resume", "1", folder=tmp_path)
    assert wrong_verb.startswith("run 1 is a race: `timetrial race` goes on with it")

    ended = timetrial(*race, "--resume", "1", folder=tmp_path)
    assert ended.returncode == 0, ended.stderr
    run = stored(tmp_path)
    assert (run.number, run.pending()) == (1, ())
    assert {m.trial.cell.stack for m in run.measurements} == {"waitress", "gunicorn-gthread"}
    assert {m.trial.cell.benchmark for m in run.measurements} == {"saturation", "at-50%"}
    assert run.failures == ()
    again = within("report", "latest", "--details", folder=tmp_path)
    assert again.stdout == ended.stdout
    choice = recommend(summarize(run))
    assert choice is not None
    document = json.loads(within("report", "--json", "--brief", folder=tmp_path).stdout)
    assert document["recommendation"]["kind"] == choice.kind
    text = " ".join(ended.stdout.split())
    assert all(sentence in text for sentence in advice(summarize(run), choice).paragraphs)
    assert "shared one machine" in text
    assert survivors(tmp_path) == []


@pytest.mark.live
def test_an_app_that_dies_under_load_is_recommended_on_no_server(tmp_path: Path) -> None:
    dying = WSGI.replace("def app(", "SERVED = []\n\ndef app(").replace(
        "    body = b", "    SERVED.append(1)\n    len(SERVED) < 500 or os._exit(1)\n    body = b"
    )
    in_(tmp_path, "import os\n" + dying)
    ended = timetrial("race", "shop:app", "--servers", "waitress,cheroot", *SHORT, folder=tmp_path)
    assert ended.returncode == 3, ended
    assert "Traceback" not in ended.stderr
    assert survivors(tmp_path) == []


def test_an_app_that_fails_stops_the_race_with_its_own_traceback(tmp_path: Path) -> None:
    in_(tmp_path, 'def app(environ, start_response):\n    raise LookupError("shelf-7")\n')
    ended = within(
        "race",
        "shop:app",
        "--servers",
        "waitress,gunicorn-gthread",
        "--details",
        *SHORT,
        folder=tmp_path,
    )
    assert ended.returncode == 2, ended
    assert "LookupError: shelf-7" in ended.stderr
    assert "shop.py" in ended.stderr
    assert ended.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "sentence", "progress"),
    [
        (
            ("--servers", "uvicorn"),
            "--servers: 'uvicorn' is for ASGI apps (this one is WSGI)",
            IMPORTING,
        ),
        (
            ("--servers", "waitres"),
            "there is no server called 'waitres'; did you mean 'waitress'",
            IMPORTING,
        ),
        (("--rounds", "3", "--budget", "1m"), "--rounds, --precision and --budget each say", ""),
        (("--path", "items"), "race: invalid value for '--path': 'items' is no path", ""),
        (
            ("--servers", "waitress", "--keep-all"),
            "--keep-all keeps servers that fall behind others, and waitress races alone",
            IMPORTING,
        ),
        (("--control", "--rounds", "2"), "a control vouches for verdicts", IMPORTING),
        (("--resume", "7"), "there is no store at 'timetrial.db'", ""),
    ],
)
def test_what_cannot_be_raced_is_refused_with_a_sentence(
    tmp_path: Path, arguments: tuple[str, ...], sentence: str, progress: str
) -> None:
    in_(tmp_path, WSGI)
    refused = complaint(
        "race", "shop:app", "--python", sys.executable, *arguments,
        folder=tmp_path, progress=progress,
    )  # fmt: skip
    assert refused.startswith(sentence)
