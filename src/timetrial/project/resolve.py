"""From the options of an app to everything that servers need to run it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from timetrial.catalog.registry import App, Catalog
from timetrial.catalog.services import with_settings
from timetrial.machine.own_folder import OwnFolder
from timetrial.machine.placement import available_cpus
from timetrial.model import EnvironmentBuilding, Observer
from timetrial.project.app_import import AppImporter, ImportedApp, allowed_host, find_app
from timetrial.project.app_location import AppLocation, find_app_location
from timetrial.project.app_options import AppOptions
from timetrial.project.factory_shim import write_shim
from timetrial.project.own_environment import own_environment
from timetrial.project.project import Project
from timetrial.project.pythons import PythonChoice, choose_python
from timetrial.project.variables import commands_of, replaced_variables, variables_of, with_folders
from timetrial.stacks.environment import Environment, Environments
from timetrial.stacks.launch_builder import process_env
from timetrial.stacks.services.client import Access
from timetrial.stacks.services.services import running_services

_GENERIC = {"main", "app", "wsgi", "asgi", "application", "server", "api", "run", "src", "config"}
"""Names of modules and folders that do not identify an app."""


def find_project(  # noqa: PLR0913 - all inputs are passed, none is read from the surroundings
    app_options: AppOptions,
    catalog: Catalog,
    cache: Path,
    *,
    virtual_env: Path | None = None,
    of_uv: str = "",
    external: Mapping[str, Access] | None = None,
    observer: Observer = lambda _event: None,
) -> Project:
    """Find the app and its Python, and import it once to learn its interfaces.

    `virtual_env` is the active environment, `of_uv` where uv keeps those of projects. The app's
    services run while it is imported; those in `external`, by name, are used instead of being
    started. Nothing is written to the project. Raises BadInput for options that cannot be used
    (AppImportError has the user's part of the traceback), and ServiceFailed.
    """
    for name in app_options.services:
        catalog.service(name)
    setup, variables = commands_of(app_options), variables_of(app_options)
    location = find_app_location(app_options, variables)
    choice = choose_python(app_options.python, location.folders, virtual_env, of_uv)
    sources = choice.requirements.sources if choice.requirements is not None else ()
    paths = (entry.path for entry in location.entries if entry.path)
    env = with_folders(variables, [*paths, *sources])
    python = _environment(choice, cache, observer)
    external = external or {}
    # Only as much of an app as its environment needs.
    app = App(
        name="project", title="", folder=location.root, packages=(), interfaces={}, env=env,
        setup=(), workloads={},
    )  # fmt: skip
    # `pip install --user` puts packages there. HOME is another folder for the app.
    user_base = os.environ.get("PYTHONUSERBASE") or str(Path.home() / ".local")
    with (
        OwnFolder("look") as work,
        running_services(
            [with_settings(name, {}, catalog) for name in app_options.services],
            catalog,
            Environments(cache),
            work_dir=Path(work),
            cpus=available_cpus(),
            external={name: external[name] for name in app_options.services if name in external},
            observer=observer,
        ) as running,
    ):
        filled = running.fill_in(replace(catalog, apps={app.name: app})).app(app.name)
        import_env = {**process_env(python, filled, Path(work)), "PYTHONUSERBASE": user_base}
        found = find_app(
            location, AppImporter(python.python, import_env, choice.advice, app_options, observer)
        )
    replacements = (
        f"{name} of the env file is not used: a service of the run stands in for it."
        for name in replaced_variables(app_options)
    )
    return Project(
        name=_name(location, found),
        root=location.root,
        targets=found.targets,
        python=python.python,
        python_version=found.result.python,
        site_folders=found.result.site_folders,
        installed=found.result.installed,
        framework=found.result.framework,
        factory=found.factory,
        env=with_folders(env, [write_shim(found.factory, cache)]) if found.factory else env,
        setup=setup,
        services=app_options.services,
        start_timeout_s=app_options.start_timeout_s,
        host=allowed_host(found.result),
        notes=(choice.note, *replacements, *found.notes),
    )


def _environment(choice: PythonChoice, cache: Path, observer: Observer) -> Environment:
    if choice.has_packages:
        return Environment(choice.python, choice.python.parent, (), "")
    requirements = choice.requirements

    def installing() -> None:
        if requirements is not None:
            observer(EnvironmentBuilding(f"what {requirements.file.name} asks for", 1, 1))

    return own_environment(choice.python, requirements, cache, installing)


def _name(location: AppLocation, found: ImportedApp) -> str:
    """Name an app after its module, or after its folder if the module's name is generic."""
    target = found.factory or next(iter(found.targets.values()))
    parts = [part for part in target.partition(":")[0].split(".") if part not in _GENERIC]
    folders = [location.root.name, location.root.parent.name]
    specific = [name for name in (*parts[:1], *folders) if name and name not in _GENERIC]
    name = specific[0] if specific else "app"
    return "".join(char if char.isalnum() or char in "._-" else "-" for char in name)
