"""Which files a suite's values stand in, and what they say now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath

from timetrial.catalog.loader import read_suite
from timetrial.catalog.registry import Catalog
from timetrial.catalog.suite_schema import StackManifest, SuiteManifest
from timetrial.catalog.suites import check_references
from timetrial.catalog.workload_schema import INTERFACES
from timetrial.catalog.workloads import read_workloads
from timetrial.model import Benchmark, DraftSuite, Service, Stack, Workload
from timetrial.model.secret import Place

_BUILT_IN = PurePath("timetrial/catalog")


@dataclass(frozen=True, slots=True)
class FileValue:
    """A variable or a setting, as a file says it."""

    place: Place
    name: str
    value: str
    file: str


@dataclass(frozen=True, slots=True)
class SuiteFiles:
    """The files of a suite: its own, and those of its apps, servers and services."""

    catalog: Catalog
    folder: Path | None
    """That of --catalog."""
    manifest: SuiteManifest | None
    """None where it is not read again."""
    suite_file: str
    """As it is told to people; '' where there is no manifest."""

    def values(self, suite: DraftSuite) -> Iterator[FileValue]:
        """List the variables of apps and servers, and the settings of services."""
        for app in dict.fromkeys(stack.app for stack in suite.stacks):
            for name, value in self.catalog.app(app).env.items():
                yield FileValue("variable", name, value, self._of_app(app))
        for server in dict.fromkeys(stack.server for stack in suite.stacks):
            for name, value in self.catalog.server(server).env.items():
                yield FileValue("variable", name, value, self._of_server(server))
        for service in suite.services:
            yield from self._settings(service)

    def workloads_of(self, benchmark: Benchmark, suite: DraftSuite) -> list[Workload]:
        """List what the files say a benchmark's workload is: once, or once for each app."""
        name = benchmark.workload.name
        if self.manifest is not None and name in self.manifest.workloads:
            read = read_workloads(Path(), self.manifest.workloads, INTERFACES, "nobody")
            return [read[name]]
        apps = (self.catalog.app(app) for app in _apps(benchmark, suite))
        return [app.workloads[name] for app in apps if name in app.workloads]

    def file_of(self, workload: Workload, suite: DraftSuite) -> str:
        """Name the file of a suite's workload; of several, the first."""
        if self.manifest is not None and workload.name in self.manifest.workloads:
            return self.suite_file
        apps = (
            app
            for benchmark in suite.benchmarks
            if benchmark.workload == workload
            for app in _apps(benchmark, suite)
        )
        return self._of_app(next(apps))

    def alike(self, stack: Stack) -> list[StackManifest]:
        """List the suite's stacks of the same server and app."""
        if self.manifest is None:
            return []
        of_all = self.manifest.app
        return [
            wanted
            for wanted in self.manifest.all_stacks()
            if (wanted.app or of_all) == stack.app
            and (wanted.server or wanted.app or of_all) == stack.server
        ]

    def _settings(self, service: Service) -> Iterator[FileValue]:
        known = self.catalog.service(service.name).settings
        of_suite = {} if self.manifest is None else self.manifest.services.get(service.name, {})
        for key, setting in known.items():
            file = self.suite_file if key in of_suite else self._shown(f"services/{service.name}")
            value = of_suite.get(key, setting.default)
            yield FileValue("setting", f"{service.name}.{key}", value, file)

    def _of_app(self, name: str) -> str:
        return self._shown(f"apps/{name}/app")

    def _of_server(self, name: str) -> str:
        return self._of_app(name) if name in self.catalog.apps else self._shown(f"servers/{name}")

    def _shown(self, name: str) -> str:
        return shown_file(name, self.folder)


def shown_file(name: str, folder: Path | None) -> str:
    """Write where a file of the catalog lies: in the user's folder, or in Timetrial itself."""
    file = f"{name}.toml"
    return str((folder if folder and (folder / file).is_file() else _BUILT_IN) / file)


def found_suite(file: str, catalog: Catalog) -> SuiteManifest | None:
    """Read the suite that was told as this file; None where it is not found.

    Raises ManifestError.
    """
    path = Path(file)
    if path.is_file():
        manifest = read_suite(path)
        check_references(path, manifest, catalog)
        return manifest
    return catalog.suites.get(path.stem) if path.parent.name == "suites" else None


def _apps(benchmark: Benchmark, suite: DraftSuite) -> dict[str, None]:
    return dict.fromkeys(suite.stack(name).app for name in benchmark.stacks)
