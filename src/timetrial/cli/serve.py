"""`timetrial serve`: a local page over the store."""

from __future__ import annotations

import socket

import click

from timetrial.cli.derived_options import STORE
from timetrial.cli.output import PROGRESS, Exit
from timetrial.cli.progress.steps import steps
from timetrial.cli.verbosity import with_verbosity
from timetrial.model import BadInput
from timetrial.store.opening import open_existing

_LOOPBACK = "127.0.0.1"
_HIGHEST_PORT = 65_535


@click.command(short_help="Show stored runs in a browser")
@click.option("--host", default=_LOOPBACK, show_default=True, metavar="IP", help="Where to listen")
@click.option(
    "--port", metavar="N", type=click.IntRange(0, _HIGHEST_PORT), default=8400, show_default=True,
    help="0 takes a free one",
)  # fmt: skip
@STORE
@with_verbosity
def serve(*, host: str, port: int, store: str) -> int:
    """Show the runs of a store in a browser: reports, comparisons, histories. Read-only."""
    with steps(PROGRESS, "none") as tell:
        tell("starting")
        # Starlette and uvicorn take longer to import than most verbs take in all.
        import uvicorn  # noqa: PLC0415

        from timetrial.web.app import LOOPBACK, make_app  # noqa: PLC0415

        open_existing(store).close()
    listening = _listen(host, port)
    shown = f"[{host}]" if ":" in host else host
    PROGRESS.print(f"http://{shown}:{listening.getsockname()[1]}/  (Ctrl-C ends it)")
    hosts = LOOPBACK if host in {_LOOPBACK, "localhost", "::1"} else ("*",)
    if "*" in hosts:
        PROGRESS.print("Every machine that reaches this address can read all runs of the store.")
    config = uvicorn.Config(make_app(store, hosts), log_level="warning", access_log=False)
    uvicorn.Server(config).run(sockets=[listening])
    return Exit.DONE


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server(
            (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET
        )
    except OSError as error:
        reason = error.strerror or error
        raise BadInput(f"{host}:{port} cannot be listened on: {reason}; choose --port") from error
