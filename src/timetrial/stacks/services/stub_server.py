"""A stub of a database or an upstream: the engine's responder as a separate program.

It serves until SIGTERM. It writes to the file `--control` the number of a port of 127.0.0.1 that
responds to every line with the present counts, as one JSON object, and to the file `--ca` the
certificate authority that clients have to trust, which is new at each start.
"""

from __future__ import annotations

import argparse
import json
import signal
import socketserver
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from timetrial import _engine
from timetrial.model import nanoseconds
from timetrial.model.delay import Delay, described, read_delay

JSON_TYPE = "application/json"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.ca and not options.body:
        parser.error("--ca needs --body")
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    with _Control(_start(options)) as control:
        _write(options.control, str(control.server_address[1]))
        threading.Thread(target=control.serve_forever, daemon=True).start()
        signal.sigwait([signal.SIGTERM])
        control.shutdown()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="A server whose response times are set.")
    parser.add_argument("--address", required=True, help="host:port")
    parser.add_argument("--latency", type=_latency, default="0")
    parser.add_argument("--control", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    body = parser.add_mutually_exclusive_group(required=True)
    body.add_argument("--template", help="with {unix_time}, {random} and {token}")
    body.add_argument("--body", type=Path)
    parser.add_argument("--ca", type=Path, help="speak HTTPS, HTTP/2 too; needs --body")
    return parser


def _latency(text: str) -> Delay:
    try:
        return read_delay(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} {error}") from None


class _Server(Protocol):
    def counts(self) -> dict[str, int]: ...


def _start(options: argparse.Namespace) -> _Server:
    kind, times_s, share = described(options.latency)
    delay_ns = [nanoseconds(time_s) for time_s in times_s]
    if options.ca:
        return _engine.Upstream(
            address=options.address,
            delay=kind,
            delay_ns=delay_ns,
            share=share,
            body=options.body.read_bytes(),
            content_type=JSON_TYPE,
            tls_pem=_certificate(options.ca),
            seed=options.seed,
        )
    return _engine.Responder(
        address=options.address,
        delay=kind,
        delay_ns=delay_ns,
        share=share,
        template=options.template,
        body=options.body.read_bytes() if options.body else None,
        content_type=JSON_TYPE,
        seed=options.seed,
    )


def _certificate(authority_file: Path) -> tuple[str, str]:
    certificate, key, authority = _engine.self_signed()
    _write(authority_file, authority)
    return certificate, key


class _Control(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def __init__(self, served: _Server) -> None:
        self.served = served
        super().__init__(("127.0.0.1", 0), _Answer)


class _Answer(socketserver.StreamRequestHandler):
    server: _Control

    def handle(self) -> None:
        while self.rfile.readline():
            counts = self.server.served.counts()
            self.wfile.write(json.dumps(counts).encode() + b"\n")


def _write(file: Path, text: str) -> None:
    """Write a file at once: a reader sees all of it or none."""
    unfinished = file.with_suffix(".new")
    unfinished.write_text(text, encoding="ascii")
    unfinished.replace(file)


if __name__ == "__main__":
    main()
