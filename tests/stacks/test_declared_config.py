"""What a command line asks for is read from it, and only where it says so."""

from __future__ import annotations

import pytest

from runs import a_stack
from timetrial.model.effective_config import DeclaredConfig
from timetrial.stacks.fingerprint.declared_config import declared_config


@pytest.mark.parametrize(
    ("command", "loop", "parser", "backlog"),
    [
        ("uvicorn --loop uvloop --http httptools --backlog 2048", "uvloop", "httptools", 2048),
        ("uvicorn --loop=asyncio --http=h11", "asyncio", "h11", None),
        ("uvicorn --loop auto --http auto", None, None, None),
        ("hypercorn --worker-class trio", "trio", None, None),
        ("gunicorn -k gthread --http-parser fast", None, "gunicorn_h1c", None),
        ("gunicorn --worker-class asgi --asgi-loop uvloop", "uvloop", None, None),
        ("granian --http 1 --loop rloop", "rloop", None, None),
        ("uwsgi --listen 100", None, None, 100),
        ("waitress-serve --listen=127.0.0.1:80 --backlog=7 app:app", None, None, 7),
    ],
)
def test_options_are_read(
    command: str, loop: str | None, parser: str | None, backlog: int | None
) -> None:
    stack = a_stack("uvicorn", workers=3)
    found = declared_config(stack, command.split(), keep_alive=False)
    assert found == DeclaredConfig(3, 1, loop, parser, backlog, keep_alive=False)
