"""Which modules of a project may define the app, by their names and what they define."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

NAMES = ("application", "app", "asgi", "wsgi", "api")
"""The usual names of an app in its module."""
FACTORIES = ("create_app", "make_app", "build_app", "get_app", "create_application", "factory")
_FOR_SERVERS = ("wsgi", "asgi")
"""Modules for servers: they take precedence over others."""
_FILES = (*_FOR_SERVERS, "main", "app", "application", "server", "__init__")
_STAR = "*"
_LISTS = ("pyproject.toml", "requirements.txt", "setup.py", "Pipfile")
_NO_APPS = {
    "conftest", "setup", "tests", "test", "docs", "doc", "examples", "example", "scripts", "tools",
    "migrations", "node_modules", "venv", "env", "build", "dist", "static", "templates",
    "benchmarks",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """A module that may define an app or an app factory."""

    module: str
    names: tuple[str, ...]
    """Attributes that may be the app or the factory."""
    imports: frozenset[str] = frozenset()
    """Modules that it imports these names from."""
    path: Path | None = None
    """The folder that imports start from; None for the project's folder."""


def entries_in(folder: Path, names: tuple[str, ...] = NAMES) -> tuple[Entry, ...]:
    """Find the modules that define one of these names; the user chooses among several.

    The search stops at the first level with a result: the folder, its packages, `src`, the packages
    of `src`, and last the folder's other modules.
    """
    for base in (folder, folder / "src"):
        path = None if base == folder else base
        for level in ([(base, "")], _packages(base)):
            found = [
                entry for place, prefix in level for entry in _in_folder(place, prefix, names, path)
            ]
            if found:
                return tuple(_outermost(found))
    files = sorted(file.stem for file in folder.glob("*.py"))
    others = [stem for stem in files if stem.isidentifier() and stem not in _NO_APPS]
    return tuple(_outermost(_in_folder(folder, "", names, None, others)))


def entries_of_package(folder: Path, module: str, path: Path | None) -> tuple[Entry, ...]:
    """Find the modules in a package that define an app; the package itself takes precedence."""
    found = list(_in_folder(folder, f"{module}.", NAMES, path))
    itself = [entry for entry in found if entry.module == module]
    return tuple(itself or _outermost(found))


def entries_anywhere_in(package: Path, names: tuple[str, ...] = NAMES) -> tuple[Entry, ...]:
    """Find the modules of a package that define one of these names, whatever they are called."""
    stems = sorted({file.stem for file in package.glob("*.py")} - _NO_APPS - {"__init__"})
    return tuple(_outermost(_in_folder(package, f"{package.name}.", names, None, stems)))


def folders_of_code(folder: Path) -> list[Path]:
    """List the folders in this one that may hold code of the project."""
    try:
        folders = sorted(path for path in folder.iterdir() if path.is_dir())
    except OSError:
        return []
    return [
        path
        for path in folders
        if not path.name.startswith((".", "_"))
        and path.name not in _NO_APPS
        and not (path / "pyvenv.cfg").exists()
    ]


def _packages(base: Path) -> list[tuple[Path, str]]:
    if not base.is_dir():
        return []
    return [
        (folder, f"{folder.name}.")
        for folder in sorted(base.iterdir())
        if folder.name.isidentifier()
        and folder.name not in _NO_APPS
        and not (folder / "pyvenv.cfg").exists()
        and folder.is_dir()
        and not (folder.name == "src" and not (folder / "__init__.py").exists())
        and not _is_project_of_its_own(folder)
    ]


def _is_project_of_its_own(folder: Path) -> bool:
    """Whether imports start in this folder: it has requirements, and is no package."""
    has_list = any((folder / name).is_file() for name in _LISTS)
    return has_list and not (folder / "__init__.py").is_file()


def _in_folder(
    folder: Path,
    prefix: str,
    names: tuple[str, ...],
    path: Path | None,
    stems: Iterable[str] = _FILES,
) -> Iterator[Entry]:
    levels = prefix.count(".")
    root = folder.parents[levels - 1] if levels else folder
    for stem in stems:
        if stem == "__init__" and not prefix:
            continue
        module = prefix.rstrip(".") if stem == "__init__" else prefix + stem
        defined = _defined_in(folder / f"{stem}.py", root)
        found = tuple(name for name in names if name in defined)
        if found:
            sources = (defined[name].lstrip(".") for name in found)
            yield Entry(module, found, frozenset(filter(None, sources)), path)


def _defined_in(file: Path, root: Path, seen: frozenset[Path] = frozenset()) -> dict[str, str]:
    """Map the names in a module to the modules that it imports them from; '' for its own.

    `root` is the folder that imports start from, `seen` the modules that import this one by `*`.
    """
    try:
        tree = ast.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return {}
    defined: dict[str, str] = {}
    for name, module in _defined_by(tree.body):
        if name != _STAR:
            defined[name] = module
            continue
        for star in _files_of(module, file, root):
            if star not in seen:
                public = _defined_in(star, root, seen | {file, star})
                defined |= {inner: module for inner in public if not inner.startswith("_")}
    return defined


def _files_of(module: str, importer: Path, root: Path) -> tuple[Path, ...]:
    """Return the files that may hold a module, which is named as in an import: '..shop.web'."""
    name = module.lstrip(".")
    dots = len(module) - len(name)
    folder = importer.parents[min(dots, len(importer.parents)) - 1] if dots else root
    place = folder.joinpath(*filter(None, name.split(".")))
    return (place / "__init__.py", place.with_suffix(".py")) if name else (place / "__init__.py",)


def _defined_by(body: Iterable[ast.stmt]) -> Iterator[tuple[str, str]]:
    for node in body:
        match node:
            case ast.Assign(targets=targets):
                yield from ((name.id, "") for name in targets if isinstance(name, ast.Name))
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr()):
                yield name, ""
            case ast.FunctionDef(name=name, args=args) | ast.AsyncFunctionDef(name=name, args=args):
                if name not in FACTORIES or _may_be_empty(args):
                    yield name, ""
            case ast.ImportFrom(module=module, names=names, level=level):
                source = "." * level + (module or "")
                yield from ((alias.asname or alias.name, source) for alias in names)
            case ast.Try(body=inner) | ast.With(body=inner):
                yield from _defined_by(inner)
            case ast.If(body=inner, orelse=other) if "__name__" not in ast.unparse(node.test):
                yield from _defined_by([*inner, *other])


def _may_be_empty(args: ast.arguments) -> bool:
    """Whether a function can be called without arguments, as factories are."""
    required = len(args.posonlyargs) + len(args.args) - len(args.defaults)
    return not required and None not in args.kw_defaults


def _outermost(found: Iterable[Entry]) -> list[Entry]:
    """Leave out modules that others import; keep only modules for servers if there are any."""
    found = list(found)
    imported = {name for entry in found for name in entry.imports}
    # A relative import does not name the package.
    names = {entry.module: {entry.module, entry.module.rpartition(".")[2]} for entry in found}
    kept = [entry for entry in found if not names[entry.module] & imported] or found
    for_servers = [entry for entry in kept if entry.module.rpartition(".")[2] in _FOR_SERVERS]
    return for_servers or kept
