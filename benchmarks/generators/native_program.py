"""The engine as a program, with as little Python around it as can be.

Usage: native_program.py URL CONNECTIONS DEPTH SECONDS BACKEND; prints outcomes as JSON.
Its imports are few because the race charges the engine for them.
"""

import json
import sys

from timetrial._engine import Request, Session, Target

NS_PER_S = 1_000_000_000
TIMEOUT_S = 5
BODY = b"Hello world!"


def main() -> None:
    url, connections, depth, seconds, backend = sys.argv[1:]
    address = url.removeprefix("http://").removesuffix("/")
    request = Request(host=address, path="/", status=200, body=BODY, body_bytes=len(BODY))
    try:
        session = Session(
            [Target(address, [request])],
            connections=int(connections),
            threads=1,
            cpus=[],
            timeout_ns=TIMEOUT_S * NS_PER_S,
            pipeline=int(depth),
            backend=backend,
        )
    except OSError as error:
        sys.exit(str(error))
    window_ns = int(float(seconds) * NS_PER_S)
    session.start(0, lead_in_ns=0, window_ns=window_ns, drain_ns=TIMEOUT_S * NS_PER_S)
    tally = session.wait(float(seconds) + 2 * TIMEOUT_S)
    if tally is None:
        sys.exit("the load has not ended")
    sys.stdout.write(json.dumps(tally.overall))


if __name__ == "__main__":
    main()
