"""The server that the benchmarks load, pinned and in an environment of its own."""

from __future__ import annotations

import os
from pathlib import Path

from timetrial.catalog.loader import load_catalog
from timetrial.cli.options import cache_dir
from timetrial.stacks import process
from timetrial.stacks.environment import Environments
from timetrial.stacks.launch import Launch, Probe
from timetrial.stacks.ports import free_port
from timetrial.workload import Expectation

HOST = "127.0.0.1"
HELLO = Expectation(200, "Hello world!")


def hello_server(cpus: tuple[int, ...], folder: Path) -> process.RunningStack:
    environment = Environments(cache_dir()).prepare(["uvloop"], load_catalog().locks)
    port = free_port(HOST)
    script = Path(__file__).with_name("servers") / "hello.py"
    return process.start(
        Launch(
            stack="hello",
            command=(str(environment.python), str(script), HOST, str(port)),
            env={"PATH": os.environ["PATH"]},
            cwd=folder,
            host=HOST,
            port=port,
            cpus=cpus,
            probe=Probe("/", HELLO),
            start_timeout_s=20.0,
            log=folder / "server.log",
        )
    )
