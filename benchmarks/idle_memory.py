"""What an idle connection costs the generator in memory of its own, plain and encrypted."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import served
from programs import NotHad
from timetrial.machine.placement import available_cpus
from timetrial.machine.ports import free_port
from timetrial.model.errors import StackFailed

Backend = Literal["epoll", "io_uring"]
BACKENDS: tuple[Backend, ...] = ("epoll", "io_uring")
FEW = 100
MANY = 4_000
WITHIN_S = 120


class Unmeasured(Exception):  # noqa: N818 - it is no error: the row says why
    """The message is the reason."""


def bytes_per_connection(address: str, backend: Backend, *, encrypted: bool = False) -> float:
    """Compare a process with many idle connections to one with few, in bytes a connection.

    Kernel memory (socket buffers) is not in it. Raises Unmeasured.
    """
    few, many = (_anonymous_bytes(address, n, backend, encrypted=encrypted) for n in (FEW, MANY))
    return (many - few) / (MANY - FEW)


def main() -> None:
    print(f"{'memory of an idle connection':<30} {'plain':>9} {'TLS':>9}")
    with TemporaryDirectory() as folder:
        plain, encrypted = _plain(Path(folder)), _encrypted(Path(folder))
    for backend in BACKENDS:
        print(f"{backend:<30} {plain[backend]:>9} {encrypted[backend]:>9}")


def _plain(folder: Path) -> dict[Backend, str]:
    with served.responder_server(available_cpus(), folder) as server:
        address = f"{served.HOST}:{server.launch.port}"
        return {backend: _cell(address, backend, encrypted=False) for backend in BACKENDS}


def _encrypted(folder: Path) -> dict[Backend, str]:
    port = free_port(served.HOST)
    try:
        with served.fasthttp_server(available_cpus(), folder, tls_port=port):
            address = f"{served.HOST}:{port}"
            return {backend: _cell(address, backend, encrypted=True) for backend in BACKENDS}
    except (NotHad, StackFailed) as reason:
        return dict.fromkeys(BACKENDS, f"– ({reason})")


def _cell(address: str, backend: Backend, *, encrypted: bool) -> str:
    sys.stderr.write(f"{backend}, {'TLS' if encrypted else 'plain'}, {MANY:,} connections\n")
    try:
        found = bytes_per_connection(address, backend, encrypted=encrypted)
    except Unmeasured as reason:
        return f"– ({reason})"
    return f"{found / 1024:.1f} KiB"


def _anonymous_bytes(address: str, connections: int, backend: Backend, *, encrypted: bool) -> int:
    program = Path(__file__).with_name("idle_program.py")
    command = [sys.executable, str(program), address, str(connections), backend]
    ended = subprocess.run(
        [*command, *(["tls"] if encrypted else [])],
        capture_output=True, text=True, timeout=WITHIN_S, check=False,
    )  # fmt: skip
    if ended.returncode != 0:
        raise Unmeasured(ended.stderr.strip().splitlines()[-1])
    return int(ended.stdout)


if __name__ == "__main__":
    main()
