"""What a stack really is, asked of real servers that run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from looked_at import looked_at, server_named

from evidence import numbers_in
from timetrial.machine.supervisor import descendants
from timetrial.model.effective_config import StackConfiguration
from timetrial.model.errors import StackFailed
from timetrial.stacks.fingerprint.launch import INSIDE
from timetrial.stacks.interpreter import find_interpreter

LOOP_AUTO = (
    "{bin}/uvicorn", "--host", "{host}", "--port", "{port}", "--workers", "{workers}",
    "--loop", "auto", "--http", "auto", "--log-level", "warning", "{app}",
)  # fmt: skip


@pytest.fixture(name="bare_and_full", scope="module")
def _bare_and_full(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[StackConfiguration, StackConfiguration]:
    """Look at uvicorn by one command line, without and with uvloop and httptools installed."""
    bare = server_named("uvicorn", packages=("uvicorn",), command=LOOP_AUTO)
    full = server_named("uvicorn", packages=("httptools", "uvicorn", "uvloop"), command=LOOP_AUTO)
    folder = tmp_path_factory.mktemp("uvicorn")
    return looked_at(bare, folder), looked_at(full, folder)


@pytest.fixture(name="gunicorn", scope="module")
def _gunicorn(tmp_path_factory: pytest.TempPathFactory) -> Looked:
    before = set(descendants(os.getpid()))
    seen = looked_at(server_named("gunicorn-gthread"), tmp_path_factory.mktemp("gunicorn"))
    return Looked(seen, left=set(descendants(os.getpid())) - before)


@dataclass(frozen=True)
class Looked:
    seen: StackConfiguration
    left: set[int]
    """Processes that are there now and were not before."""


def test_uvicorn_on_loop_auto_is_told_apart_by_what_is_installed(
    bare_and_full: tuple[StackConfiguration, StackConfiguration],
) -> None:
    without, with_uvloop = bare_and_full
    assert without.command == with_uvloop.command
    assert without.inside is not None
    assert with_uvloop.inside is not None
    assert (without.inside.event_loop or "").startswith("asyncio.")
    assert with_uvloop.inside.event_loop == "uvloop.Loop"
    assert without.inside.http_parser == "h11"
    assert with_uvloop.inside.http_parser == "httptools (C)"
    names = {package.partition("==")[0] for package in without.inside.packages}
    assert "uvicorn" in names
    assert "uvloop" not in names
    assert without.declared.event_loop is None


def test_all_workers_are_seen_and_their_processes_described(gunicorn: Looked) -> None:
    seen = gunicorn.seen
    assert seen.workers == 2
    assert [process.serving_threads for process in seen.processes] == [0, 4, 4]
    assert all(process.name == "gunicorn" and process.cpus for process in seen.processes)
    assert seen.inside is not None
    assert seen.inside.interface.split(", ") == ["WSGI 1.0", "multithread", "multiprocess"]
    assert seen.inside.server == "gunicorn/27.0.1"
    assert seen.inside.http_parser == "gunicorn's own"
    assert seen.inside.event_loop is None
    assert seen.inside.environment["WEB_CONCURRENCY"] == "2"
    assert str(INSIDE) not in seen.inside.environment["PYTHONPATH"]
    assert seen.listening is not None
    assert (seen.listening.sockets, seen.listening.backlog) == (1, 2048)
    assert "raw_app:wsgi" in seen.command[-1]
    assert "{port}" in " ".join(seen.command)
    assert seen.notes == ()


def test_whether_connections_are_kept_is_observed(tmp_path: Path) -> None:
    closing = looked_at(server_named("gunicorn-sync"), tmp_path).keep_alive
    keeping = looked_at(server_named("waitress"), tmp_path).keep_alive
    assert closing is not None
    assert keeping is not None
    assert (closing.answered, closing.announced, closing.kept) == (1, True, False)
    assert (keeping.answered, keeping.sent) == (10, 10)


def test_the_tcp_options_of_accepted_connections_are_seen(
    bare_and_full: tuple[StackConfiguration, StackConfiguration],
) -> None:
    """Uvicorn's own listener for several workers leaves TCP_NODELAY off under asyncio."""
    off, on = (seen.tcp_nodelay for seen in bare_and_full)
    if off is None:
        pytest.skip("this system lets nobody copy a descriptor of a child (pidfd_getfd)")
    assert (off, on) == (False, True)


def test_an_event_loop_that_is_none_of_asyncios_is_seen(tmp_path: Path) -> None:
    trio = looked_at(server_named("hypercorn-trio"), tmp_path).inside
    gevent = looked_at(server_named("gunicorn-gevent"), tmp_path).inside
    assert trio is not None
    assert gevent is not None
    assert trio.event_loop == "trio"
    assert (gevent.event_loop or "").startswith("gevent.")


def test_of_a_program_that_serves_itself_there_is_what_the_kernel_shows(tmp_path: Path) -> None:
    seen = looked_at(server_named("uvloop-hello"), tmp_path)
    assert seen.inside is None
    (note,) = seen.notes
    assert note.startswith("it serves itself")
    assert seen.listening is not None
    assert seen.keep_alive is not None
    assert seen.keep_alive.kept
    assert len(seen.processes) == 1


def test_a_start_that_fails_is_a_note(tmp_path: Path) -> None:
    broken = server_named("waitress", command=("{bin}/python", "-c", "raise SystemExit(3)"))
    seen = looked_at(broken, tmp_path)
    assert seen.inside is None
    (note,) = seen.notes
    assert "failed: start:" in note
    assert numbers_in(note) == [3]


def test_passwords_of_urls_are_not_kept(tmp_path: Path) -> None:
    url = "redis://shop:open-sesame@127.0.0.1:6379/0"
    gunicorn = server_named("gunicorn-gthread")
    command = (*gunicorn.command, f"--env=GUNICORN_CACHE={url}")
    seen = looked_at(gunicorn.model_copy(update={"command": command}), tmp_path)
    assert seen.command[-1] == "--env=GUNICORN_CACHE=redis://shop:***@127.0.0.1:6379/0"
    assert seen.inside is not None
    assert seen.inside.environment["GUNICORN_CACHE"] == "redis://shop:***@127.0.0.1:6379/0"


def test_nothing_is_left_of_what_was_looked_at(gunicorn: Looked) -> None:
    assert gunicorn.left == set()


def test_the_wrapper_runs_on_python_3_8(tmp_path: Path) -> None:
    try:
        python = find_interpreter(["3.8"], Path(sys.executable))
    except StackFailed as missing:
        pytest.skip(missing.reason)
    (tmp_path / "own.py").write_text(SMALL_APPS, "utf-8")
    for interface, ask in (("wsgi", ASK_WSGI), ("asgi", ASK_ASGI), ("rsgi", ASK_RSGI)):
        asked = subprocess.run(
            [python, "-c", ask],
            env={
                "PYTHONPATH": f"{tmp_path}:{INSIDE}",
                "TIMETRIAL_INSIDE_APP": f"own:{interface}",
                "TIMETRIAL_INSIDE_INTERFACE": interface,
                "TIMETRIAL_INSIDE_PATH": "/secret",
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert asked.returncode == 0, asked.stderr
        own, inside = asked.stdout.splitlines()
        assert own == "own /"
        seen = json.loads(inside)
        assert seen["python"].startswith("CPython 3.8.")
        assert seen["interface"].upper().startswith(interface.upper())
        assert seen["gil"] is True


SMALL_APPS = """
def wsgi(environ, start_response):
    start_response("200 OK", [])
    return [b"own " + environ["PATH_INFO"].encode()]

async def asgi(scope, receive, send):
    await send({"type": "http.response.body", "body": b"own " + scope["path"].encode()})

async def rsgi(scope, protocol):
    protocol.response_bytes(200, [], b"own " + scope.path.encode())
"""
ASK_WSGI = """
import timetrial_inside
for path in ("/", "/secret"):
    environ = {"PATH_INFO": path, "wsgi.version": (1, 0)}
    print(b"".join(timetrial_inside.app(environ, lambda *a: None)).decode())
"""
ASK_ASGI = """
import asyncio
import timetrial_inside
async def send(message):
    if "body" in message:
        print(message["body"].decode())
for path in ("/", "/secret"):
    scope = {"type": "http", "path": path, "query_string": b"pause_ms=1"}
    scope["asgi"] = {"version": "3.0"}
    asyncio.run(timetrial_inside.app(scope, None, send))
"""
ASK_RSGI = """
import asyncio
from types import SimpleNamespace
import timetrial_inside
class Protocol:
    def response_bytes(self, status, headers, body):
        print(body.decode())
for path in ("/", "/secret"):
    scope = SimpleNamespace(
        proto="http", path=path, query_string="", rsgi_version="1.5", http_version="1.1"
    )
    asyncio.run(timetrial_inside.app.__rsgi__(scope, Protocol()))
"""
