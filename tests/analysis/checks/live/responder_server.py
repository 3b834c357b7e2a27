"""A server that is faster than its clients: `responder_server.py PORT CPU`, with a long body."""

from __future__ import annotations

import signal
import sys

from timetrial._engine import Responder

BODY_BYTES = 200_000


def main() -> None:
    port, cpu = sys.argv[1:]
    body = b"x" * BODY_BYTES
    with Responder(address=f"127.0.0.1:{port}", body=body, cpus=[int(cpu)]):
        signal.sigwait([signal.SIGTERM])


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    main()
