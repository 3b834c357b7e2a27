"""The real command line, as a program of its own or within this one, and what it leaves behind.

What a verb says of its input or of a store needs no program of its own: Python would start and
import for most of a second each time. A verb that starts servers, is interrupted or is asked for
its process is run as a program.
"""

from __future__ import annotations

import contextlib
import gc
import io
import json
import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from unittest import mock

import pytest

from timetrial.cli import main
from timetrial.cli.output import PROGRESS, RESULTS
from timetrial.machine.placement import Placement
from timetrial.model import Ceiling
from timetrial.runner import machine_checks

PROGRAM = Path(sys.executable).with_name("timetrial")
BYTECODE = Path(__file__).parents[2] / ".pytest_cache" / "bytecode"
AT_MOST_S = 120.0
COLUMNS = 120
CEILING_S = 0.1
_ceiling = machine_checks.ceiling
_INSTALLING = re.compile(r"^installing .*\n", re.MULTILINE)


def timetrial(
    *arguments: str, folder: Path, at_most_s: float = AT_MOST_S
) -> subprocess.CompletedProcess[str]:
    """Run a verb in a folder and wait for its end."""
    return subprocess.run(
        [PROGRAM, *arguments],
        cwd=folder,
        env=environment_in(folder),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=at_most_s,
        check=False,
    )


def started(*arguments: str, folder: Path, stderr: int = subprocess.PIPE) -> subprocess.Popen[str]:
    """Start a verb in a process group of its own, as a shell does."""
    return subprocess.Popen(
        [PROGRAM, *arguments],
        cwd=folder,
        env=environment_in(folder),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=stderr,
        encoding="utf-8",
        process_group=0,
        # A shell ignores SIGINT for what it starts in the background, and nohup SIGHUP, and that is
        # inherited: neither would do anything here if the tests were started so.
        preexec_fn=heed_signals,  # noqa: PLW1509 - no thread of the tests holds a lock then
    )


def await_event(
    process: subprocess.Popen[str], name: str, **content: object
) -> list[dict[str, object]]:
    """Read the events of a program with `--progress events` up to one of this name and content."""
    assert process.stderr is not None
    events: list[dict[str, object]] = []
    for line in process.stderr:
        if not line.startswith("{"):
            continue
        events.append(json.loads(line))
        if {"event": name, **content}.items() <= events[-1].items():
            return events
    pytest.fail(f"no {name} {content} in {events}")


def heed_signals() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def within(
    *arguments: str, folder: Path, into: io.TextIOWrapper | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a verb in a folder, in this process; what it ends with is that of the program.

    Its standard output goes `into` a stream instead of being returned.
    """
    with (
        _as_in_a_program(folder),
        _written_to("stdout") as stdout,
        _written_to("stderr") as stderr,
        mock.patch.object(sys, "stdout", into or sys.stdout),
        mock.patch.object(sys, "argv", [str(PROGRAM), *arguments]),
    ):
        try:
            main()
        except SystemExit as ended:
            code = ended.code
    # What could not be written is kept, and the next test is to begin anew.
    RESULTS._buffer.clear()
    assert isinstance(code, int), code
    return subprocess.CompletedProcess(
        [PROGRAM, *arguments],
        code,
        stdout.getvalue().decode("utf-8"),
        stderr.getvalue().decode("utf-8"),
    )


@contextlib.contextmanager
def _as_in_a_program(folder: Path) -> Iterator[None]:
    """Have the folder, the environment and the standard input of a program; leave no trace here."""
    files = resource.getrlimit(resource.RLIMIT_NOFILE)
    with (
        contextlib.chdir(folder),
        mock.patch.dict(os.environ, environment_in(folder), clear=True),
        # These keep the folder and the width that they found first.
        mock.patch.object(tempfile, "tempdir", None),
        mock.patch.object(RESULTS, "_width", COLUMNS),
        mock.patch.object(PROGRESS, "_width", COLUMNS),
        # Both CPUs would spin for a second of each run.
        mock.patch.object(machine_checks, "ceiling", _ceiling_of_a_moment),
        # A verb never collects what was there before it; the tests that follow are to.
        mock.patch.object(gc, "freeze"),
        Path(os.devnull).open(encoding="utf-8") as nothing,
        mock.patch.object(sys, "stdin", nothing),
    ):
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, files)


def _ceiling_of_a_moment(
    connections: int, pipeline: int, placement: Placement, length_s: float = CEILING_S
) -> Ceiling:
    return _ceiling(connections, pipeline, placement, min(length_s, CEILING_S))


@contextlib.contextmanager
def _written_to(stream: str) -> Iterator[io.BytesIO]:
    """Give the bytes that are written to stdout or stderr, which is no terminal."""
    written = io.BytesIO()
    text = io.TextIOWrapper(written, encoding="utf-8", write_through=True)
    with mock.patch.object(sys, stream, text):
        yield written
    text.detach()


def complaint(*arguments: str, folder: Path, progress: str = "") -> str:
    """Return the sentence with which a verb refuses what it was given.

    There must be nothing else on stderr but that `progress`, and nothing on stdout; what had to be
    installed depends on the cache of this machine.
    """
    ended = within(*arguments, folder=folder)
    return refused(ended, folder=folder, progress=progress)


def refused(ended: subprocess.CompletedProcess[str], *, folder: Path, progress: str = "") -> str:
    """Return the one sentence of a verb that has ended so."""
    assert ended.returncode == 2, ended
    assert ended.stdout == ""
    assert "Traceback" not in ended.stderr
    said = _INSTALLING.sub("", ended.stderr)
    lead = f"{progress}timetrial: "
    assert said.startswith(lead), said
    sentence, newline, rest = said.removeprefix(lead).partition("\n")
    assert (newline, rest) == ("\n", "")
    assert ". " not in sentence
    assert survivors(folder) == []
    return sentence


def write(folder: Path, files: Mapping[str, str]) -> None:
    """Write files, by their paths below a folder, with all folders that they need."""
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


def environment_in(folder: Path) -> dict[str, str]:
    """Let all temporary files lie in the folder: whatever comes of it can be told by that.

    Bytecode is kept, because these tests start the program more than a hundred times.
    """
    own = {
        "TMPDIR": str(folder),
        "COLUMNS": str(COLUMNS),
        "PYTHONDONTWRITEBYTECODE": "",
        "PYTHONPYCACHEPREFIX": str(BYTECODE),
    }
    return {**os.environ, **own}


def survivors(folder: Path) -> list[str]:
    """List the commands of living processes whose environment names the folder.

    A supervisor has inherited it, and the home folder of a server lies in it.
    """
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if os.fsencode(folder) in (process / "environ").read_bytes():
                command = (process / "cmdline").read_bytes()
                found.append(command.replace(b"\0", b" ").decode(errors="replace"))
        except OSError:  # it ended meanwhile
            continue
    return found
