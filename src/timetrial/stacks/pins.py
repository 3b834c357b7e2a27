"""Pinned requirements: which version, and which hashes, of every package."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from timetrial.model.errors import BadInput, ManifestError

_PIN = re.compile(
    r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)\s*(\[[^]]*\])?\s*==\s*(?P<version>[^\s;]+)"
    r"\s*(;\s*(?P<marker>.*?))?\s*(?P<hashes>(--hash=\S+\s*)*)"
)
_REQUIREMENT = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)(?P<extras>\[[^]]*\])?(?P<rest>.*)")


@dataclass(frozen=True, slots=True)
class Pin:
    """One version of one package, where its marker holds."""

    name: str
    """Normalised: lower case, one hyphen for each run of '-', '_' and '.'."""
    version: str
    marker: str
    hashed: bool
    line: str
    """The requirement as it stands in the lock, hashes included."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """What an installer is told."""

    requirements: tuple[str, ...]
    constraints: tuple[str, ...]
    overrides: tuple[str, ...]
    """Pins that hold whatever other packages ask for."""
    hashed: bool
    """Whether everything that is asked for has hashes, so that they can be demanded."""


def read_locks(locks: Iterable[Path]) -> tuple[Pin, ...]:
    """Read locks in order; a package that an earlier one pins is not taken from a later one."""
    pins: list[Pin] = []
    for lock in locks:
        pinned = {pin.name for pin in pins}
        pins += [pin for pin in _read(lock) if pin.name not in pinned]
    return tuple(pins)


def resolve(
    packages: Sequence[str], pins: Sequence[Pin], overrides: Sequence[str] = ()
) -> Resolved:
    """Give every package its pin; one with a version of its own, or without a pin, stays as is.

    `overrides` names packages whose pins hold even against what others ask for.
    """
    requirements: list[str] = []
    free: set[str] = set()
    for package in sorted(set(packages)):
        match = _REQUIREMENT.fullmatch(package)
        if match is None:
            raise BadInput(f"{package!r} is no requirement; write a name, as in 'gunicorn[gevent]'")
        name = normalised(match["name"])
        own = [pin for pin in pins if pin.name == name]
        if match["rest"] or not own:
            free.add(name)
            requirements.append(package)
        else:
            requirements += [_pinned(package, pin) for pin in own]
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
    return re.sub(r"[-_.]+", "-", name).lower()


def _pinned(package: str, pin: Pin) -> str:
    marker = f" ; {pin.marker}" if pin.marker else ""
    return f"{package}=={pin.version}{marker}"


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
