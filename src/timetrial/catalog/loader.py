"""Reads catalogs: the built-in one, and a user's folder."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from pydantic import ValidationError
from pydantic_core import to_json

from timetrial.catalog import problems
from timetrial.catalog.manifest import Manifest
from timetrial.catalog.registry import App, BackingService, Catalog, Server
from timetrial.catalog.schema import (
    AppManifest,
    ServerManifest,
)
from timetrial.catalog.service_schema import ServiceManifest
from timetrial.catalog.services import check_services_of_app
from timetrial.catalog.suite_schema import SuiteManifest
from timetrial.catalog.suites import check_references
from timetrial.catalog.workloads import read_workloads
from timetrial.model import BadInput, Interface, ManifestError, UnknownName

BUILT_IN = Path(__file__).parent
LOCK = "requirements.txt"

_Model = TypeVar("_Model", bound=Manifest)
_Entry = TypeVar("_Entry")


def load_catalog(folder: Path | None = None) -> Catalog:
    """Read the built-in catalog, and the user's folder of the same layout, if given.

    Raises BadInput for a folder without manifests, and ManifestError.
    """
    return _built_in() if folder is None else _load([BUILT_IN, _user_folder(folder)])


@cache
def _built_in() -> Catalog:
    """Read the built-in catalog once: it does not change while a program runs."""
    return _load([BUILT_IN])


def _load(folders: list[Path]) -> Catalog:
    suites = _each(read_suite, _files(folders, "suites/*.toml"))
    servers = _each(read_server, _files(folders, "servers/*.toml"))
    apps = _each(read_app, _files(folders, "apps/*/app.toml"))
    _named({**servers, **{file: app for file, app in apps.items() if app.program is not None}})
    catalog = Catalog(
        servers=_named(servers),
        apps=_named(apps),
        suites=_named(suites),
        locks=_locks(folders),
        services=_named(_each(read_service, _files(folders, "services/*.toml"))),
        service_locks=_locks([folder / "services" for folder in folders]),
    )
    for file, server in servers.items():
        _check_variant(file, server, catalog)
    for app in catalog.apps.values():
        check_services_of_app(app, catalog)
    for file, suite in suites.items():
        check_references(file, suite, catalog)
    return catalog


def _each(read: Callable[[Path], _Entry], files: list[Path]) -> dict[Path, _Entry]:
    return {file: _kept(read, file) if BUILT_IN in file.parents else read(file) for file in files}


@cache
def _kept(read: Callable[[Path], _Entry], file: Path) -> _Entry:
    """Read a file of the built-in catalog once, whichever folders are read beside it."""
    return read(file)


def read_server(file: Path) -> Server:
    manifest = read_manifest(file, ServerManifest)
    _check_name(file, manifest.name, file.stem)
    lock = file.with_suffix(f".{LOCK}").absolute()
    locks = (lock,) if lock.is_file() else ()
    return Server(folder=file.parent.absolute(), locks=locks, **dict(manifest))


def read_service(file: Path) -> BackingService:
    manifest = read_manifest(file, ServiceManifest)
    _check_name(file, manifest.name, file.stem)
    return BackingService(folder=file.parent.absolute(), **dict(manifest))


def read_app(file: Path) -> App:
    manifest = read_manifest(file, AppManifest)
    folder = file.parent.absolute()
    _check_name(file, manifest.name, folder.name)
    interfaces: dict[Interface, str] = dict(manifest.interfaces.items())
    program = None
    if manifest.program is not None:
        interfaces["program"] = manifest.name
        program = Server(
            name=manifest.name,
            title=manifest.title,
            interface="program",
            folder=folder,
            **dict(manifest.program),
        )
    return App(
        name=manifest.name,
        title=manifest.title,
        folder=folder,
        packages=manifest.packages,
        interfaces=interfaces,
        env=manifest.env,
        setup=manifest.setup,
        workloads=read_workloads(file, manifest.workloads, interfaces.keys(), "the app"),
        program=program,
        locks=_locks([folder]),
        services=manifest.services,
    )


def read_suite(file: Path) -> SuiteManifest:
    manifest = read_manifest(file, SuiteManifest)
    _check_name(file, manifest.name, file.stem)
    return manifest


def _user_folder(folder: Path) -> Path:
    layout = ("servers/*.toml", "apps/*/app.toml", "suites/*.toml", "services/*.toml")
    if not any(_files([folder], pattern) for pattern in layout):
        raise BadInput(f"the catalog folder {str(folder)!r} has no {', '.join(layout)}")
    return folder


def _files(folders: list[Path], pattern: str) -> list[Path]:
    return [file for folder in folders for file in sorted(folder.glob(pattern))]


def _locks(folders: list[Path]) -> tuple[Path, ...]:
    return tuple(lock for folder in reversed(folders) if (lock := folder / LOCK).is_file())


def _named(entries: Mapping[Path, _Entry]) -> Mapping[str, _Entry]:
    files: dict[str, Path] = {}
    named: dict[str, _Entry] = {}
    for file, entry in entries.items():
        name = str(getattr(entry, "name"))  # noqa: B009 - all entries have one, without a common type
        if name in named:
            raise ManifestError(file, "name", f"{name!r} is the name of {files[name]} already")
        files[name] = file
        named[name] = entry
    return MappingProxyType(named)


def _check_variant(file: Path, server: Server, catalog: Catalog) -> None:
    if server.variant_of is not None and server.variant_of not in catalog.servers:
        unknown = UnknownName("server", server.variant_of, catalog.servers)
        raise ManifestError(file, "variant_of", str(unknown))


def _check_name(file: Path, name: str, expected: str) -> None:
    if name != expected:
        raise ManifestError(file, "name", f"{name!r} must be {expected!r}, as the file is called")


def read_manifest(file: Path, model: type[_Model]) -> _Model:
    """Read a TOML file by its schema. Raises ManifestError."""
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ManifestError(
            file, None, f"is not UTF-8: byte {error.start} cannot be read"
        ) from None
    except OSError as error:
        raise ManifestError(file, None, f"cannot be read: {error.strerror}") from None
    try:
        # Via JSON, because strict Python input accepts no list for a tuple.
        return model.model_validate_json(to_json(tomllib.loads(text)))
    except tomllib.TOMLDecodeError as error:
        raise problems.malformed(file, text, error) from None
    except ValidationError as error:
        raise problems.invalid(file, model, error) from None
