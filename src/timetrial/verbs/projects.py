"""Finds the project of a verb's options, and the services of the user's that a run takes."""

from __future__ import annotations

import dataclasses
import ssl
from collections.abc import Mapping, Sequence
from pathlib import Path

from timetrial.catalog.registry import Catalog
from timetrial.catalog.services import with_settings
from timetrial.features.race.suite import word
from timetrial.model import BadInput, Observer, Service
from timetrial.project.app_options import AppOptions
from timetrial.project.project import Project
from timetrial.project.pythons import active_environment, uv_environment
from timetrial.project.resolve import find_project
from timetrial.stacks.cache import cache_dir
from timetrial.stacks.services.client import Access
from timetrial.stacks.services.external import require_url
from timetrial.stacks.services.running import EXTERNAL
from timetrial.verbs.options.project import ProjectOptions
from timetrial.verbs.options.services import ServiceOptions


def app_options_of(options: ProjectOptions) -> AppOptions:
    """Return the options of one app. Raises BadInput for more than one Python."""
    if len(options.python) > 1:
        raise BadInput("--python is given twice; only a race takes several")
    return _on(next(iter(options.python), None), options)


def app_options_by_python(options: ProjectOptions) -> list[AppOptions]:
    """Return the options of the app on each Python; at least one."""
    return [_on(python, options) for python in options.python or (None,)]


def _on(python: str | None, options: ProjectOptions) -> AppOptions:
    return AppOptions(
        app=options.app,
        python=python,
        folder=options.folder,
        factory=options.factory,
        env_file=options.env_file,
        env=dict(options.variables),
        setup=options.setup,
        services=tuple(dict.fromkeys(options.services)),
        start_timeout_s=options.start_timeout,
    )


def external_services_of(
    app_options: AppOptions, catalog: Catalog, what: str, options: ServiceOptions
) -> Mapping[str, Access]:
    """Return access to the app's services that are not started here; `what` names their user."""
    services = [with_settings(name, {}, catalog) for name in app_options.services]
    return external_among(services, what, catalog, options)


def found_project(
    app_options: AppOptions, catalog: Catalog, external: Mapping[str, Access], observer: Observer
) -> Project:
    """Find a project and import it once; its name is one word."""
    project = find_project(
        app_options, catalog, cache_dir(),
        virtual_env=active_environment(), of_uv=uv_environment(), external=external,
        observer=observer,
    )  # fmt: skip
    return dataclasses.replace(project, name=word(project.name))


def external_among(
    services: Sequence[Service],
    whose: str,
    catalog: Catalog,
    options: ServiceOptions,
) -> Mapping[str, Access]:
    """Read the options, for services that are needed.

    Raises BadInput for one that there is no use for, or that lacks; `whose` names what has them.
    """
    needed = {service.name: service for service in services}
    given = options.urls()
    for name, url in given.items():
        if name not in needed:
            listed = ", ".join(needed) or "none"
            raise BadInput(f"--{name}: the services of {whose} are: {listed}")
        require_url(name, catalog.service(name).speaks, url)
    for name, service in needed.items():
        if service.version == EXTERNAL and name not in given:
            raise BadInput(
                f"the run was begun with an external {name!r}: give it with --{name} URL"
            )
    return {
        name: Access(url, ca=_authorities(options) if name == "upstream" else None)
        for name, url in given.items()
    }


def _authorities(options: ServiceOptions) -> Path | None:
    given = options.upstream_ca or ssl.get_default_verify_paths().cafile
    return None if given is None else Path(given)
