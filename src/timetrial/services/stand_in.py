"""Be a fake database or an upstream: the engine's responder as a program of its own.

It serves until SIGTERM. Into the file `--control` goes the number of a port of 127.0.0.1 that
answers every line with the counts as of now, as one JSON object; into the file `--ca` the
certificate authority that clients have to trust, which is made anew at each start.
"""

from __future__ import annotations

import argparse
import json
import signal
import socketserver
import threading
from collections.abc import Sequence
from pathlib import Path

from timetrial import _engine
from timetrial.delay import Delay, described, read_delay
from timetrial.units import nanoseconds

JSON_TYPE = "application/json"


def main(arguments: Sequence[str] | None = None) -> None:
    wanted = _parser().parse_args(arguments)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    with _Control(_start(wanted)) as control:
        _write(wanted.control, str(control.server_address[1]))
        threading.Thread(target=control.serve_forever, daemon=True).start()
        signal.sigwait([signal.SIGTERM])
        control.shutdown()
    control.responder.stop()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="A server whose response times are set.")
    parser.add_argument("--address", required=True, help="host:port")
    parser.add_argument("--latency", type=_latency, default="0")
    parser.add_argument("--control", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    body = parser.add_mutually_exclusive_group(required=True)
    body.add_argument("--template", help="with {unix_time}, {random} and {token}")
    body.add_argument("--body", type=Path)
    parser.add_argument("--ca", type=Path, help="speak HTTPS")
    return parser


def _latency(text: str) -> Delay:
    try:
        return read_delay(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} {error}") from None


def _start(wanted: argparse.Namespace) -> _engine.Responder:
    kind, times_s, share = described(wanted.latency)
    return _engine.Responder(
        address=wanted.address,
        delay=kind,
        delay_ns=[nanoseconds(time_s) for time_s in times_s],
        share=share,
        template=wanted.template,
        body=wanted.body.read_bytes() if wanted.body else None,
        content_type=JSON_TYPE,
        tls_pem=_certificate(wanted.ca) if wanted.ca else None,
        seed=wanted.seed,
    )


def _certificate(authority_file: Path) -> tuple[str, str]:
    certificate, key, authority = _engine.self_signed()
    _write(authority_file, authority)
    return certificate, key


class _Control(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def __init__(self, responder: _engine.Responder) -> None:
        self.responder = responder
        super().__init__(("127.0.0.1", 0), _Answer)


class _Answer(socketserver.StreamRequestHandler):
    server: _Control

    def handle(self) -> None:
        while self.rfile.readline():
            counts = self.server.responder.counts()
            self.wfile.write(json.dumps(counts).encode() + b"\n")


def _write(file: Path, text: str) -> None:
    """Let nobody read half of it."""
    unfinished = file.with_suffix(".new")
    unfinished.write_text(text, encoding="ascii")
    unfinished.replace(file)


if __name__ == "__main__":
    main()
