"""A package in one version, as a user asks for it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from timetrial.model.errors import BadInput
from timetrial.stacks.pins import normalised

_WRITTEN = re.compile(
    r"(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*==\s*"
    r"(?P<version>[0-9][A-Za-z0-9.!+_-]*)"
)


@dataclass(frozen=True, slots=True, order=True)
class Requirement:
    """As 'granian==2.8.5'."""

    name: str
    """Normalised: lower case, one hyphen for each run of '-', '_' and '.'."""
    version: str

    def __str__(self) -> str:
        return f"{self.name}=={self.version}"


def read_requirement(text: str) -> Requirement:
    """Raise BadInput for anything but a name and one version of it."""
    match = _WRITTEN.fullmatch(text.strip())
    if match is None:
        raise BadInput(f"{text!r} is no package in one version; write it as granian==2.8.5")
    return Requirement(normalised(match["name"]), match["version"])


def read_requirements(texts: Iterable[str]) -> tuple[Requirement, ...]:
    """Read all, in their order; a text may have several, with commas between."""
    parts = (part for text in texts for part in text.split(","))
    return tuple(read_requirement(part) for part in parts if part.strip())


def one_version_each(requirements: Sequence[Requirement]) -> tuple[Requirement, ...]:
    """Leave out repetitions. Raises BadInput where a package is asked for in two versions."""
    versions: dict[str, str] = {}
    for each in requirements:
        if versions.setdefault(each.name, each.version) != each.version:
            raise BadInput(
                f"--with asks for {each.name} in versions {versions[each.name]} and "
                f"{each.version}; --versions measures both side by side"
            )
    return tuple(dict.fromkeys(requirements))
