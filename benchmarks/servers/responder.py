"""The engine's responder as a server: it answers at once.

Usage: responder.py HOST PORT [BODY_BYTES]
"""

import signal
import sys

from timetrial._engine import Responder

if __name__ == "__main__":
    host, port, *body_bytes = sys.argv[1:]
    bodies = {"body": b"x" * int(body_bytes[0])} if body_bytes else {}
    responder = Responder(address=f"{host}:{port}", **bodies)
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    responder.stop()
