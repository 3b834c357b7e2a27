"""A package in one version, as a user names it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from timetrial.model import BadInput
from timetrial.stacks.pins import normalised

_WRITTEN = re.compile(
    r"(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*==\s*"
    r"(?P<version>[0-9][A-Za-z0-9.!+_-]*)"
)


@dataclass(frozen=True, slots=True, order=True)
class Requirement:
    """A package in one version, as 'granian==2.8.5'."""

    name: str
    """Normalised: lower case, one hyphen for each run of '-', '_' and '.'."""
    version: str

    def __str__(self) -> str:
        return f"{self.name}=={self.version}"


def read_requirement(text: str) -> Requirement:
    """Read 'name==version'. Raises BadInput for anything else."""
    match = _WRITTEN.fullmatch(text.strip())
    if match is None:
        raise BadInput(f"{text!r} is no package in one version; write it as granian==2.8.5")
    return Requirement(normalised(match["name"]), match["version"])


def read_requirements(texts: Iterable[str]) -> tuple[Requirement, ...]:
    """Read requirements in order; a text may hold several, separated by commas."""
    parts = (part for text in texts for part in text.split(","))
    return tuple(read_requirement(part) for part in parts if part.strip())


def one_version_each(requirements: Sequence[Requirement]) -> tuple[Requirement, ...]:
    """Leave out repetitions. Raises BadInput for a package in two versions."""
    versions: dict[str, str] = {}
    for requirement in requirements:
        name, version = requirement.name, requirement.version
        if versions.setdefault(name, version) != version:
            raise BadInput(
                f"--with asks for {name} in versions {versions[name]} and "
                f"{version}; --versions measures both side by side"
            )
    return tuple(dict.fromkeys(requirements))
