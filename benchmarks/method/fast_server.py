"""A server that is faster than the load engine: the engine's own responder, with a long body.

Usage: fast_server.py HOST PORT CPU.
"""

from __future__ import annotations

import signal
import sys

from timetrial._engine import Responder

BODY_BYTES = 200_000


def main(host: str, port: str, cpu: str) -> None:
    with Responder(address=f"{host}:{port}", body=b"x" * BODY_BYTES, cpus=[int(cpu)]):
        signal.sigwait([signal.SIGTERM])


if __name__ == "__main__":
    # Before there are threads, which would take the signal themselves.
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    main(*sys.argv[1:])
