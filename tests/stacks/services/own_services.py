"""Services of a user's own, that fail in one way or another."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from timetrial.catalog import load_catalog
from timetrial.catalog.services import with_settings
from timetrial.stacks.environment import Environments
from timetrial.stacks.services.services import Services, running_services

MANIFEST = """
name = "own"
title = "a service of my own"
speaks = "http"
url = "http://{{host}}:{{port}}/"
command = ["{{timetrial}}", "-I", "{{here}}/own.py", "{{port}}"]
{more}
"""
SERVING = """
import http.server, os, sys, threading
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response({status})
        self.end_headers()
        self.wfile.write({body!r})
    def log_message(self, *arguments): pass
print("serving on", sys.argv[1], flush=True)
{more}
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def write_service(folder: Path, code: str, more: str = "") -> None:
    """Write a catalog with the service 'own', which runs that code."""
    services = folder / "services"
    services.mkdir(parents=True, exist_ok=True)
    (services / "own.toml").write_text(MANIFEST.format(more=more), encoding="utf-8")
    (services / "own.py").write_text(code, encoding="utf-8")


@contextmanager
def running_own(folder: Path, code: str, more: str = "") -> Iterator[Services]:
    write_service(folder, code, more)
    catalog = load_catalog(folder)
    with running_services(
        [with_settings("own", {}, catalog)],
        catalog,
        Environments(folder / "cache"),
        work_dir=folder / "work",
        cpus=(0,),
        external={},
        observer=lambda _event: None,
    ) as services:
        yield services
