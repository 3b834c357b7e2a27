"""A service that fails is one sentence with the tail of its log, and nothing is left of it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from own_services import SERVING, running_own

from evidence import numbers_in
from timetrial.machine.procfs import every_pid
from timetrial.model.errors import ServiceFailed

GOOD = SERVING.format(status=200, body=b"{}", more="")


def failure(folder: Path, code: str, more: str = "") -> ServiceFailed:
    with pytest.raises(ServiceFailed) as failed, running_own(folder, code, more):
        pass
    assert mentioning(folder) == []
    return failed.value


def mentioning(folder: Path) -> list[str]:
    """List the commands of living processes that name a folder."""
    found = []
    for pid in every_pid():
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            continue
        if os.fsencode(folder) in command:
            found.append(command.replace(b"\0", b" ").decode())
    return found


def eventually(happened: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 60
    while not happened():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def test_a_service_that_ends_at_once_says_so_with_its_log(tmp_path: Path) -> None:
    failed = failure(tmp_path, "raise SystemExit('no such option: --port')")
    assert str(failed) == ("the service 'own' did not start: exited with code 1 before it answered")
    assert failed.log_tail.startswith("no such option")


def test_a_service_that_answers_wrongly_is_not_ready(tmp_path: Path) -> None:
    failed = failure(tmp_path, SERVING.format(status=503, body=b"{}", more=""))
    assert numbers_in(failed.reason) == [503, 200]
    assert "serving on" in failed.log_tail


def test_a_service_that_does_not_answer_json_is_not_ready(tmp_path: Path) -> None:
    failed = failure(tmp_path, SERVING.format(status=200, body=b"<html>", more=""))
    assert failed.reason.endswith("not JSON (b'<html>')")


def test_a_setup_that_fails_ends_it(tmp_path: Path) -> None:
    setup = """setup = [["{timetrial}", "-c", "raise SystemExit('disk full')"]]"""
    failed = failure(tmp_path, GOOD, setup)
    assert ": python" in failed.reason
    assert failed.reason.endswith(" exit code 1")
    assert failed.log_tail == "disk full"


def test_programs_that_are_nowhere_are_named(tmp_path: Path) -> None:
    failed = failure(tmp_path, GOOD, 'programs = ["no-such-daemon", "no-such-tool"]')
    assert "no-such-daemon and no-such-tool" in failed.reason


def test_packages_that_cannot_be_installed_are_told(tmp_path: Path) -> None:
    failed = failure(tmp_path, GOOD, 'packages = ["timetrial-no-such-package==1"]')
    assert "timetrial-no-such-package==1" in failed.reason
    assert failed.reason.endswith(" exit code 1")


def test_a_service_that_ends_later_is_noticed(tmp_path: Path) -> None:
    with running_own(tmp_path, GOOD) as services:
        services.require_alive()
        (service,) = services._running
        assert service._process is not None
        os.kill(service._process.pid, signal.SIGKILL)
        assert eventually(lambda: not service._process.is_alive())  # type: ignore[union-attr]  # it has one
        with pytest.raises(ServiceFailed) as failed:
            services.require_alive()
    assert failed.value.service == "own"
    assert failed.value.reason == "ended during the run"
    assert "serving on" in failed.value.log_tail


HOLDER = """
import sys, time
from pathlib import Path
sys.path.insert(0, {here!r})
from real_services import running
with running({name!r}, Path({folder!r})) as services:
    (service,) = services._running
    print(service._process.launch.cwd, flush=True)
    print(*(stamp.pid for stamp in service._process.processes()), flush=True)
    time.sleep(600)
"""


@pytest.mark.parametrize("name", ["fake-database", "postgres"])
def test_nothing_stays_when_timetrial_itself_is_killed(name: str, tmp_path: Path) -> None:
    here = str(Path(__file__).parent)
    code = HOLDER.format(here=here, name=name, folder=str(tmp_path))
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        data_dir = holder.stdout.readline().decode().strip()
        if not data_dir:
            pytest.skip(f"{name} cannot be started here")
        pids = [int(word) for word in holder.stdout.readline().split()]
        holder.kill()
    assert pids
    assert eventually(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids))
    shutil.rmtree(data_dir)
