"""The services of a run, and their settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from timetrial.catalog.registry import App, Catalog
from timetrial.model import ManifestError, Service, UnknownName, Workload

Settings = Mapping[str, Mapping[str, str]]
"""Values by service and name of the setting."""


def needed_services(apps: Iterable[App], workloads: Iterable[Workload]) -> tuple[str, ...]:
    """List the services of these apps and workloads, each once."""
    of_apps = (name for app in apps for name in app.services)
    of_workloads = (name for workload in workloads for name in workload.services)
    return tuple(dict.fromkeys((*of_apps, *of_workloads)))


def with_settings(name: str, settings: Settings, catalog: Catalog) -> Service:
    """Complete the settings of a service with the defaults of its manifest."""
    defaults = {key: setting.default for key, setting in catalog.service(name).settings.items()}
    return Service(name, {**defaults, **settings.get(name, {})})


def check_services_of_app(app: App, catalog: Catalog) -> None:
    """Raise ManifestError for the first service that is not in the catalog."""
    file = app.folder / "app.toml"
    _check_known(file, "services", app.services, catalog)
    for workload in app.workloads.values():
        _check_known(file, f"workloads.{workload.name}.services", workload.services, catalog)


def check_settings(
    file: Path, settings: Settings, needed: tuple[str, ...], catalog: Catalog
) -> None:
    """Raise ManifestError for the first unknown or invalid setting of a suite."""
    for name, values in settings.items():
        if name not in needed:
            listed = ", ".join(needed) or "none"
            problem = f"the services of this suite's apps and workloads are: {listed}"
            raise ManifestError(file, f"services.{name}", problem)
        known = catalog.service(name).settings
        for key, value in values.items():
            if key not in known:
                unknown = UnknownName(f"setting of {name!r}", key, known)
                raise ManifestError(file, f"services.{name}.{key}", str(unknown))
            problem_of_value = known[key].problem(value)
            if problem_of_value:
                raise ManifestError(file, f"services.{name}.{key}", f"{value!r} {problem_of_value}")


def _check_known(file: Path, key: str, names: Iterable[str], catalog: Catalog) -> None:
    for name in names:
        try:
            catalog.service(name)
        except UnknownName as unknown:
            raise ManifestError(file, key, str(unknown)) from None
