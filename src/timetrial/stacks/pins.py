"""Pinned requirements: the version and the hashes of each package."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from timetrial.model import BadInput, ManifestError

_PIN = re.compile(
    r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)\s*(\[[^]]*\])?\s*==\s*(?P<version>[^\s;]+)"
    r"\s*(;\s*(?P<marker>.*?))?\s*(?P<hashes>(--hash=\S+\s*)*)"
)
_REQUIREMENT = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)(?P<extras>\[[^]]*\])?(?P<rest>.*)")


@dataclass(frozen=True, slots=True)
class Pin:
    """One version of one package, if its environment marker holds."""

    name: str
    """Normalised: lower case, one hyphen for each run of '-', '_' and '.'."""
    version: str
    marker: str
    hashed: bool
    line: str
    """The line of the lock, hashes included."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """The input of an installer."""

    requirements: tuple[str, ...]
    constraints: tuple[str, ...]
    overrides: tuple[str, ...]
    """Pins that override the requirements of other packages."""
    hashed: bool
    """Whether all requirements have hashes, so that they can be required."""


def read_locks(locks: Iterable[Path]) -> tuple[Pin, ...]:
    """Read locks in order; the pin of an earlier one takes precedence."""
    pins: list[Pin] = []
    for lock in locks:
        pinned = {pin.name for pin in pins}
        pins += [pin for pin in _read(lock) if pin.name not in pinned]
    return tuple(pins)


def resolve(
    packages: Sequence[str], pins: Sequence[Pin], overrides: Sequence[str] = ()
) -> Resolved:
    """Replace every package by its pin; one with a version, or without a pin, is unchanged.

    Pins of `overrides` (names) hold even against the requirements of other packages. Raises
    BadInput for text that is no requirement.
    """
    requirements: list[str] = []
    free: set[str] = set()
    for package in sorted(set(packages)):
        match = _REQUIREMENT.fullmatch(package)
        if match is None:
            raise BadInput(f"{package!r} is no requirement; write a name, as in 'gunicorn[gevent]'")
        name = normalised(match["name"])
        of_package = [pin for pin in pins if pin.name == name]
        if match["rest"] or not of_package:
            free.add(name)
            requirements.append(package)
        else:
            requirements += [
                f"{package}=={pin.version}" + (f" ; {pin.marker}" if pin.marker else "")
                for pin in of_package
            ]
    kept = [pin for pin in pins if pin.name not in free]
    hashed = not free and all(pin.hashed for pin in kept)
    forced = {normalised(name) for name in overrides}
    return Resolved(
        tuple(requirements),
        tuple(pin.line for pin in kept),
        tuple(pin.line for pin in kept if pin.name in forced),
        hashed,
    )


def normalised(name: str) -> str:
    """Return a package's name as PyPI compares it (PEP 503): 'Flask_Login' is 'flask-login'."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _read(lock: Path) -> list[Pin]:
    text = re.sub(r"\\\n", " ", lock.read_text(encoding="utf-8"))
    lines = [re.sub(r"(^|\s)#.*", "", line).strip() for line in text.splitlines()]
    return [_pin(lock, line) for line in lines if line]


def _pin(lock: Path, line: str) -> Pin:
    match = _PIN.fullmatch(line)
    if match is None:
        raise ManifestError(lock, None, f"{line!r} is no pin; each line must read 'name==version'")
    return Pin(
        name=normalised(match["name"]),
        version=match["version"],
        marker=(match["marker"] or "").strip(),
        hashed=bool(match["hashes"]),
        line=line,
    )
