"""Servers laid over a project's own environment, which is seen behind them and never written to."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from timetrial.model.errors import StackFailed
from timetrial.project.project import Project
from timetrial.stacks.command import CommandResult
from timetrial.stacks.environment import Environment, interpreter_in, kept_environment, run_uv
from timetrial.stacks.pins import Pin, Resolved, normalised, read_locks, resolve

_SEEN_BEHIND = "timetrial_project.pth"
_PINNED = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)==(?P<version>[^\s;]+)")
_NEEDS_PYTHON = re.compile(
    r"does not satisfy Python(?P<python>\S+) and (?:you require )?(?P<package>[^\s,]+)"
)


@dataclass(frozen=True, slots=True)
class OverlaidEnvironments:
    """Environments of a server's packages alone, in front of those of one project."""

    project: Project
    cache: Path

    def prepare(
        self,
        packages: Sequence[str],
        locks: Sequence[Path],
        versions: Sequence[str] = (),
        overrides: Sequence[str] = (),
    ) -> Environment:
        """Find or make the environment of these packages over the project's.

        The packages themselves come in the versions of the locks; what they need comes in the
        project's versions where these will do, else in those of the locks. `versions` are the
        Pythons that the server runs on: it is StackFailed if the project's is none of them.
        """
        self._require(versions)
        pins = read_locks(locks)
        resolved = resolve(packages, pins, overrides)
        folder = self.cache / "overlays" / self._key(resolved)
        own = kept_environment(
            folder,
            self.project.python,
            self.project.python_version,
            lambda: self._install(folder, resolved, pins),
        )
        here, behind = _by_name(own.packages), _by_name(self.project.installed)
        together = {**behind, **here}
        return replace(
            own,
            packages=tuple(f"{name}=={together[name]}" for name in sorted(together)),
            path=(self.project.python.parent,),
            notes=tuple(_shadowed(here, behind, {_name(each) for each in packages})),
        )

    def _require(self, versions: Sequence[str]) -> None:
        runs_on = self.project.python_version
        minor = ".".join(runs_on.split()[-1].split(".")[:2])
        if versions and minor not in versions:
            wanted = " or ".join(versions)
            raise StackFailed("install", f"it needs CPython {wanted}; your app runs on {runs_on}")

    def _key(self, resolved: Resolved) -> str:
        project = self.project
        parts = [
            *(os.path.realpath(project.python), project.python_version, str(project.python)),
            *("behind", *map(str, project.site_folders), *project.installed),
            *("requirements", *resolved.requirements),
            *("constraints", *resolved.constraints),
            *("overrides", *resolved.overrides),
        ]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]

    def _install(self, folder: Path, resolved: Resolved, pins: Sequence[Pin]) -> None:
        behind = _by_name(self.project.installed)
        chosen = _choose_versions(folder, resolved, behind, self.project.python_version)
        # Its own packages are installed in any case: the programs that start it come with them.
        asked_for = {_name(line) for line in resolved.requirements}
        missing = [
            _with_hashes(line, pins)
            for name, line in chosen.items()
            if name in asked_for or behind.get(name) != _version(line)
        ]
        _install_alone(folder, missing)
        _let_through(folder, self.project.site_folders)


def _choose_versions(
    folder: Path, resolved: Resolved, behind: Mapping[str, str], runs_on: str
) -> Mapping[str, str]:
    """Resolve all that the packages need; versions that are there already are taken if they fit.

    The answer maps names to lines as 'h11==0.16.0'.
    """
    kept = [line for line in resolved.constraints if _name(line) not in behind]
    preferred = [*(f"{name}=={version}" for name, version in behind.items()), *map(_bare, kept)]
    answer = folder / "resolved.txt"
    for file, lines in (
        ("requirements.txt", resolved.requirements),
        ("overrides.txt", resolved.overrides),
        # What stands in its output file already is what uv prefers.
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
    """Say which package does not run on this Python, as far as that is the reason."""
    said = " ".join(done.tail.split())
    needs = _NEEDS_PYTHON.search(said)
    if needs:
        return f"{needs['package']} needs Python {needs['python']}; your app runs on {runs_on}"
    return f"choosing versions for {', '.join(requirements)} {done.ending()}"


def _install_alone(folder: Path, lines: Sequence[str]) -> None:
    """Install just these, in these versions: what they need is there, or among them."""
    if not lines:
        return
    exact = folder / "exact.txt"
    exact.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    hashed = all("--hash=" in line for line in lines)
    installed = run_uv(
        folder,
        *("pip", "install", "--python", str(interpreter_in(folder)), "--no-deps"),
        *(("--require-hashes",) if hashed else ()),
        *("--compile-bytecode", "--requirements", str(exact)),
    )
    if not installed.ok:
        names = ", ".join(line.partition(" ")[0] for line in lines)
        raise StackFailed("install", f"installing {names} {installed.ending()}", installed.tail)


def _let_through(folder: Path, site_folders: Iterable[Path]) -> None:
    """Put the project's packages behind the server's, with what their own .pth files do."""
    (site,) = (folder / "venv").glob("lib/*/site-packages")
    calls = "; ".join(f"site.addsitedir({str(each)!a})" for each in site_folders)
    if calls:
        (site / _SEEN_BEHIND).write_text(f"import site; {calls}\n", encoding="ascii")


def _shadowed(
    here: Mapping[str, str], behind: Mapping[str, str], asked_for: set[str]
) -> Iterable[str]:
    for name, version in sorted(here.items()):
        if name in behind and behind[name] != version:
            has = f"Your environment has {name} {behind[name]}"
            if name in asked_for:
                yield f"{has}; what races is {version}."
            else:
                yield f"{has}; the server needs another, and runs with {version}."


def _with_hashes(line: str, pins: Sequence[Pin]) -> str:
    name, version = _name(line), _version(line)
    fitting = (pin.line for pin in pins if (pin.name, pin.version) == (name, version))
    return next(fitting, line)


def _bare(pin_line: str) -> str:
    return re.sub(r"\s*--hash=\S+", "", pin_line)


def _by_name(packages: Iterable[str]) -> dict[str, str]:
    pairs = (each.partition("==") for each in packages)
    return {normalised(name): version for name, _, version in pairs}


def _name(line: str) -> str:
    return normalised(re.split(r"[^A-Za-z0-9._-]", line, maxsplit=1)[0])


def _version(line: str) -> str:
    match = _PINNED.match(line)
    return match["version"] if match else ""
