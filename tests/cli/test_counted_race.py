"""`timetrial race --count`: what it refuses, and counts beside the CPU time of real servers."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from command_line import complaint, timetrial
from test_counted_gate import why_not

from timetrial.model import BadInput
from timetrial.verbs import counting, race, run
from timetrial.verbs.options.race import RaceOptions
from timetrial.verbs.options.run import RunOptions

APP = """
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "5")])
    return [b"hello"]
"""


@pytest.mark.parametrize("verb", [("race", "shop:app"), ("run",)])
def test_a_switch_without_what_it_is_about_is_refused(
    tmp_path: Path, verb: tuple[str, ...]
) -> None:
    assert "--try-valgrind is about --count" in complaint(*verb, "--try-valgrind", folder=tmp_path)


def test_a_run_without_end_is_never_counted(tmp_path: Path) -> None:
    said = complaint("run", "--watch", "--count", "auto", folder=tmp_path)
    assert "--count counts when a run has ended" in said


def test_nothing_is_measured_where_nothing_can_be_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing(*, tries_others: bool) -> None:
        assert not tries_others
        raise BadInput("--count: Valgrind is not there")

    monkeypatch.setattr(counting, "find_counter", nothing)
    store = str(tmp_path / "timetrial.db")
    with pytest.raises(BadInput, match="Valgrind is not there"):
        race.race(RaceOptions(app=str(tmp_path), count="auto", store=store))
    with pytest.raises(BadInput, match="Valgrind is not there"):
        run.run(RunOptions(count="auto", store=store))
    assert not (tmp_path / "timetrial.db").exists()


@pytest.mark.live
@pytest.mark.skipif(bool(why_not()), reason=why_not())
def test_servers_are_counted_after_a_race_and_not_ranked(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(APP, "utf-8")
    ended = timetrial(
        "race", "shop:app", "--servers", "waitress,gunicorn-sync", "--rounds", "1",
        "--count", "auto", "--python", sys.executable, folder=tmp_path, at_most_s=600,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert "Instructions per request" in ended.stdout
    assert "rank no servers" in " ".join(ended.stdout.split())
    document = timetrial("report", "--json", "--brief", folder=tmp_path)
    countings = json.loads(document.stdout)["summary"]["run"]["countings"]
    assert {each["stack"]: each["kind"] for each in countings} == {
        "waitress": "counted", "gunicorn-sync": "counted",
    }  # fmt: skip
    assert all(10_000 < each["instructions"] < 10_000_000 for each in countings)
    assert all(each["system_calls"] >= 2 for each in countings)
