"""What a verb writes arrives whole or elsewhere, and commands neither a terminal nor a job."""

from __future__ import annotations

import dataclasses
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import PROGRAM, environment_in, within, write
from small_runs import keep

from runs import a_run, a_suite
from timetrial.cli.output import RESULTS, write_json
from timetrial.cli.streams import Stream, streams

FULL = Path("/dev/full")


def read_by_github(*texts: str) -> str:
    written = io.StringIO()
    stream = Stream(written, for_commands=True)
    for text in texts:
        stream.write(text)
    return written.getvalue()


@pytest.mark.parametrize("command", ["::stop-commands::y", "  ::error::x", "a\n\t::x::", "\n\n::x"])
def test_no_line_begins_as_a_command(command: str) -> None:
    for texts in ((command,), tuple(command)):
        shown = read_by_github(*texts)
        assert not any(line.lstrip().startswith("::") for line in shown.splitlines())
    assert read_by_github("::x::y: a::b\n") == "\\u003a:x::y: a::b\n"


def test_the_former_form_of_commands_is_in_no_line_and_json_means_the_same() -> None:
    text = json.dumps({"said": "a ##[add-mask]b"})
    shown = read_by_github(text)
    assert "##[" not in shown
    assert json.loads(shown) == json.loads(text)


def test_commands_of_its_own_are_written() -> None:
    written = io.StringIO()
    Stream(written, for_commands=True).command("::error title=a::b")
    assert written.getvalue() == "::error title=a::b\n"


def test_what_an_app_raises_commands_no_job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raised = "x\n::stop-commands::y\n\x1b[2J"
    write(tmp_path, {"app.py": f"raise RuntimeError({raised!r})\n"})
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    shown = within("race", "app:application", folder=tmp_path)
    assert shown.returncode == 2
    assert r"\u003a:stop-commands::y" in shown.stderr
    assert r"\x1b[2J" in shown.stderr
    assert "\x1b" not in shown.stderr
    assert not any(line.lstrip().startswith("::") for line in shown.stderr.splitlines())


def test_what_is_redirected_to_a_file_stays_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "table.csv"
    with file.open("w", encoding="utf-8") as redirected:
        monkeypatch.setattr(sys, "stdout", redirected)
        log = io.StringIO()
        monkeypatch.setattr(sys, "stderr", log)
        with streams({"GITHUB_ACTIONS": "true"}) as out:
            out.write("a,##[b\n")
            sys.stderr.write("a ##[b")
            assert "##[" not in log.getvalue()
    assert file.read_text("utf-8") == "a,##[b\n"


def test_tables_show_what_acts_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.StringIO()
    monkeypatch.setattr(sys, "stdout", written)
    RESULTS.print("a \x1b]0;title\x1b\\ b \u202e", markup=False)
    assert written.getvalue() == "a \\x1b]0;title\\x1b\\ b \\u202e\n"


def test_json_has_escapes_where_the_encoding_lacks_a_character(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="ascii"))
    document = {"title": "Größe 👩"}
    write_json(json.dumps(document, ensure_ascii=False))
    sys.stdout.flush()
    assert json.loads(written.getvalue()) == document


@pytest.mark.parametrize("form", [(), ("--format", "markdown", "-o", "-")])
def test_a_report_in_ascii_is_written_to_its_end(form: tuple[str, ...], tmp_path: Path) -> None:
    keep(tmp_path, a_run(a_suite(["granian", "uvicorn"], rounds=2)))
    ended = subprocess.run(
        [PROGRAM, "report", *form],
        cwd=tmp_path,
        env={**environment_in(tmp_path), "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert "granian" in ended.stdout.decode("ascii")


def test_a_result_that_cannot_be_written_goes_to_standard_error(tmp_path: Path) -> None:
    with FULL.open("w") as full:
        ended = subprocess.run(
            [PROGRAM, "list", "services", "--json"],
            cwd=tmp_path,
            env=environment_in(tmp_path),
            stdout=full,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            check=False,
        )
    said, _, result = ended.stderr.partition("\n")
    assert ended.returncode == 3
    assert said == (
        "timetrial: standard output cannot be written: No space left on device; the result goes to "
        "standard error"
    )
    assert {entry["name"] for entry in json.loads(result)} >= {"postgres"}


def test_an_export_on_a_terminal_commands_nothing(tmp_path: Path) -> None:
    suite = dataclasses.replace(a_suite(["granian"], rounds=2), title="a\u202eb\x9b2J")
    keep(tmp_path, a_run(suite))
    done = within("runs", "export", folder=tmp_path)
    assert r"a\u202eb\u009b2J" in done.stdout
    assert json.loads(done.stdout)["run"]["plan"]["suite"]["title"] == suite.title
