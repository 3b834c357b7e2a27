"""The configuration that a command line declares. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from timetrial.model import DeclaredConfig, Stack

_LOOP_OPTIONS = ("--loop", "--asgi-loop", "--worker-class", "-k")
_LOOPS = {name: name for name in ("asyncio", "uvloop", "trio", "rloop", "gevent")}
"""With other values, such as 'auto' or 'gthread', the server chooses."""
_PARSER_OPTIONS = ("--http", "--http-parser")
_PARSERS = {
    "httptools": "httptools",
    "h11": "h11",
    "fast": "gunicorn_h1c",
    "python": "gunicorn's own",
}
_BACKLOG_OPTIONS = ("--backlog", "--listen")


def declared_config(stack: Stack, command: Sequence[str], *, keep_alive: bool) -> DeclaredConfig:
    """Read the declared configuration; loop, parser and backlog are None unless they are named."""
    backlogs = (value for option, value in _options(command) if option in _BACKLOG_OPTIONS)
    return DeclaredConfig(
        workers=stack.workers,
        threads=stack.threads,
        event_loop=_named(command, _LOOP_OPTIONS, _LOOPS),
        http_parser=_named(command, _PARSER_OPTIONS, _PARSERS),
        backlog=next((int(value) for value in backlogs if value.isdecimal()), None),
        keep_alive=keep_alive,
    )


def _named(
    command: Sequence[str], options: Collection[str], known: Mapping[str, str]
) -> str | None:
    values = (value for option, value in _options(command) if option in options)
    return next((known[value] for value in values if value in known), None)


def _options(command: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield options and values, written as `--loop uvloop` or `--loop=uvloop`."""
    for word, following in zip(command, [*command[1:], ""], strict=True):
        option, equals, value = word.partition("=")
        yield option, value if equals else following
