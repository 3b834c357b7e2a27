"""Imports point one way, only the command line prints, and modules stay readable."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import timetrial

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "src" / "timetrial"
APPS = PACKAGE / "catalog" / "apps"
LONGEST = 400
MOST_ARGUMENTS = 7
SHORTEST_DOCSTRING = 3
"""Lines: what is in a package, what is not, where to start reading."""

RANKS: tuple[tuple[str, ...], ...] = (
    ("_engine",),
    ("model",),
    ("analysis", "machine"),
    ("catalog", "store"),
    ("stacks",),
    ("drivers",),
    ("engine", "project"),
    ("runner", "reports"),
    ("features",),
    ("verbs", "web"),
    ("cli", "__init__"),
)
"""Packages from the bottom up: one imports from those above its own line, and from itself."""
OWN_PROGRAMS = {
    PACKAGE / "machine" / "supervisor.py",
    PACKAGE / "stacks" / "import_target.py",
    PACKAGE / "project" / "inside" / "timetrial_look.py",
    PACKAGE / "stacks" / "services" / "stub_server.py",
    PACKAGE / "stacks" / "services" / "unprivileged.py",
    PACKAGE / "drivers" / "pinned.py",
}
"""Started with an interpreter of their own: they talk over their own standard streams."""
SPEAKING = {"print", "input", "exit", "quit"}
ACTING = {
    ("sys", "exit"),
    ("sys", "stdout"),
    ("sys", "stderr"),
    ("os", "chdir"),
    ("os", "_exit"),
    ("os", "abort"),
}


@functools.cache
def nodes_of(file: Path) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(ast.parse(file.read_text("utf-8"))))


def modules() -> list[Path]:
    return sorted(file for file in PACKAGE.rglob("*.py") if APPS not in file.parents)


def name_of(file: Path) -> str:
    """Write runner/pace.py as runner.pace, and runner/__init__.py as runner."""
    parts = file.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if len(parts) > 1 and parts[-1] == "__init__" else parts)


def rank_of(package: str) -> int:
    ranks = [rank for rank, packages in enumerate(RANKS) if package in packages]
    assert ranks, f"{package} has no rank: add it to RANKS"
    return ranks[0]


def package_of(module: str) -> str:
    """Return the top package of a module, or a module that lies beside the packages."""
    return module.partition(".")[0]


def imports_in(file: Path) -> Iterator[tuple[int, str]]:
    """List line and module of all that is imported from Timetrial itself."""
    for node in nodes_of(file):
        if isinstance(node, ast.ImportFrom):
            assert not node.level, f"{file}:{node.lineno} has a relative import"
            for alias in node.names:
                yield node.lineno, _module(f"{node.module}.{alias.name}")
        elif isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name


def _module(dotted: str) -> str:
    """Cut off the last part where it names no module but something inside one."""
    path = ROOT / "src" / Path(*dotted.split("."))
    if any(each.exists() for each in (path, path.with_suffix(".py"), path.with_suffix(".pyi"))):
        return dotted
    return dotted.rpartition(".")[0]


@functools.cache
def graph() -> Mapping[str, frozenset[str]]:
    """Return for each module those of Timetrial that it imports, for types alone or not."""
    names = {name_of(file) for file in modules()} | {"_engine"}
    return {
        name_of(file): frozenset(
            target
            for _, imported in imports_in(file)
            if (target := imported.removeprefix("timetrial.")) in names
        )
        for file in modules()
    }


def test_packages_import_from_lower_ranks_alone() -> None:
    offenders = [
        f"{module} imports {target}"
        for module, targets in graph().items()
        for target in targets
        if module and package_of(module) != package_of(target)
        if rank_of(package_of(target)) >= rank_of(package_of(module))
    ]
    assert not offenders, "\n".join(offenders)


def test_no_modules_import_each_other_in_a_circle() -> None:
    try:
        TopologicalSorter(graph()).prepare()
    except CycleError as found:
        pytest.fail(" → ".join(reversed(found.args[1])))


def packages() -> list[Path]:
    """List the folders that can be imported."""
    return [file.parent for file in modules() if file.name == "__init__.py"]


@pytest.mark.parametrize("folder", packages(), ids=lambda folder: folder.name)
def test_a_package_says_what_is_in_it_and_where_to_start_reading(folder: Path) -> None:
    said = ast.get_docstring(ast.parse((folder / "__init__.py").read_text("utf-8"))) or ""
    assert len(list(filter(None, said.splitlines()))) >= SHORTEST_DOCSTRING
    begin = re.search(r"Start\s+with\s+`(\w+)`\.", said)
    assert begin is not None
    places = (folder / f"{begin[1]}.py", folder / begin[1])
    assert any(map(Path.exists, places)) or begin[1] in timetrial.__all__


def test_only_the_command_line_prints_exits_or_changes_directory() -> None:
    offenders = [
        f"{name_of(file)} (line {line}): {deed}"
        for file in modules()
        if file.parent != PACKAGE / "cli" and file not in OWN_PROGRAMS
        for line, deed in _deeds(file)
    ]
    assert not offenders, "\n".join(offenders)


def _deeds(file: Path) -> Iterator[tuple[int, str]]:
    for node in nodes_of(file):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id in SPEAKING:
                yield node.lineno, f"calls {node.func.id}()"
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if (node.value.id, node.attr) in ACTING:
                yield node.lineno, f"uses {node.value.id}.{node.attr}"
        elif isinstance(node, ast.Raise) and "SystemExit" in ast.dump(node):
            yield node.lineno, "raises SystemExit"


def test_no_command_of_click_invokes_another() -> None:
    """What a command does is a function below it, which others call and get a record from."""
    offenders = [
        f"{name_of(file)} (line {node.lineno})"
        for file in modules()
        for node in nodes_of(file)
        if isinstance(node, ast.Attribute) and node.attr in {"invoke", "forward"}
    ]
    assert not offenders, "\n".join(offenders)


def test_verbs_leave_what_is_of_the_whole_process_alone() -> None:
    """Signals, arguments and standard output are the command line's own."""
    offenders = [
        f"{name_of(file)} (line {line}) uses {deed}"
        for file in modules()
        if name_of(file).partition(".")[0] == "verbs"
        for line, deed in _touched(file)
    ]
    assert not offenders, "\n".join(offenders)


def _touched(file: Path) -> Iterator[tuple[int, str]]:
    for node in nodes_of(file):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.value.id == "signal" or (node.value.id, node.attr) == ("sys", "argv"):
                yield node.lineno, f"{node.value.id}.{node.attr}"
        elif isinstance(node, ast.Import | ast.ImportFrom):
            named = getattr(node, "module", None) or ""
            names = [named, *(alias.name for alias in node.names)]
            for name in names:
                if name.partition(".")[0] in {"click", "rich", "signal"}:
                    yield node.lineno, name


def test_apps_know_nothing_of_timetrial() -> None:
    offenders = [
        f"{file.relative_to(APPS)}:{line} imports {imported}"
        for file in sorted(APPS.rglob("*.py"))
        for line, imported in imports_in(file)
        if imported.partition(".")[0] == "timetrial"
    ]
    assert not offenders, "\n".join(offenders)


def test_no_function_takes_many_arguments() -> None:
    crowded = [
        f"{name_of(file)}.{node.name} (line {node.lineno}) takes {number}"
        for file in modules()
        for node in nodes_of(file)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if (number := _arguments(node)) > MOST_ARGUMENTS
    ]
    assert not crowded, "\n".join(crowded)


def _arguments(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count them without the object or class that a method belongs to."""
    given = function.args
    names = [each.arg for each in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
    return len([name for name in names if name not in {"self", "cls"}])


def test_no_module_is_long() -> None:
    files = [
        file
        for folder, kind in (("src", "*.py"), ("tests", "*.py"), ("engine", "*.rs"))
        for file in (ROOT / folder).rglob(kind)
        if "target" not in file.parts
    ]
    lengths = {file: len(file.read_text("utf-8").splitlines()) for file in files}
    long = [
        f"{file.relative_to(ROOT)} has {lines} lines"
        for file, lines in sorted(lengths.items())
        if lines > LONGEST
    ]
    assert not long, "\n".join(long)
