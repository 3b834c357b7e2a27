"""As many connections as a process may have files, from several source addresses."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from served import responder_server, url_of
from timetrial.machine.placement import available_cpus

pytestmark = pytest.mark.soak

PROGRAM = Path(sys.executable).with_name("timetrial")
SOURCES = tuple(f"127.0.0.{host}" for host in range(1, 21))
"""So many that the ports of earlier connections, which are taken for a minute, do not matter."""
OTHER_FILES = 200
"""That a process has open besides its connections."""
TIMEOUT_S = 20
WITHIN_S = 120


@pytest.mark.parametrize("backend", ["epoll", "io_uring"])
@pytest.mark.parametrize("connections", [19_000, 60_000])
def test_all_connections_are_reached_and_answered(
    connections: int, backend: str, tmp_path: Path
) -> None:
    with files(connections + OTHER_FILES), responder_server(available_cpus(), tmp_path) as server:
        ended = subprocess.run(
            [
                str(PROGRAM), "load", url_of(server), "--json",
                "-c", str(connections), "-t", "2", "-d", "4s", "--timeout", f"{TIMEOUT_S}s",
                "--expect-body", "Hello world!", "--backend", backend,
                *(word for source in SOURCES for word in ("--source", source)),
            ],
            capture_output=True, text=True, timeout=WITHIN_S, check=False,
        )  # fmt: skip
    if ended.returncode == 2 and "io_uring" in ended.stderr:
        pytest.skip(f"io_uring cannot be used here: {ended.stderr}")
    assert ended.returncode == 0, ended
    data = json.loads(ended.stdout)
    assert data["connections_reached"] == connections
    assert min(data["completions_per_connection"]) > 0
    assert data["requests"]["ok"] == data["requests"]["arrivals"]


@contextmanager
def files(needed: int) -> Iterator[None]:
    """Let the processes that are started here open so many files each."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < needed:
        pytest.skip(f"{needed:,} open files are needed, the hard limit of a process is {hard:,}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
