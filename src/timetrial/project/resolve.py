"""From what a user says of an app to all that servers need to know of it."""

from __future__ import annotations

import dataclasses
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from timetrial.catalog.registry import App, Catalog
from timetrial.catalog.services import with_settings
from timetrial.machine.placement import available_cpus
from timetrial.model.events import EnvironmentBuilding, Event, Observer
from timetrial.project.app_import import AppImporter, ImportedApp, find_app
from timetrial.project.app_location import AppLocation, find_app_location
from timetrial.project.app_options import AppOptions
from timetrial.project.factory_shim import write_shim
from timetrial.project.project import Project
from timetrial.project.pythons import PythonChoice, choose_python
from timetrial.project.requirements import own_environment
from timetrial.project.variables import commands_of, replaced_variables, variables_of, with_folders
from timetrial.stacks.environment import Environment, Environments
from timetrial.stacks.launch_builder import process_env
from timetrial.stacks.services.client import Access
from timetrial.stacks.services.services import running_services

_UNTELLING = {"main", "app", "wsgi", "asgi", "application", "server", "api", "run", "src", "config"}
"""Names of modules and folders that say nothing of the app."""


def _silent(_event: Event) -> None:
    pass


def find_project(  # noqa: PLR0913 - what it may look at is handed over, each for itself
    app_options: AppOptions,
    catalog: Catalog,
    cache: Path,
    *,
    virtual_env: Path | None = None,
    external: Mapping[str, Access] | None = None,
    observer: Observer = _silent,
) -> Project:
    """Find the app, the Python that it runs on and, by importing it once, what it speaks.

    `virtual_env` is the active environment, `external` are services that stand for those that
    would be started; the app's services are there while it is imported. Nothing is written to the
    project. Raises BadInput (AppImportError has the user's part of the traceback) for what cannot
    be used, and ServiceFailed.
    """
    for name in app_options.services:
        catalog.service(name)
    setup, variables = commands_of(app_options), variables_of(app_options)
    location = find_app_location(app_options, variables)
    env = with_folders(variables, [entry.path for entry in location.entries if entry.path])
    choice = choose_python(app_options.python, location.folders, virtual_env)
    python = _environment(choice, cache, observer)
    services = {name: (external or {}).get(name) for name in app_options.services}
    app = _app_to_import(location, env)
    with (
        tempfile.TemporaryDirectory(prefix="timetrial-look-") as work,
        _beside_services(
            app, services, catalog, cache=cache, work=Path(work), observer=observer
        ) as filled,
    ):
        looked_with = {**process_env(python, filled, Path(work)), **_users_own_packages()}
        found = find_app(
            location, AppImporter(python.python, looked_with, choice.note, app_options, observer)
        )
    project = _project(location.root, _name(location, found), python.python, found)
    return dataclasses.replace(
        project,
        env=with_folders(env, [write_shim(found.factory, cache)]) if found.factory else env,
        setup=setup,
        services=app_options.services,
        notes=(choice.note, *_replacements(app_options), *found.notes),
    )


def _project(root: Path, name: str, python: Path, found: ImportedApp) -> Project:
    result = found.result
    return Project(
        name=name,
        root=root,
        targets=found.targets,
        python=python,
        python_version=result.python,
        site_folders=result.site_folders,
        installed=result.installed,
        framework=result.framework,
        factory=found.factory,
    )


def _environment(choice: PythonChoice, cache: Path, observer: Observer) -> Environment:
    if choice.has_packages:
        return Environment(choice.python, choice.python.parent, (), "")
    if choice.requirements is not None:
        observer(EnvironmentBuilding(f"what {choice.requirements.file.name} asks for", 1, 1))
    return own_environment(choice.python, choice.requirements, cache)


def _users_own_packages() -> dict[str, str]:
    """Say where `pip install --user` puts them: HOME is another one for the app."""
    return {"PYTHONUSERBASE": os.environ.get("PYTHONUSERBASE") or str(Path.home() / ".local")}


def _app_to_import(location: AppLocation, env: Mapping[str, str]) -> App:
    """Make as much of an app as its environment needs."""
    return App(
        name="project", title="", folder=location.root, packages=(), interfaces={}, env=env,
        setup=(), workloads={},
    )  # fmt: skip


@contextmanager
def _beside_services(  # noqa: PLR0913 - as many as a start of services needs
    app: App,
    services: Mapping[str, Access | None],
    catalog: Catalog,
    *,
    cache: Path,
    work: Path,
    observer: Observer,
) -> Iterator[App]:
    """Fill in the URLs of the app's services, which run meanwhile."""
    with running_services(
        [with_settings(name, {}, catalog) for name in services],
        catalog,
        Environments(cache),
        work_dir=work,
        cpus=available_cpus(),
        external={name: access for name, access in services.items() if access is not None},
        observer=observer,
    ) as running:
        alone = dataclasses.replace(catalog, apps={app.name: app})
        yield running.fill_in(alone).app(app.name)


def _name(location: AppLocation, found: ImportedApp) -> str:
    """Call it by its module, or by its folder where the module could be anybody's."""
    target = found.factory or next(iter(found.targets.values()))
    parts = [part for part in target.partition(":")[0].split(".") if part not in _UNTELLING]
    folders = [location.root.name, location.root.parent.name]
    telling = [name for name in (*parts[:1], *folders) if name and name not in _UNTELLING]
    name = telling[0] if telling else "app"
    return "".join(char if char.isalnum() or char in "._-" else "-" for char in name)


def _replacements(app_options: AppOptions) -> Iterator[str]:
    for name in replaced_variables(app_options):
        yield f"{name} of the env file is not used: a service of the run stands in for it."
