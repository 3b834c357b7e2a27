"""Servers that our launcher forks: they come and go together, and never with a worker less."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from serving import first_response, launch_of, started

from timetrial.catalog import load_catalog
from timetrial.stacks.launch import Launch

CATALOG = load_catalog()
FORKED = sorted(
    server.name
    for server in CATALOG.servers.values()
    if any(text.startswith("{here}") and text.endswith("_server.py") for text in server.command)
    if server.workers.max > 1
)
WORKERS = 2
WITHIN_S = 60.0


def launch_for(server: str, data_dir: Path) -> Launch:
    return launch_of(server, CATALOG.app("raw"), "hello", data_dir)


def workers_of(process: subprocess.Popen[bytes], launch: Launch) -> list[psutil.Process]:
    """Wait until it serves with all its workers."""
    connection, response = first_response(launch)
    assert response.status == 200
    connection.close()
    main = psutil.Process(process.pid)
    await_that(lambda: len(main.children()) == WORKERS)
    return main.children()


def await_that(happens: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WITHIN_S
    while not happens():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_six_servers_are_forked_by_us() -> None:
    wsgi = ["bjoern", "cheroot", "fastwsgi", "gevent", "tornado-wsgi"]
    assert sorted([*wsgi, "daphne-workers"]) == FORKED


@pytest.mark.parametrize("server", FORKED)
def test_a_signal_for_the_main_process_ends_all_without_a_word(server: str, tmp_path: Path) -> None:
    launch = launch_for(server, tmp_path)
    with started(launch) as process:
        workers = workers_of(process, launch)
        process.send_signal(signal.SIGTERM)
        assert process.wait(WITHIN_S) == 0
        assert not [worker for worker in workers if worker.is_running()]
    assert launch.log.read_text("utf-8") == ""


@pytest.mark.parametrize("server", FORKED)
def test_when_a_worker_is_killed_nothing_stays_behind(server: str, tmp_path: Path) -> None:
    launch = launch_for(server, tmp_path)
    with started(launch) as process:
        workers = workers_of(process, launch)
        workers[0].kill()
        assert process.wait(WITHIN_S) == 1
        assert not [worker for worker in workers if worker.is_running()]
    said = launch.log.read_text("utf-8")
    assert f"ChildProcessError: worker {workers[0].pid} " in said
    assert "exit code -9" in said


@pytest.mark.parametrize("server", FORKED)
def test_an_app_that_is_not_there_ends_the_server(server: str, tmp_path: Path) -> None:
    launch = launch_for(server, tmp_path)
    command = (*launch.command[:-1], "raw_app:nothing")
    with started(replace(launch, command=command)) as process:
        assert process.wait(WITHIN_S) == 1
    assert "nothing" in launch.log.read_text("utf-8")
