"""How a verb that measures ends, early or not: its message and its exit code."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from timetrial.cli.output import Exit, error_line, log_lines
from timetrial.model import ServiceFailed, comma_separated
from timetrial.model.redaction import (
    HIDDEN,
    is_credential_header,
    is_secret_variable,
    without_passwords,
    without_secret_fields,
)
from timetrial.runner.session import Measured


@dataclass(frozen=True, slots=True)
class Resumption:
    """A command that can be typed: in the place of each secret is a variable of the shell."""

    command: str
    variables: tuple[str, ...]

    @property
    def advice(self) -> str:
        """Say what to do, behind a semicolon."""
        if not self.variables:
            return f"go on with: {self.command}"
        names = comma_separated(self.variables)
        values = "the value" if len(self.variables) == 1 else "the values"
        return f"set {names} in the shell to {values} of before, and go on with: {self.command}"


def outcome(measured: Measured, resumption: Resumption) -> int:
    """Print what ended a run early, with the command that resumes it; return the exit code."""
    ended_by = measured.ended_by
    if ended_by is None:
        return Exit.FAILED if measured.run.undeclared_failures() else Exit.DONE
    error_line(f"{ended_by}; {resumption.advice}")
    if isinstance(ended_by, ServiceFailed):
        log_lines(ended_by.log_tail)
    return Exit.INTERRUPTED if ended_by == "interrupted" else Exit.FAILED


def same_command(number: int) -> Resumption:
    """Write the command that resumes a race: the same one, with the race's number."""
    words = ["timetrial", *sys.argv[1:]]
    if "--resume" not in words:
        words += ["--resume", str(number)]
    return resumption_of(words)


def resumption_of(words: Sequence[str]) -> Resumption:
    """Write words as they are typed into a shell, secrets as variables."""
    typed, variables = [], dict[str, None]()
    for before, word in zip(["", *words], words, strict=False):
        flag, equals, value = word.partition("=") if word.startswith("--") else (before, "", word)
        parts = list(_parts(flag, value))
        variables |= dict.fromkeys(name for _, name in parts if name)
        if any(name for _, name in parts):
            texts = (f"{_escaped(text)}{f'${name}' if name else ''}" for text, name in parts)
            typed.append(f'{flag + equals if equals else ""}"{"".join(texts)}"')
        else:
            typed.append(shlex.quote(word))
    return Resumption(" ".join(typed), tuple(variables))


_SECRET = re.compile(rf"(?P<name>[\w-]*)(?P<mark>[=:]){re.escape(HIDDEN)}")


def _parts(flag: str, value: str) -> Iterator[tuple[str, str]]:
    """Divide the value of an option into texts, each with the variable that follows it, or ''."""
    name, colon, _ = value.partition(":")
    if flag in {"--header", "-H"} and colon and is_credential_header(name):
        yield f"{name}: ", _variable(name)
        return
    if flag == "--send" and without_secret_fields(value) != value:
        yield "", "MESSAGE"
        return
    name, equals, text = value.partition("=")
    is_secret = is_secret_variable(name) or without_passwords(text) != text
    if flag == "--env" and equals and is_secret:
        yield f"{name}=", _variable(name)
        return
    shown, at = without_passwords(value), 0
    for match in _SECRET.finditer(shown):
        password = f"{flag.strip('-')}_password" if flag.startswith("--") else "password"
        yield (
            shown[at : match.end("mark")],
            _variable(match["name"] if match["mark"] == "=" else password),
        )
        at = match.end()
    yield shown[at:], ""


def _variable(name: str) -> str:
    """Make the name of a header or of a field one of a variable."""
    return re.sub(r"\W", "_", name.strip()).upper()


def _escaped(text: str) -> str:
    """Escape a text between double quotes of a shell."""
    return re.sub(r'([\\"$`])', r"\\\1", text)
