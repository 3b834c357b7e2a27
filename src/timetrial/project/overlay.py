"""Environments of servers on top of a project's own environment, which is never written to."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from timetrial.model import StackFailed
from timetrial.project.project import Project
from timetrial.stacks.cache import cache_key
from timetrial.stacks.command import CommandResult
from timetrial.stacks.environment import (
    Environment,
    EnvironmentMaker,
    Told,
    interpreter_in,
    kept_environment,
    run_uv,
)
from timetrial.stacks.pins import Pin, Resolved, normalised

_SEEN_BEHIND = "timetrial_project.pth"
_PINNED = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)==(?P<version>[^\s;]+)")
_NEEDS_PYTHON = re.compile(
    r"does not satisfy Python(?P<python>\S+) and (?:you require )?(?P<package>[^\s,]+)"
)

_BUILDS_OF = {"pyuwsgi": "uwsgi"}
"""Wheels, and the package whose program they have: both are installed under their own names."""


@dataclass(frozen=True, slots=True)
class OverlaidEnvironments(EnvironmentMaker):
    """Environments of a server's packages alone, in front of the packages of one project.

    The packages themselves get the versions of the locks. What they depend on gets the project's
    versions where these fit, else those of the locks. StackFailed is raised where the project's
    Python is none that the server runs on.
    """

    project: Project
    cache: Path

    def _interpreter(self, versions: Sequence[str]) -> Path:
        runs_on = self.project.python_version
        minor = ".".join(runs_on.split()[-1].split(".")[:2])
        if versions and minor not in versions:
            needed = " or ".join(versions)
            raise StackFailed("install", f"it needs CPython {needed}; your app runs on {runs_on}")
        return self.project.python

    def _environment(
        self, interpreter: Path, resolved: Resolved, pins: Sequence[Pin], installing: Told
    ) -> Environment:
        project = self.project
        key = cache_key(
            (
                *(os.path.realpath(interpreter), project.python_version, str(interpreter)),
                *("behind", *map(str, project.site_folders), *project.installed),
                *("requirements", *resolved.requirements),
                *("constraints", *resolved.constraints),
                *("overrides", *resolved.overrides),
            )
        )
        folder = self.cache / "overlays" / key
        overlay = kept_environment(
            folder,
            interpreter,
            project.python_version,
            lambda: self._install(folder, resolved, pins),
            installing,
        )
        in_front, behind = _by_name(overlay.packages), _by_name(project.installed)
        together = {**behind, **in_front}
        named = set(map(_name, resolved.requirements))
        return replace(
            overlay,
            packages=tuple(f"{name}=={together[name]}" for name in sorted(together)),
            path=(interpreter.parent,),
            notes=tuple(_shadowed(in_front, behind, named)),
        )

    def _install(self, folder: Path, resolved: Resolved, pins: Sequence[Pin]) -> None:
        behind = _by_name(self.project.installed)
        chosen = _choose_versions(folder, resolved, behind, self.project.python_version)
        # The server's own packages are always installed, with the programs that start it.
        named = set(map(_name, resolved.requirements))
        missing = [
            _with_hashes(line, pins)
            for name, line in chosen.items()
            if name in named or behind.get(name) != _version(line)
        ]
        _install_alone(folder, missing)
        _show_behind(folder, self.project.site_folders)


def _choose_versions(
    folder: Path, resolved: Resolved, behind: Mapping[str, str], runs_on: str
) -> Mapping[str, str]:
    """Resolve the packages and their dependencies; installed versions are kept where they fit.

    Returns lines such as 'h11==0.16.0' by name.
    """
    kept = [line for line in resolved.constraints if _name(line) not in behind]
    preferred = [
        *(f"{name}=={version}" for name, version in behind.items()),
        *(re.sub(r"\s*--hash=\S+", "", line) for line in kept),
    ]
    answer = folder / "resolved.txt"
    for file, lines in (
        ("requirements.txt", resolved.requirements),
        ("overrides.txt", resolved.overrides),
        # uv prefers the versions that its output file has before.
        (answer.name, preferred),
    ):
        (folder / file).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    if not resolved.requirements:
        return {}
    done = run_uv(
        folder,
        *("pip", "compile", "--no-header", "--no-annotate"),
        *("--python", str(interpreter_in(folder)), "--output-file", str(answer)),
        *(("--overrides", "overrides.txt") if resolved.overrides else ()),
        "requirements.txt",
    )
    if not done.ok:
        raise StackFailed("install", _why(resolved.requirements, done, runs_on), done.tail)
    chosen = [line.strip() for line in answer.read_text("utf-8").splitlines()]
    return {_name(line): line for line in chosen if _PINNED.match(line)}


def _why(requirements: Iterable[str], done: CommandResult, runs_on: str) -> str:
    """Say which package does not run on this Python, if that is the reason."""
    said = " ".join(done.tail.split())
    needs = _NEEDS_PYTHON.search(said)
    if needs:
        return f"{needs['package']} needs Python {needs['python']}; your app runs on {runs_on}"
    return f"choosing versions for {', '.join(requirements)} {done.ending()}"


def _install_alone(folder: Path, lines: Sequence[str]) -> None:
    """Install these lines without their dependencies, which are there or among them."""
    if not lines:
        return
    exact = folder / "exact.txt"
    exact.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    hashed = all("--hash=" in line for line in lines)
    names = ", ".join(line.partition(" ")[0] for line in lines)
    run_uv(
        folder,
        *("pip", "install", "--python", str(interpreter_in(folder)), "--no-deps"),
        *(("--require-hashes",) if hashed else ()),
        *("--compile-bytecode", "--requirements", str(exact)),
    ).require_success(f"installing {names}")


def _show_behind(folder: Path, site_folders: Iterable[Path]) -> None:
    """Put the project's packages behind the server's; their .pth files take effect, too."""
    (site,) = (folder / "venv").glob("lib/*/site-packages")
    calls = "; ".join(f"site.addsitedir({str(folder)!a})" for folder in site_folders)
    if calls:
        (site / _SEEN_BEHIND).write_text(f"import site; {calls}\n", encoding="ascii")


def _shadowed(
    in_front: Mapping[str, str], behind: Mapping[str, str], named: set[str]
) -> Iterable[str]:
    for name, version in sorted(in_front.items()):
        if name not in behind and (source := _BUILDS_OF.get(name, "")) in behind:
            yield (
                f"Your environment has {source} {behind[source]}; what races is {name} {version}, "
                "another build of it, which may take signals otherwise."
            )
        if name in behind and behind[name] != version:
            has = f"Your environment has {name} {behind[name]}"
            if name in named:
                yield f"{has}; what races is {version}."
            else:
                yield f"{has}; the server needs another, and runs with {version}."


def _with_hashes(line: str, pins: Sequence[Pin]) -> str:
    pinned = _name(line), _version(line)
    return next((pin.line for pin in pins if (pin.name, pin.version) == pinned), line)


def _by_name(packages: Iterable[str]) -> dict[str, str]:
    pairs = (package.partition("==") for package in packages)
    return {normalised(name): version for name, _, version in pairs}


def _name(line: str) -> str:
    return normalised(re.split(r"[^A-Za-z0-9._-]", line, maxsplit=1)[0])


def _version(line: str) -> str:
    match = _PINNED.match(line)
    return match["version"] if match else ""
