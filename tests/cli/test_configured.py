"""Defaults of options from variables, timetrial.toml and [tool.timetrial]."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import complaint, within, write

from timetrial.cli.main import verbs

PROJECT = """
[project]
name = "shop"
[tool.timetrial]
store = "of-project.db"
race = { budget = "2m", servers = ["waitress", "uvicorn"] }
"""


def read(folder: Path, monkeypatch: pytest.MonkeyPatch, *words: str) -> dict[str, object]:
    """Return the parameters of a verb as they are read, without calling it."""
    monkeypatch.chdir(folder)
    with verbs.make_context("timetrial", list(words)) as group:
        _, command, rest = verbs.resolve_command(group, list(words))
        assert command is not None
        return command.make_context(words[0], rest, parent=group).params


def test_a_table_of_the_project_holds_for_all_verbs_or_for_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, {"pyproject.toml": PROJECT})
    race = read(tmp_path, monkeypatch, "race", "shop:app")
    assert (race["store"], race["budget"]) == ("of-project.db", 120)
    assert race["servers"] == "waitress,uvicorn"
    assert read(tmp_path, monkeypatch, "report")["store"] == "of-project.db"


def test_what_is_typed_wins_over_variables_and_they_over_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, {"pyproject.toml": PROJECT, "timetrial.toml": 'store = "own.db"'})
    assert read(tmp_path, monkeypatch, "report")["store"] == "own.db"
    monkeypatch.setenv("TIMETRIAL_STORE", "of-all.db")
    assert read(tmp_path, monkeypatch, "report")["store"] == "of-all.db"
    monkeypatch.setenv("TIMETRIAL_REPORT_STORE", "of-reports.db")
    assert read(tmp_path, monkeypatch, "report")["store"] == "of-reports.db"
    assert read(tmp_path, monkeypatch, "report", "--store", "typed.db")["store"] == "typed.db"


def test_folders_above_count_within_one_repository_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, {"pyproject.toml": PROJECT, "src/x": "", "other/.git/x": ""})
    assert read(tmp_path / "src", monkeypatch, "report")["store"] == "timetrial.db"
    write(tmp_path, {".git/x": ""})
    assert read(tmp_path / "src", monkeypatch, "report")["store"] == "of-project.db"
    assert read(tmp_path / "other", monkeypatch, "report")["store"] == "timetrial.db"


@pytest.mark.parametrize(
    ("text", "words", "said"),
    [
        (
            "[race]\nbugdet = '2m'",
            ("race", "."),
            "race.bugdet: there is no option called 'bugdet'; did you mean 'budget'",
        ),
        ("stroe = 'a.db'", ("report",), "timetrial.toml: stroe: there is no option called"),
        ("race = 3", ("race", "."), "timetrial.toml: race: must be a table of options"),
        (
            "[load]\nallow-remote = 'example.org'",
            ("load", "http://example.org"),
            "timetrial.toml: load.allow-remote: has to be typed each time",
        ),
        ("a = ", ("report",), "timetrial.toml: "),
        ("[race]\nbudget = 'soon'", ("race", "."), "timetrial.toml: race.budget: invalid value"),
    ],
)
def test_a_wrong_file_is_refused_with_its_place(
    text: str, words: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    write(tmp_path, {"timetrial.toml": text})
    assert said in complaint(*words, folder=tmp_path).replace(f"{tmp_path}/", "")


def test_a_default_that_does_not_go_with_what_is_typed_is_put_aside(tmp_path: Path) -> None:
    write(tmp_path, {"timetrial.toml": "[run]\nrounds = 5"})
    ended = within("run", "--resume", "1", folder=tmp_path)
    assert ended.returncode == 2
    first, second = ended.stderr.splitlines()
    assert first.startswith("timetrial: timetrial.toml: run.rounds is not used here: --resume")
    assert "no such store" in second or "timetrial.db" in second


def test_a_gate_has_the_options_of_its_race_in_its_own_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, {"timetrial.toml": 'gate = { budget = "1m", connections = 8 }'})
    gate = read(tmp_path, monkeypatch, "gate", "shop:app")
    assert (gate["budget"], gate["connections"]) == (60, 8)
    assert read(tmp_path, monkeypatch, "race", "shop:app")["connections"] == 16
