"""Seeded faults in the code that decides, and whether a test catches each of them.

`choose` takes some of all places (mutation_sites.py) by a seed; the choice stands in mutants.toml,
by the text of its line, so that the same faults can be tried after code around them has moved.
`run` plants one at a time in a copy of the checkout, runs the tests of its area there, and says
which failed first.

No library does it: mutmut and cosmic-ray know Python alone and number their mutants anew with each
change of the code, cargo-mutants knows Rust alone; one list has to outlive moves of both.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import tomllib
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Self

from mutation_sites import Mutant, mutants_of, mutated, place

ROOT = Path(__file__).parent.parent
CHOICE = Path(__file__).with_suffix(".toml")
CPU_LIMIT_S = 120
"""Of one run of tests, in CPU time: a busy machine catches no mutant."""
LIMIT_S = 5.0 * CPU_LIMIT_S
"""Of one run of tests, or of one build, in time."""
MEMORY_LIMIT = 8 << 30
"""Of one process of tests, in bytes of addresses: some mutants make lists without an end."""
LEFT_OUT = (".git", ".venv", "target", "__pycache__", ".hypothesis", ".*_cache")


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """Files that are mutated, and the tests that have to catch it: pytest's or cargo's."""

    name: str
    count: int
    files: tuple[str, ...]
    tests: tuple[str, ...] = ()
    """Patterns of files, of which those that name the module run first."""
    cargo: tuple[str, ...] = ()
    """What stands behind `cargo test`; what stands behind `--` in it is not needed to build."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The list in mutants.toml: its seed, and mutants with the names of their areas."""

    seed: int
    areas: tuple[Area, ...]
    mutants: tuple[tuple[str, Mutant], ...]
    skipped: frozenset[Mutant]
    """Equivalent ones, which nothing can catch, and those whose code is gone."""

    @classmethod
    def read(cls) -> Self:
        data = tomllib.loads(CHOICE.read_text())
        names = [field.name for field in fields(Mutant)]
        mutants = [(row["area"], {name: row[name] for name in names}) for row in data["mutants"]]
        skipped = [{name: row[name] for name in names} for row in data.get("skipped", [])]
        return cls(
            seed=data["seed"],
            areas=tuple(
                Area(
                    name=row["name"],
                    count=row["count"],
                    files=tuple(row["files"]),
                    tests=tuple(row.get("tests", ())),
                    cargo=tuple(row.get("cargo", ())),
                )
                for row in data["areas"]
            ),
            mutants=tuple((area, Mutant(**row)) for area, row in mutants),
            skipped=frozenset(Mutant(**row) for row in skipped),
        )


def choose(tree: Path, area: Area, seed: int, skipped: frozenset[Mutant]) -> list[Mutant]:
    """Take as many mutants as an area asks for, one a function, by the seed alone."""
    files = sorted({str(path.relative_to(tree)) for glob in area.files for path in tree.glob(glob)})
    every = sorted({mutant for file in files for mutant in mutants_of(tree, file)})
    random.Random(f"{seed} {area.name}").shuffle(every)  # noqa: S311 - a choice, no secret
    chosen: dict[tuple[str, str], Mutant] = {}
    for mutant in (each for each in every if each not in skipped):
        chosen.setdefault((mutant.file, mutant.function), mutant)
    return list(chosen.values())[: area.count]


def run(origin: Path, area: Area, mutants: list[Mutant]) -> int:
    """Try mutants in a copy of a checkout; returns how many no test caught."""
    survived = 0
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        tree = Path(folder) / "tree"
        # Files are as old as the copy: cargo goes by their times.
        ignore = shutil.ignore_patterns(*LEFT_OUT)
        shutil.copytree(origin, tree, ignore=ignore, copy_function=shutil.copy)
        near = {test: None for mutant in mutants for test in tests_of(tree, area, mutant)[0]}
        if failed := first_failure(tree, area, list(near)):
            raise RuntimeError(f"{failed} fails without any mutant")
        for mutant in mutants:
            number, caught_by = place(tree, mutant), catch(tree, area, mutant)
            survived += caught_by is None
            print(f"{mutant.file}:{number} {mutant.function}")
            print(f"  - {mutant.original}\n  + {mutant.replacement}")
            print(f"  caught by {caught_by}" if caught_by else "  SURVIVED", flush=True)
    return survived


def catch(tree: Path, area: Area, mutant: Mutant) -> str | None:
    """Plant a mutant in a tree, run what is nearest to it, then the rest, and take it out again."""
    path = tree / mutant.file
    source = path.read_text()
    path.write_text(mutated(tree, mutant))
    try:
        near, others = tests_of(tree, area, mutant)
        caught_by = first_failure(tree, area, near)
        if caught_by or area.cargo:
            return caught_by
        return first_failure(tree, area, others)
    finally:
        path.write_text(source)


def tests_of(tree: Path, area: Area, mutant: Mutant) -> tuple[list[str], list[str]]:
    """Split an area's test files into those that name a module, its own first, and all others."""
    stem = Path(mutant.file).stem
    found = [test for glob in area.tests for test in sorted(tree.glob(glob))]
    near = [test for test in found if re.search(rf"\b{stem}\b", test.name + test.read_text())]
    near.sort(key=lambda test: test.stem != f"test_{stem}")
    names = [str(test.relative_to(tree)) for test in near]
    return names, [str(test.relative_to(tree)) for test in found if test not in near]


def first_failure(tree: Path, area: Area, tests: list[str]) -> str | None:
    """Run those tests in a tree, or the area's of cargo; RuntimeError if they cannot be run."""
    if not tests and not area.cargo:
        return None
    environment = {
        **os.environ,
        "PYTHONPATH": str(tree / "src"),
        "PYTHONDONTWRITEBYTECODE": "1",  # a change within the same second would not be seen
        "CARGO_TARGET_DIR": os.environ.get("CARGO_TARGET_DIR", str(ROOT / "target" / "mutants")),
    }
    if area.cargo:
        command = ["cargo", "test", "--locked", "--quiet", *area.cargo]
        build = [*command[: command.index("--")], "--no-run"]
        code, output = bounded(build, tree, environment, LIMIT_S)
        if code != 0:
            raise RuntimeError(f"it does not build:\n{output[-2000:]}")
    else:
        settings = tomllib.loads((tree / "pyproject.toml").read_text())["tool"]["pytest"]
        marks = [mark.partition(":")[0] for mark in settings["ini_options"]["markers"]]
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider"]
        command += ["--hypothesis-seed=0", "-m", " and ".join(f"not {mark}" for mark in marks)]
        command += tests
    limits = [f"--cpu={CPU_LIMIT_S}:{CPU_LIMIT_S + 10}", f"--as={MEMORY_LIMIT}"]
    code, output = bounded(["prlimit", *limits, *command], tree, environment, LIMIT_S)
    if code is None:
        return f"a timeout of {LIMIT_S:.0f} s"
    if code == -signal.SIGXCPU or "SIGXCPU" in output:
        return f"a timeout of {CPU_LIMIT_S} s of CPU time"
    rust, python = r"^---- (\S+) stdout|\((signal: .*)\)$", r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$"
    failed = re.search(rust if area.cargo else python, output, re.MULTILINE)
    if code and not failed:
        raise RuntimeError(f"the tests cannot be run:\n{output[-2000:]}")
    return failed[failed.lastindex or 1] if code and failed else None


def bounded(
    command: list[str], folder: Path, environment: dict[str, str], limit_s: float
) -> tuple[int | None, str]:
    """Run a command; after so long its process group is killed, and its exit code is None."""
    with subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            output, _ = process.communicate(timeout=limit_s)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return None, process.communicate()[0]
        return process.returncode, output


def as_toml(mutant: Mutant, area: str) -> str:
    rows = {"area": area, **asdict(mutant)}
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in rows.items()]
    return "\n".join(["[[mutants]]", *lines, ""])


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("verb", choices=("choose", "run"))
    parser.add_argument("--tree", type=Path, default=ROOT, help="the checkout that is copied")
    parser.add_argument("--area", default="", help="areas whose name holds this text only")
    parser.add_argument("--only", nargs="*", help="mutants of these functions only")
    options = parser.parse_args(arguments)
    choice = Choice.read()
    survived = 0
    for area in (area for area in choice.areas if options.area in area.name):
        if options.verb == "choose":
            for mutant in choose(options.tree, area, choice.seed, choice.skipped):
                print(as_toml(mutant, area.name))
            continue
        asked = [mutant for name, mutant in choice.mutants if name == area.name]
        asked = [mutant for mutant in asked if not options.only or mutant.function in options.only]
        survived += run(options.tree, area, asked) if asked else 0
    if options.verb == "run":
        print(f"{survived} survived" if survived else "all caught")
    return 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
