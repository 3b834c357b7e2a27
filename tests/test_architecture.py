"""Imports point one way, only the command line prints, and modules stay readable."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "src" / "timetrial"
APPS = PACKAGE / "catalog" / "apps"
LONGEST = 400
MOST_ARGUMENTS = 7

LAYERS: tuple[tuple[str, ...], ...] = (
    ("__init__", "_engine"),
    ("text", "units", "metrics", "errors", "template", "secrecy", "missing"),
    (
        "clock",
        "workload",
        "load",
        "delay",
        "fault",
        "limit",
        "service",
        "goal",
        "raced",
        "suite",
        "stop",
        "duet",
        "tool",
        "trial",
        "plan",
        "measurement",
        "configuration",
        "machine_settings",
        "warming",
        "fitness",
        "machine_facts",
        "finding",
        "lifecycle",
    ),
    ("run", "summary", "digest", "run_comparison", "events"),
    (
        "control",
        "preflight",
        "stats",
        "checks",
        "parts",
        "configuration_facts",
        "differences",
        "compare",
        "histories",
        "contenders",
        "summarize",
        "stopping",
        "gate",
        "pilot",
        "runner.pace",
        "lifecycle.disturbance",
        "lifecycle.judge",
        "lifecycle.portrait",
        "published",
        "capacity",
    ),
    ("address", "catalog", "stacks", "drivers", "store"),
    (
        "engine",
        "calibration",
        "diagnosis",
        "services",
        "project",
        "requests",
        "race",
        "versions",
        "tuning",
    ),
    ("runner",),
    ("reports", "verbs"),
    ("web",),
    ("cli",),
)
"""From the bottom up: a module imports from its own line and from those above it."""
FOR_TYPES_ALONE = {("errors", "measurement")}
"""Imports under TYPE_CHECKING that would point the other way."""
OWN_PROGRAMS = {
    PACKAGE / "stacks" / "keeper.py",
    PACKAGE / "stacks" / "import_target.py",
    PACKAGE / "project" / "inside" / "timetrial_look.py",
    PACKAGE / "services" / "stand_in.py",
    PACKAGE / "services" / "unprivileged.py",
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


def layer_of(module: str) -> int:
    layers = {name: index for index, names in enumerate(LAYERS) for name in names}
    fitting = [name for name in layers if module == name or module.startswith(f"{name}.")]
    assert fitting, f"{module} stands in no layer: add it to LAYERS"
    return layers[max(fitting, key=len)]


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


def test_imports_point_one_way() -> None:
    offenders = [
        f"{name_of(file)} (line {line}) imports {imported}"
        for file in modules()
        for line, imported in imports_in(file)
        if imported.startswith("timetrial.")
        for target in (imported.removeprefix("timetrial."),)
        if (name_of(file), target) not in FOR_TYPES_ALONE
        if layer_of(target) > layer_of(name_of(file))
    ]
    assert not offenders, "\n".join(offenders)


def test_no_two_modules_import_each_other() -> None:
    pairs = {
        (name_of(file), imported.removeprefix("timetrial."))
        for file in modules()
        for _, imported in imports_in(file)
    }
    mutual = {(one, other) for one, other in pairs if one < other and (other, one) in pairs}
    assert not mutual


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
