"""`--quiet` and `--verbose` mean the same for all verbs; no stream loses a result."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import BinaryIO, cast

import click
import pytest
from click.testing import CliRunner
from command_line import complaint, within
from rich.console import Console
from small_runs import keep

from races import a_race
from runs import a_measurement, a_run, a_suite, a_window
from timetrial.cli.main import VERBS, verbs
from timetrial.cli.output import PROGRESS, ReaderGoneError
from timetrial.cli.progress import RunProgress
from timetrial.cli.streams import Stream
from timetrial.cli.verbosity import Verbosity, verbosity, with_verbosity
from timetrial.model import TrialStored

SUITE = a_suite(["granian", "uvicorn"], rounds=6)
SHOWN = (("report",), ("compare", "1", "2"), ("history",))


def unbuffered(number: int) -> io.TextIOWrapper:
    """Open a file descriptor so that what cannot be written fails at once."""
    raw = cast("BinaryIO", io.FileIO(number, "w"))
    return io.TextIOWrapper(raw, encoding="utf-8", write_through=True)


def closed_pipe() -> int:
    """Open a pipe that nobody reads any more."""
    read, write = os.pipe()
    os.close(read)
    return write


def commands(group: click.Group = verbs) -> list[click.Command]:
    context = click.Context(group)
    found = []
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        found += commands(command) if isinstance(command, click.Group) else [command]
    return found


@pytest.mark.parametrize("command", commands(), ids=lambda command: str(command.name))
def test_every_verb_has_both_with_the_same_words(command: click.Command) -> None:
    options = {
        option.name: (option.opts, option.help)
        for option in command.params
        if isinstance(option, click.Option) and option.name in {"quiet", "verbose"}
    }
    assert [flags for flags, _ in options.values()] == [["-q", "--quiet"], ["-v", "--verbose"]]
    assert len(VERBS) > 10


def heard(*arguments: str) -> list[object]:
    said: list[object] = []

    @click.command()
    @with_verbosity
    def verb() -> int:
        said.extend((verbosity(), PROGRESS.quiet))
        return 0

    result = CliRunner().invoke(verb, arguments, standalone_mode=False)
    if result.exception is not None:
        raise result.exception
    return said


def test_a_verb_is_told_and_the_next_one_begins_anew() -> None:
    assert heard() == [Verbosity.USUAL, False]
    assert heard("-q") == [Verbosity.QUIET, True]
    assert heard("--verbose") == [Verbosity.VERBOSE, False]
    assert verbosity() is Verbosity.USUAL
    assert not PROGRESS.quiet


@pytest.mark.parametrize("arguments", [(), ("-v",)])
def test_verbose_has_a_line_for_each_trial_on_a_terminal(arguments: tuple[str, ...]) -> None:
    shown = io.StringIO()

    @click.command()
    @with_verbosity
    def verb() -> int:
        with RunProgress(Console(file=shown, width=80, force_terminal=True)) as progress:
            progress(TrialStored(a_measurement([a_window()]), 1, 4))
        return 0

    CliRunner().invoke(verb, arguments, standalone_mode=False, catch_exceptions=False)
    assert ("1 of 4: round 1, " in shown.getvalue()) == bool(arguments)


@pytest.mark.parametrize("arguments", SHOWN)
def test_quiet_leaves_the_verdict_and_the_table(arguments: tuple[str, ...], tmp_path: Path) -> None:
    keep(tmp_path, a_run(SUITE), a_run(SUITE, seed=2))
    usual = within(*arguments, folder=tmp_path)
    quiet = within(*arguments, "-q", folder=tmp_path)
    details = within(*arguments, "--details", folder=tmp_path)
    assert usual.returncode == quiet.returncode == details.returncode == 0
    assert quiet.stderr == ""
    assert "--details" not in quiet.stdout
    assert len(quiet.stdout.splitlines()) < len(usual.stdout.splitlines())
    assert len(usual.stdout.splitlines()) < len(details.stdout.splitlines())
    assert {"granian", "uvicorn"} <= set(quiet.stdout.split())


def test_a_race_is_quiet_with_its_recommendation(tmp_path: Path) -> None:
    keep(tmp_path, a_race())
    quiet = within("report", "--quiet", folder=tmp_path).stdout
    assert "RECOMMENDED  Take granian" in quiet
    assert "Run it" not in quiet


@pytest.mark.parametrize("other", ["--details", "--verbose"])
def test_more_and_less_at_once_are_refused(other: str, tmp_path: Path) -> None:
    keep(tmp_path, a_run(SUITE))
    said = complaint("report", "--quiet", other, folder=tmp_path)
    assert said == f"--quiet and {other} exclude each other"


def test_what_is_typed_puts_aside_what_a_file_says(tmp_path: Path) -> None:
    keep(tmp_path, a_run(SUITE))
    (tmp_path / "timetrial.toml").write_text("quiet = true\n")
    assert "Report: " not in within("report", folder=tmp_path).stdout
    assert "Report: " in within("report", "--details", folder=tmp_path).stdout


@pytest.mark.parametrize("arguments", SHOWN)
def test_on_a_full_disk_the_whole_result_is_on_standard_error(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    keep(tmp_path, a_run(SUITE), a_run(SUITE, seed=2))
    whole = within(*arguments, folder=tmp_path).stdout
    with unbuffered(os.open("/dev/full", os.O_WRONLY)) as full:
        ended = within(*arguments, folder=tmp_path, into=full)
    assert ended.returncode == 3
    said, _, result = ended.stderr.partition("\n")
    assert "the result goes to standard error" in said
    assert result == whole


@pytest.mark.parametrize("arguments", SHOWN)
def test_a_reader_that_has_enough_ends_a_verb_in_silence(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    keep(tmp_path, a_run(SUITE), a_run(SUITE, seed=2))
    with unbuffered(closed_pipe()) as closed:
        ended = within(*arguments, folder=tmp_path, into=closed)
    assert ended.returncode == 0
    assert "Traceback" not in ended.stderr
    assert "cannot be written" not in ended.stderr


def test_progress_that_nobody_reads_ends_no_verb() -> None:
    with unbuffered(closed_pipe()) as closed:
        stream = Stream(closed)
        stream.write("round 1")
        stream.flush()
        assert isinstance(stream.problem, BrokenPipeError)
        with pytest.raises(ReaderGoneError):
            Stream(closed, stream).write("a result")
