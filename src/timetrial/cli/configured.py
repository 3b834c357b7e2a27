"""Defaults of options from TIMETRIAL_… variables, timetrial.toml and [tool.timetrial].

A key is an option without its dashes. At the top it holds for every verb that has the option, in a
table of a verb's name for that verb alone: `store = "runs.db"`, `race.budget = "10m"`. What is
typed comes first, then variables (TIMETRIAL_RACE_BUDGET, TIMETRIAL_STORE), then files.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from timetrial.catalog.problems import malformed
from timetrial.model import ManifestError, UnknownName

OWN_FILE = "timetrial.toml"
PROJECT_FILE = "pyproject.toml"
PREFIX = "TIMETRIAL"
NEVER = frozenset({"allow-remote", "help", "resume", "schema", "version", "yes"})
"""What only a person decides, each time."""
_SOURCES = "timetrial.configured"
"""Where a context keeps what each default comes from."""

Verbs = Mapping[str, Callable[[], click.Command]]
"""All verbs, each of which is imported when it is called."""


@dataclass(frozen=True, slots=True)
class Configured:
    """The tables of the file that holds for a folder."""

    file: Path
    place: str
    """In front of keys: 'tool.timetrial.' or ''."""
    table: Mapping[str, Any]


def configure(context: click.Context, verb: str, command: click.Command, all_verbs: Verbs) -> None:
    """Give a verb, and those below it, its defaults. Raises BadInput for what is no option."""
    found = nearest(Path.cwd())
    if found is not None:
        _check(found, verb, command, all_verbs)
    defaults, sources = _of_command(command, verb, found, os.environ)
    context.default_map = {verb: defaults}
    context.meta[_SOURCES] = sources


def source_of(context: click.Context | None, parameter: str | None) -> str:
    """Say where the default of a parameter was read; '' if nowhere."""
    sources: Mapping[str, str] = context.meta.get(_SOURCES, {}) if context is not None else {}
    return sources.get(parameter or "", "")


def nearest(folder: Path) -> Configured | None:
    """Read the file of a folder or, inside a repository, of the nearest one up to its top.

    Outside of repositories folders above are not looked at: they may be anybody's, as /tmp is.
    """
    above = [folder, *folder.parents]
    top = next((n for n, each in enumerate(above) if (each / ".git").exists()), 0)
    for each in above[: top + 1]:
        own, project = each / OWN_FILE, each / PROJECT_FILE
        if own.is_file():
            return Configured(own, "", _read(own))
        if project.is_file():
            table = _read(project).get("tool", {}).get("timetrial")
            if isinstance(table, dict):
                return Configured(project, "tool.timetrial.", table)
    return None


def _read(file: Path) -> dict[str, Any]:
    try:
        text = file.read_text(encoding="utf-8")
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise malformed(file, text, error) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ManifestError(file, None, f"cannot be read: {error}") from None


def _of_command(
    command: click.Command,
    verb: str,
    found: Configured | None,
    variables: Mapping[str, str],
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the defaults of a verb by its parameters' names, and where each comes from."""
    if isinstance(command, click.Group):
        nested = {
            name: _of_command(each, verb, found, variables)
            for name, each in command.commands.items()
        }
        return (
            {name: defaults for name, (defaults, _) in nested.items()},
            {key: source for _, sources in nested.values() for key, source in sources.items()},
        )
    defaults, sources = {}, {}
    for key, option in _options(command):
        for source, value in _given(key, verb, found, variables):
            defaults[str(option.name)] = _as_typed(option, value)
            sources[str(option.name)] = source
            break
    return defaults, sources


def _given(
    key: str, verb: str, found: Configured | None, variables: Mapping[str, str]
) -> Iterator[tuple[str, Any]]:
    """Yield the values of an option, with their places, from the strongest on."""
    for words in ((verb, key), (key,)):
        name = "_".join((PREFIX, *words)).upper().replace("-", "_")
        if name in variables:
            yield name, variables[name]
    if found is not None:
        of_verb = found.table.get(verb)
        if isinstance(of_verb, dict) and key in of_verb:
            yield f"{found.file.name}: {found.place}{verb}.{key}", of_verb[key]
        if key in found.table and not isinstance(found.table[key], dict):
            yield f"{found.file.name}: {found.place}{key}", found.table[key]


def _as_typed(option: click.Option, value: object) -> object:
    """Write a value as the command line has it."""
    if isinstance(value, bool):
        return value
    if isinstance(value, list):
        return [str(each) for each in value] if option.multiple else ",".join(map(str, value))
    return [str(value)] if option.multiple else str(value)


def _options(command: click.Command) -> Iterator[tuple[str, click.Option]]:
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            for flag in parameter.opts:
                if flag.startswith("--") and flag[2:] not in NEVER:
                    yield flag[2:], parameter


def _check(found: Configured, verb: str, command: click.Command, all_verbs: Verbs) -> None:
    """Refuse a key that no verb has, and one in the verb's table that this one has not."""
    of_verb = found.table.get(verb, {})
    if not isinstance(of_verb, dict):
        raise ManifestError(found.file, f"{found.place}{verb}", "must be a table of options")
    own = _keys(command)
    _refuse_unknown(found, f"{verb}.", of_verb, own)
    shared = [key for key in found.table if key not in all_verbs]
    if set(shared) - own:
        # Only then are all verbs imported.
        everywhere = {key for imported in all_verbs.values() for key in _keys(imported())}
        _refuse_unknown(found, "", shared, everywhere | all_verbs.keys())


def _refuse_unknown(found: Configured, place: str, keys: Iterable[str], allowed: set[str]) -> None:
    for key in keys:
        where = f"{found.place}{place}{key}"
        if key in NEVER:
            raise ManifestError(found.file, where, "has to be typed each time")
        if key not in allowed:
            raise ManifestError(found.file, where, str(UnknownName("option", key, allowed)))


def _keys(command: click.Command) -> set[str]:
    if isinstance(command, click.Group):
        return {key for each in command.commands.values() for key in _keys(each)}
    return {key for key, _ in _options(command)}
