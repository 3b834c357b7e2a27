"""Whether what the docs tell people to type exists: verbs, options, targets of make."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from functools import cache

import click

from doc_block import ROOT
from timetrial.cli.derived_options import spread
from timetrial.cli.main import VERBS, verbs

_PIPED = re.compile(r"\s(?:\||&&|;)\s")
_REDIRECTED = re.compile(r"\s\d?>{1,2}\s*\S+")
_INLINE = re.compile(r"(?<!`)`([^`\n]+(?:\n[^`\n]+)?)`(?!`)")
_OPTION = re.compile(r"(?<![\w-])--[a-z][a-z0-9-]*")
_FOREIGN = {
    "--backlog", "--bind", "--connection-limit", "--delay", "--disable-keepalive", "--features",
    "--find-links", "--http-parser", "--locked", "--loop", "--minutes", "--overrides", "--release",
    "--respawn-failed-workers", "--runs", "--upgrade", "--version", "--worker-class",
}  # fmt: skip
"""Options of other programs that the docs name."""


@cache
def command_of(verb: str) -> click.Command:
    found = verbs.get_command(click.Context(verbs), verb)
    if found is None:
        raise ValueError(f"there is no verb {verb!r}")
    return found


def flaws_of_line(line: str) -> Iterator[str]:
    """Name what a shell would not understand of a line, as far as Timetrial and make go."""
    for part in _PIPED.split(_REDIRECTED.sub("", line)):
        words = shlex.split(part)
        if words and words[0].rpartition("/")[2] == "timetrial":
            yield from flaws_of(words[1:])
        elif words and words[0] == "make":
            yield from (
                f"there is no target {word!r} of make"
                for word in words[1:]
                if "=" not in word and not re.search(rf"^{word}:", _makefile(), re.MULTILINE)
            )


def flaws_of(words: Sequence[str]) -> Iterator[str]:
    """Name what is wrong with the words after `timetrial`."""
    try:
        command: click.Command = verbs
        rest = list(words)
        while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
            command = _inside(command, rest.pop(0))
        if command.name == "gate":
            # Options of the race that it runs reach it as words.
            rest = [word for word in rest if word not in options_of("race") - _own_options("gate")]
        context = click.Context(command, info_name=command.name)
        _, left, _ = command.make_parser(context).parse_args(spread(rest))
        if left and not isinstance(command, click.Group):
            yield f"{' '.join(words)!r}: {left[0]!r} is one word too many"
    except (click.UsageError, ValueError) as error:
        yield f"{' '.join(words)!r}: {error}"


def _inside(group: click.Group, name: str) -> click.Command:
    if group is verbs:
        return command_of(name)
    found = group.get_command(click.Context(group), name)
    if found is None:
        raise ValueError(f"there is no {name!r} in {group.name!r}")
    return found


def flaws_of_prose(text: str) -> Iterator[str]:
    """Name verbs and options in code within prose and tables that do not exist."""
    for code in _INLINE.findall(text):
        words = code.split()
        verb = words[1] if words[0] == "timetrial" and words[1:] else None
        if verb is not None and re.fullmatch(r"[a-z]+", verb) and verb not in VERBS:
            yield f"`{code}`: there is no verb {verb!r}"
        elif not words[0].endswith(".py"):
            for option in _OPTION.findall(code):
                if not _is_known(option, verb if verb in VERBS else None):
                    yield f"`{code}`: {verb or 'a verb'} has no {option}"


def _is_known(option: str, verb: str | None) -> bool:
    if option in _FOREIGN:
        return True
    return any(option in options_of(each) for each in ([verb] if verb is not None else VERBS))


@cache
def options_of(verb: str) -> frozenset[str]:
    """List the options of a verb; a gate takes those of a race, too."""
    return _own_options(verb) | (_own_options("race") if verb == "gate" else frozenset())


@cache
def _own_options(verb: str) -> frozenset[str]:
    command = command_of(verb)
    inner = command.commands.values() if isinstance(command, click.Group) else [command]
    return frozenset(
        option
        for each in inner
        for parameter in each.params
        for option in (*parameter.opts, *parameter.secondary_opts, "--help")
    )


@cache
def _makefile() -> str:
    return (ROOT / "Makefile").read_text("utf-8")
