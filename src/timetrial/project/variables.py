"""The environment variables of an app: from its env file, its services and --env."""

from __future__ import annotations

import io
import os
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from dotenv.parser import parse_stream
from dotenv.variables import parse_variables

from timetrial.catalog.schema import SERVICE_VALUES, of_service
from timetrial.model import BadInput
from timetrial.project.app_options import AppOptions
from timetrial.stacks.services.services import escaped

URL_OF = {"postgres": "DATABASE_URL", "redis": "REDIS_URL"}
"""The variable that holds a service's URL; NAME_URL for services that are not listed."""
_OWN = ("data",)
_OF_COMMANDS = ("python", "bin")
_PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_LITERAL = re.compile(r"\{(\{[a-z][a-z0-9_]*\})\}")
_SERVICES_TEXT = re.compile(r"[a-z][a-z0-9_]*_(?:url|ca)")
_OF_SHELLS = {"&&", "||", "|", ";", ">", ">>", "<", "&"}


def variables_of(app_options: AppOptions) -> dict[str, str]:
    """Return the variables as templates, with placeholders for values that are not known yet.

    A service's variable overrides that of the env file, and --env overrides both. Raises BadInput.
    """
    from_file = {
        name: escaped(value) for name, value in read_env_file(app_options.env_file).items()
    }
    added = {
        name: _variable(value, f"--env {name}", app_options.services)
        for name, value in app_options.env.items()
    }
    return {**from_file, **_of_services(app_options.services), **added}


@dataclass(frozen=True, slots=True)
class GivenVariable:
    """A variable as the user gave it."""

    name: str
    value: str
    origin: str
    """As it is typed: '--env', '--env-file .env'."""


def given_variables(app_options: AppOptions) -> tuple[GivenVariable, ...]:
    """List the variables of the env file and of --env, which overrides it."""
    from_file = read_env_file(app_options.env_file)
    file = f"--env-file {shlex.quote(str(app_options.env_file))}"
    given = {name: GivenVariable(name, value, file) for name, value in from_file.items()}
    given |= {name: GivenVariable(name, value, "--env") for name, value in app_options.env.items()}
    return tuple(given.values())


def replaced_variables(app_options: AppOptions) -> tuple[str, ...]:
    """List the variables of the env file that a service of the run overrides."""
    from_file = read_env_file(app_options.env_file)
    return tuple(
        name
        for name in _of_services(app_options.services)
        if name in from_file and name not in app_options.env
    )


def commands_of(app_options: AppOptions) -> tuple[tuple[str, ...], ...]:
    """Split the setup commands into words. Raises BadInput for operators of a shell."""
    return tuple(_command(text, app_options.services) for text in app_options.setup)


def read_env_file(file: Path | None) -> dict[str, str]:
    """Read NAME=VALUE lines as dotenv does. Raises BadInput, which quotes no value."""
    if file is None:
        return {}
    try:
        text = file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8"
        raise BadInput(f"cannot read --env-file {str(file)!r}: {why}") from None
    found: dict[str, str] = {}
    for binding in parse_stream(io.StringIO(text)):
        if binding.error or (binding.key is not None and "\0" in (binding.value or "")):
            text_before = binding.original.string
            blank_lines = len(text_before) - len(text_before.lstrip("\n"))
            line = binding.original.line + blank_lines
            raise BadInput(f"--env-file {str(file)!r}, line {line}: no NAME=VALUE")
        if binding.key is not None and binding.value is None:
            # A name without `=` is not set, and takes back an earlier line.
            found.pop(binding.key, None)
        elif binding.key is not None:
            # `${NAME}` refers to an earlier line of the file.
            atoms = parse_variables(binding.value or "")
            found[binding.key] = "".join(atom.resolve(found) for atom in atoms)
    return found


def with_folders(env: Mapping[str, str], folders: Iterable[Path]) -> dict[str, str]:
    """Put folders in front of PYTHONPATH."""
    first = [escaped(str(folder)) for folder in dict.fromkeys(folders)]
    whole = os.pathsep.join([*first, *filter(None, [env.get("PYTHONPATH", "")])])
    return {**env, "PYTHONPATH": whole} if whole else dict(env)


def _of_services(services: Iterable[str]) -> dict[str, str]:
    variables = {}
    for name in services:
        upper = name.replace("-", "_").upper()
        variables[URL_OF.get(name, f"{upper}_URL")] = f"{{{of_service(name, 'url')}}}"
        if name == "upstream":
            variables[f"{upper}_CA"] = f"{{{of_service(name, 'ca')}}}"
    return variables


def _command(text: str, services: tuple[str, ...]) -> tuple[str, ...]:
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise BadInput(f"--setup {text!r}: {str(error).lower()}") from None
    if not words:
        raise BadInput("--setup names no command; an example is 'python manage.py migrate'")
    for word in words:
        if word in _OF_SHELLS:
            raise BadInput(
                f"--setup {text!r}: {word!r} is for a shell, and none runs here; give --setup once "
                "for each command"
            )
    return tuple(_template(word, "--setup", services, _OF_COMMANDS) for word in words)


def _variable(text: str, where: str, services: tuple[str, ...]) -> str:
    """Read the value of --env: {{name}} stands for {name} itself, an unknown {name} is refused."""
    *before, last = _LITERAL.split(text)
    parts = [
        _template(part, where, services, strict=True) if place % 2 == 0 else escaped(part)
        for place, part in enumerate([*before, last])
    ]
    return "".join(parts)


def _template(
    text: str,
    where: str,
    services: tuple[str, ...],
    more: tuple[str, ...] = (),
    *,
    strict: bool = False,
) -> str:
    """Escape all braces but those of known placeholders. Raises BadInput for others if `strict`."""
    offered = {of_service(name, what) for name in services for what in SERVICE_VALUES}
    parts = []
    end = 0
    for match in _PLACEHOLDER.finditer(text):
        name = match[1]
        known = name in offered or name in _OWN or name in more
        if not known and (service := _service_of(name)):
            raise BadInput(f"{where} names {match[0]}, which needs --service {service}")
        if not known and strict:
            raise BadInput(_unknown(match[0], where, sorted(offered.union(_OWN, more))))
        if known:
            parts += [escaped(text[end : match.start()]), match[0]]
            end = match.end()
    return "".join([*parts, escaped(text[end:])])


def _service_of(placeholder: str) -> str:
    """Return the service that a placeholder is of; '' if it is of none."""
    name = placeholder.rpartition("_")[0].replace("_", "-")
    named = {of_service(service, what) for service in URL_OF for what in SERVICE_VALUES}
    return name if placeholder in named or _SERVICES_TEXT.fullmatch(placeholder) else ""


def _unknown(placeholder: str, where: str, known: Sequence[str]) -> str:
    near = get_close_matches(placeholder.strip("{}"), known, n=1)
    offer = f"did you mean {_braced(near)}?" if near else f"known are {_braced(known)}"
    return f"{where} names {placeholder}; {offer} (write {{{placeholder}}} for the text itself)"


def _braced(names: Iterable[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in names)
