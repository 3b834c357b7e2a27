"""The servers that `http2_race.py` loads by HTTP/2 without encryption, on one CPU each."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from programs import NotHad
from served import HELLO, HOST
from timetrial.catalog.loader import load_catalog
from timetrial.machine.ports import free_port
from timetrial.model.workload import Request
from timetrial.stacks import process
from timetrial.stacks.cache import cache_dir
from timetrial.stacks.environment import Environments
from timetrial.stacks.launch import Launch

_SCRIPTS = Path(__file__).with_name("servers")
_NO_LIMIT = 1_000_000_000
"""h2load opens no other connection when a server ends one after so many requests."""


@dataclass(frozen=True, slots=True)
class Served:
    stack: process.RunningStack
    port: int
    """That of HTTP/2: nginx answers HTTP/1, by which it is probed, at another one."""

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}/"


def nginx(cpus: tuple[int, ...], folder: Path) -> Served:
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    if not Path(program).exists():
        raise NotHad("nginx is not installed (Debian: apt-get install nginx-light)")
    probed, port = free_port(HOST), free_port(HOST)
    config = folder / "nginx.conf"
    config.write_text(
        f"""
        daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
        events {{ worker_connections 1024; }}
        http {{
            access_log off; keepalive_requests {_NO_LIMIT};
            client_body_temp_path {folder}; proxy_temp_path {folder};
            fastcgi_temp_path {folder}; uwsgi_temp_path {folder}; scgi_temp_path {folder};
            server {{
                listen {HOST}:{probed}; listen {HOST}:{port} http2;
                location / {{ default_type text/plain; return 200 "Hello world!"; }}
            }}
        }}
        """,
        "utf-8",
    )
    command = (program, "-p", str(folder), "-c", str(config))
    return Served(process.start(_launch(command, probed, cpus, folder)), port)


def granian(cpus: tuple[int, ...], folder: Path) -> Served:
    port = free_port(HOST)
    options = ("--interface", "asgi", "--host", HOST, "--port", str(port), "--loop", "uvloop")
    words = ("--no-ws", "--no-access-log", "--log-level", "warning", "hello_asgi:app")
    command = (_in_environment("granian[uvloop]", "granian"), *options, *words)
    return Served(process.start(_launch(command, port, cpus, folder)), port)


def hypercorn(cpus: tuple[int, ...], folder: Path) -> Served:
    port = free_port(HOST)
    config = folder / "hypercorn.toml"
    config.write_text(f"keep_alive_max_requests = {_NO_LIMIT}\n", "utf-8")
    options = ("--config", str(config), "--bind", f"{HOST}:{port}", "--log-level", "warning")
    command = (_in_environment("hypercorn", "hypercorn"), *options, "hello_asgi:app")
    return Served(process.start(_launch(command, port, cpus, folder)), port)


SERVERS: Mapping[str, Callable[[tuple[int, ...], Path], Served]] = {
    "nginx": nginx,
    "granian": granian,
    "hypercorn": hypercorn,
}


def _in_environment(package: str, name: str) -> str:
    environment = Environments(cache_dir()).prepare([package], load_catalog().locks)
    return str(environment.python.with_name(name))


def _launch(command: tuple[str, ...], port: int, cpus: tuple[int, ...], folder: Path) -> Launch:
    return Launch(
        stack="server",
        command=command,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(_SCRIPTS)},
        cwd=folder,
        host=HOST,
        port=port,
        cpus=cpus,
        probe=Request("/", HELLO),
        start_timeout_s=20.0,
        log=folder / "server.log",
    )
