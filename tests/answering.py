"""Small apps behind real servers, for whoever asks them: each stack may have an app of its own."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from runs import a_stack
from timetrial.machine import ports
from timetrial.model.suite import Stack
from timetrial.model.workload import Request
from timetrial.stacks import process
from timetrial.stacks.launch import Launch

HOST = "127.0.0.1"
SERVE = """
import sys
from wsgiref.simple_server import WSGIRequestHandler, make_server
sys.path.insert(0, sys.argv[1])
from shop import app
make_server("127.0.0.1", int(sys.argv[2]), app).serve_forever()
"""
ANSWERS = """
def app(environ, start_response):
    status, headers, body = answer(environ)
    start_response(status, headers)
    return [body.encode() if isinstance(body, str) else body]

def page(body, status="200 OK", **headers):
    given = {{name.replace("_", "-"): value for name, value in headers.items()}}
    return status, list({{"Content-Type": "text/html", **given}}.items()), body

{code}
"""


def stacks(*names: str) -> tuple[Stack, ...]:
    return tuple(a_stack(name) for name in names)


@contextlib.contextmanager
def running(folder: Path, apps: Mapping[str, str]) -> Iterator[dict[str, process.RunningStack]]:
    """Run an app for each stack, given as a function `answer(environ)` that returns `page(…)`."""
    with contextlib.ExitStack() as stopped:
        yield {
            name: stopped.enter_context(process.start(_launch(folder / name, name, code)))
            for name, code in apps.items()
        }


def started(folder: Path, name: str, code: str) -> process.RunningStack:
    """Start one more process of a stack."""
    return process.start(_launch(folder, name, code))


def _launch(folder: Path, name: str, code: str) -> Launch:
    folder.mkdir(parents=True)
    (folder / "shop.py").write_text(ANSWERS.format(code=code), encoding="utf-8")
    port = ports.free_port()
    return Launch(
        stack=name,
        command=(sys.executable, "-I", "-S", "-c", SERVE, str(folder), str(port)),
        env={"PATH": os.defpath, "SECRET_URL": "redis://:s3cr3t@localhost/0"},
        cwd=folder,
        host=HOST,
        port=port,
        cpus=tuple(os.sched_getaffinity(0)),
        probe=Request("/", None),
        start_timeout_s=60.0,
        log=folder / "server.log",
    )
