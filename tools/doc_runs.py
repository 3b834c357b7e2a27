"""Runs the commands of console blocks in sample projects, and keeps what they measured.

Each sample is copied once into `target/docs-blocks`, where its store stays: what was measured is
shown again without measuring.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from doc_block import PROMPT, ROOT, Block, Recipe, cut
from doc_picture import draw
from timetrial.engine import Bimodal, Responder

IMAGES = ROOT / "docs" / "images"
SAMPLES = ROOT / "tools" / "samples"
WORK = ROOT / "target" / "docs-blocks"
NOTHING = "nothing"
"""A folder without files."""
ADDRESS = "127.0.0.1:8000"
"""As the docs write the address of a server that answers."""
_DELAY = Bimodal(0.002, 0.02, 0.1)
_LONGEST_S = 3600.0
_PROGRAMS = Path(sys.executable).parent


class CommandError(Exception):
    """A command ended otherwise than the docs say."""


def produced(block: Block, recipe: Recipe, *, again: bool) -> str:
    """Return the text of a block from a real run, or from what an earlier one has stored."""
    folder = _prepared(recipe.folder, again=again)
    lines: list[str] = []
    for command in block.commands:
        kept = folder / f".{hashlib.sha256(command.encode()).hexdigest()[:16]}.txt"
        if not kept.exists() or not (recipe.show or recipe.minutes):
            kept.write_text(_run(command, folder, recipe), "utf-8")
        printed = kept.read_text("utf-8")
        if recipe.show is not None:
            printed = _run(f"timetrial {recipe.show}", folder, recipe)
        if recipe.show is not None and recipe.picture is not None:
            colored = _run(f"FORCE_COLOR=1 timetrial {recipe.show}", folder, recipe)
            draw(f"{PROMPT}{command}\n{colored}", recipe.columns, IMAGES / recipe.picture)
        lines += [f"{PROMPT}{command}", *cut(printed.splitlines(), recipe)]
    return "".join(f"{line.rstrip()}\n" for line in lines)


@cache
def _prepared(name: str, *, again: bool) -> Path:
    """Copy a sample, and run its `setup.sh`, unless that was done before or is not to count.

    Raises CommandError.
    """
    folder = WORK / name
    done = folder / ".prepared"
    if done.exists() and not again:
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if name != NOTHING:
        shutil.copytree(SAMPLES / name, folder, dirs_exist_ok=True)
    setup = folder / "setup.sh"
    if setup.exists():
        script = ["/bin/bash", "-eu", setup.name]
        ended = subprocess.run(script, cwd=folder, env=_environment(), check=False)
        if ended.returncode:
            raise CommandError(f"{name}/{setup.name}: exit code {ended.returncode}")
        setup.unlink()
    done.touch()
    return folder


def _run(command: str, folder: Path, recipe: Recipe) -> str:
    """Run a command as a shell does; return what it prints. Raises CommandError."""
    with _served(recipe) as address:
        ended = subprocess.run(
            ["/bin/bash", "-c", command.replace(ADDRESS, address)],
            cwd=folder,
            env=_environment(recipe.columns),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if recipe.with_errors else subprocess.PIPE,
            encoding="utf-8",
            timeout=_LONGEST_S,
            check=False,
        )
    if ended.returncode != recipe.exit_code:
        raise CommandError(f"{command}: exit code {ended.returncode}\n{ended.stderr or ''}")
    printed = ended.stdout.replace(address, ADDRESS)
    return printed.replace(f"{folder}/", "").replace(str(Path.home()), "~")


@contextmanager
def _served(recipe: Recipe) -> Iterator[str]:
    """Serve where the block says that a server is there; yield its address."""
    if not recipe.has_server:
        yield ADDRESS
        return
    with Responder(_DELAY) as responder:
        yield responder.address


def _environment(columns: int = 80) -> dict[str, str]:
    """Set what a terminal of that width has, and nothing of an active environment."""
    removed = {"VIRTUAL_ENV", "NO_COLOR", "FORCE_COLOR"}
    environment = {name: value for name, value in os.environ.items() if name not in removed}
    path = f"{_PROGRAMS}{os.pathsep}{environment.get('PATH', '')}"
    return environment | {"COLUMNS": str(columns), "PATH": path}
