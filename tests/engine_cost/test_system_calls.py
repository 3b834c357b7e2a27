"""How often the generator asks the kernel: what its speed rests on."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from timetrial.drivers.driver import SessionConfig, Target
from timetrial.drivers.native import NativeDriver
from timetrial.engine import Responder
from timetrial.model.workload import Request

pytestmark = pytest.mark.live

PROGRAM = Path(sys.executable).with_name("timetrial")
CONNECTIONS = 50
FEW, MANY = 2_000, 22_000
"""The start of the program is in both, and in their difference no more."""
WITHIN_S = 120


@dataclass(frozen=True, slots=True)
class Traced:
    """One load under strace."""

    responses: int
    system_calls: int


@pytest.mark.parametrize(("backend", "at_most"), [("epoll", 2.2), ("io_uring", 0.3)])
def test_a_request_costs_few_system_calls(backend: str, at_most: float, tmp_path: Path) -> None:
    require_strace()
    require_backend(backend)
    with Responder() as responder:
        few, many = (traced(responder.address, backend, n, tmp_path) for n in (FEW, MANY))
    assert (few.responses, many.responses) == (FEW, MANY)
    assert (many.system_calls - few.system_calls) / (MANY - FEW) <= at_most


def traced(address: str, backend: str, requests: int, folder: Path) -> Traced:
    """Count the calls of the generator's process and all its threads; the server is in ours."""
    file = folder / "calls"
    strace = ["strace", "-f", "-qq", "-c", "-U", "name,calls", "-o", str(file)]
    load = [str(PROGRAM), "load", f"http://{address}/", "--json", "--threads", "1"]
    shape = ["-c", str(CONNECTIONS), "-n", str(requests), "--backend", backend]
    ended = subprocess.run(
        [*strace, *load, *shape, "--expect-body", "Hello world!"],
        capture_output=True, text=True, timeout=WITHIN_S, check=True,
    )  # fmt: skip
    name, calls = file.read_text("ascii").splitlines()[-1].split()
    assert name == "total"
    return Traced(json.loads(ended.stdout)["requests"]["ok"], int(calls))


def require_strace() -> None:
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("strace is not installed (Debian: apt-get install strace)")
    tried = subprocess.run([strace, "-o", "/dev/null", "true"], capture_output=True, check=False)
    if tried.returncode != 0:
        pytest.skip(f"strace may not trace here: {tried.stderr.decode().strip()}")


def require_backend(backend: str) -> None:
    if backend != "io_uring":
        return
    target = Target("127.0.0.1:1", "localhost", (Request("/"),))
    try:
        NativeDriver().open([target], SessionConfig(1, (), 1.0, backend="io_uring")).close()
    except OSError as error:
        pytest.skip(f"io_uring cannot be used here: {error}")
