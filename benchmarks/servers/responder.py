"""The engine's responder as a server: it answers at once.

Usage: responder.py HOST PORT
"""

import signal
import sys

from timetrial._engine import Responder

if __name__ == "__main__":
    responder = Responder(address=f"{sys.argv[1]}:{sys.argv[2]}")
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    responder.stop()
