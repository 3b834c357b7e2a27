"""Autobahn's fuzzingserver, which judges clients of WebSockets, as tests get it.

It runs on CPython 2.7 alone. Its packages are pinned in requirements/autobahn.txt and installed
once, in Timetrial's own cache.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from timetrial.machine.ports import free_port
from timetrial.stacks.cache import cache_dir, cache_key

AGENT = "engine"
_PINS = Path(__file__).parents[2] / "requirements" / "autobahn.txt"
_HOST = "127.0.0.1"
_STARTS_WITHIN_S = 60.0
_INSTALLS_WITHIN_S = 300.0
_START = """
import site, sys, unittest
folder = sys.argv.pop(1)
sys.path.insert(0, folder)
site.addsitedir(folder)  # zope.interface needs its .pth file
sys.modules["unittest2"] = unittest  # CPython 2.7 has all that is asked of it
from autobahntestsuite import wstest
wstest.run()
"""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What it says of a client in one case."""

    behavior: str
    close: str


@dataclass(frozen=True, slots=True)
class FuzzingServer:
    """One that listens."""

    address: str
    reports: Path

    def verdicts(self) -> dict[str, Verdict]:
        """Read what it has said of all cases, when it was asked for its reports."""
        index = json.loads((self.reports / "index.json").read_text("utf-8"))
        return {
            case: Verdict(said["behavior"], said["behaviorClose"])
            for case, said in index[AGENT].items()
        }


def python27() -> Path:
    """Find CPython 2.7 on PATH, or where pyenv keeps it, or skip the test."""
    kept = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    on_path = shutil.which("python2.7")
    candidates = [Path(on_path)] if on_path else []
    candidates += sorted(folder / "bin" / "python2.7" for folder in kept.glob("2.7.*"))
    for candidate in candidates:
        # A shim of pyenv does not run where another version is chosen; Debian's may lack pip.
        tried = subprocess.run(
            [candidate, "-m", "pip", "--version"], capture_output=True, check=False
        )
        if tried.returncode == 0:
            return candidate
    pytest.skip("Autobahn's fuzzingserver needs CPython 2.7 with pip, and none is installed here")


@contextmanager
def fuzzing_server(cases: Sequence[str], folder: Path) -> Iterator[FuzzingServer]:
    """Serve cases whose numbers match one of these patterns ("7.*")."""
    python = python27()
    packages = _installed(python)
    address = f"{_HOST}:{free_port(_HOST)}"
    server = FuzzingServer(address, folder / "reports")
    spec = folder / "fuzzingserver.json"
    spec.write_text(
        json.dumps({"url": f"ws://{address}", "outdir": str(server.reports), "cases": list(cases)}),
        "utf-8",
    )
    options = ["--mode", "fuzzingserver", "--spec", str(spec), "--webport", "0"]
    with (folder / "fuzzingserver.log").open("wb") as log:
        process = subprocess.Popen(
            [python, "-W", "ignore", "-c", _START, packages, *options],
            cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        _await(process, address)
        yield server
    finally:
        process.kill()
        process.wait()


def _await(process: subprocess.Popen[bytes], address: str) -> None:
    host, port = address.split(":")
    until_s = time.monotonic() + _STARTS_WITHIN_S
    while True:
        assert process.poll() is None, "it has ended: see fuzzingserver.log"
        try:
            socket.create_connection((host, int(port))).close()
        except ConnectionRefusedError:
            assert time.monotonic() < until_s
            time.sleep(0.05)
        else:
            return


def _installed(python: Path) -> Path:
    """Find the folder of its packages, or install them."""
    pins = _PINS.read_text("utf-8")
    folder = cache_dir() / "autobahn" / cache_key((str(python.resolve()), pins))
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as made:
        options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes"]
        ended = subprocess.run(
            [python, "-m", "pip", "install", *options, "--target", made, "-r", _PINS],
            capture_output=True, text=True, timeout=_INSTALLS_WITHIN_S, check=False,
        )  # fmt: skip
        assert ended.returncode == 0, ended.stderr
        # Another process may have made the same one meanwhile.
        if not folder.is_dir():
            Path(made).rename(folder)
            Path(made).mkdir()
    return folder
