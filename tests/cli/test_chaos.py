"""A run that is killed at any moment leaves nothing behind, loses nothing, and goes on."""

from __future__ import annotations

import os
import pty
import random
import re
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from command_line import PROGRAM, environment_in, heed_signals, started, survivors, timetrial
from small_runs import HELLO, write_suite

from timetrial.machine.own_folder import sweep
from timetrial.model.run import Run
from timetrial.store.store import Store

SERVERS = ("gunicorn-sync", "waitress")
ROUNDS = 4
LATEST_S = 6.0
"""A start, a look at the servers and some rounds."""
WITHIN_S = 120.0
"""For what is waited for: a busy machine takes many times as long as this needs by itself."""
_SAID = re.compile(r'^{"event": "trial_stored", .*"done": (\d+)', re.MULTILINE)
LEFT = ["own", "timetrial-reports", "timetrial.db"]


def run_in(folder: Path) -> Run | None:
    """Read what is stored, if a run was begun."""
    if not (folder / "timetrial.db").exists():
        return None
    with Store.open(folder / "timetrial.db") as store:
        return store.load("latest") if store.list_runs() else None


def ended(folder: Path) -> bool:
    return eventually(lambda: survivors(folder) == [])


def eventually(happened: Callable[[], object]) -> bool:
    deadline = time.monotonic() + WITHIN_S
    while not happened():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


@pytest.mark.parametrize(
    "kills",
    [pytest.param(3, marks=pytest.mark.live), pytest.param(50, marks=pytest.mark.soak)],
)
def test_a_killed_run_goes_on_until_all_is_measured(kills: int, tmp_path: Path) -> None:
    chance, known = random.Random(kills), 0  # noqa: S311 - no secret
    begin = write_suite(tmp_path, SERVERS, HELLO, rounds=ROUNDS)
    for _ in range(kills):
        run = run_in(tmp_path)
        if run is None or not run.pending():
            words, known = begin, 0
        else:
            words = ("run", "--resume", str(run.number), "--catalog", "own")
        process = started(*words, "--progress", "events", folder=tmp_path)
        time.sleep(chance.uniform(0.2, LATEST_S))
        process.kill()
        said = process.communicate()[1]
        assert ended(tmp_path), survivors(tmp_path)
        known = max([known, *map(int, _SAID.findall(said))])
        run = run_in(tmp_path)
        assert known <= (0 if run is None else len(run.measurements)), said
    done = run_in(tmp_path)
    words = begin if done is None else ("run", "--resume", str(done.number), "--catalog", "own")
    if done is None or done.pending():
        assert timetrial(*words, folder=tmp_path).returncode == 0
    done = run_in(tmp_path)
    assert done is not None
    assert (done.pending(), done.failures) == ((), ())
    # A round in which the machine was disturbed is measured again.
    assert len(done.measurements) == len(done.due()) >= len(SERVERS) * ROUNDS
    sweep(tmp_path)  # as the next start does, where the last one was killed
    assert sorted(path.name for path in tmp_path.iterdir()) == LEFT


def five_interrupts(terminal: int) -> None:
    for _ in range(5):
        os.write(terminal, b"\x03")
        time.sleep(0.05)


@pytest.mark.live
@pytest.mark.parametrize("end", [five_interrupts, os.close])
def test_a_terminal_that_ends_a_run_loses_nothing(
    end: Callable[[int], None], tmp_path: Path
) -> None:
    words = write_suite(tmp_path, SERVERS, HELLO, rounds=20)
    terminal, its_end = pty.openpty()
    process = subprocess.Popen(
        [PROGRAM, *words],
        cwd=tmp_path, env={**environment_in(tmp_path), "TERM": "xterm"},
        stdin=its_end, stdout=its_end, stderr=its_end,
        preexec_fn=_of_its_own_terminal,  # noqa: PLW1509 - no thread of the tests holds a lock then
    )  # fmt: skip
    os.close(its_end)
    os.set_blocking(terminal, False)
    shown = ""

    def measured() -> int:
        _shown_on(terminal)
        run = run_in(tmp_path)
        return len(run.measurements) if run else 0

    def has_ended() -> bool:
        nonlocal shown
        shown += _shown_on(terminal)
        return process.poll() is not None

    assert eventually(measured)
    end(terminal)
    assert eventually(has_ended)
    if end is five_interrupts:
        shown += _shown_on(terminal)
        os.close(terminal)
        assert process.returncode == 130
        assert "\x1b[?25l" not in shown.rpartition("\x1b[?25h")[2], "the cursor is shown"
        assert "interrupted; go on with: timetrial run --resume 1" in " ".join(shown.split())
    assert ended(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == LEFT
    run = run_in(tmp_path)
    assert run is not None
    kept = len(run.measurements)
    assert 0 < kept < len(run.due())
    again = started("run", "--resume", "1", "--catalog", "own", folder=tmp_path)
    assert eventually(lambda: len((run_in(tmp_path) or run).measurements) > kept)
    again.send_signal(signal.SIGTERM)
    again.communicate(timeout=WITHIN_S)


def _of_its_own_terminal() -> None:
    os.login_tty(0)
    heed_signals()


def _shown_on(terminal: int) -> str:
    """Read all that is there: a terminal gives no more than 4 KiB at a time."""
    shown = b""
    with suppress(OSError):  # nothing more is there, or its other end is closed
        while piece := os.read(terminal, 1 << 16):
            shown += piece
    return shown.decode(errors="replace")
