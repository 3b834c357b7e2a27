"""Which app is meant: the modules that may define it are imported one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from timetrial.model import BadInput, ImportingApp, Interface, Observer
from timetrial.project.app_errors import ImportContext, app_error
from timetrial.project.app_location import AppLocation
from timetrial.project.app_options import AppOptions
from timetrial.project.django import VARIABLE, targets_of
from timetrial.project.entry_points import Entry
from timetrial.project.factory_shim import TARGET
from timetrial.project.import_probe import ProbeRequest, ProbeResult, run_probe

_MOST_NAMED = 4
_SIBLING = {"wsgi": "asgi", "asgi": "wsgi"}
"""By the usual name of a module: that of the other interface."""


@dataclass(frozen=True, slots=True)
class ImportedApp:
    """An app that was imported and can be served."""

    targets: Mapping[Interface, str]
    result: ProbeResult
    """Of the first target."""
    factory: str = ""
    """The factory that makes the app; the targets then name a module that calls it."""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AppImporter:
    """Imports targets, and refuses those that cannot be served."""

    python: Path
    env: Mapping[str, str]
    """The whole environment of the process that imports."""
    python_note: str
    app_options: AppOptions
    observer: Observer

    def probe(
        self, root: Path, request: ProbeRequest, env: Mapping[str, str] | None = None
    ) -> ProbeResult:
        """Import one target. Raises BadInput for an app that cannot be served."""
        self.observer(ImportingApp(request.target))
        whole_env = {**self.env, **(env or {})}
        result = run_probe(request, self.python, root, whole_env, self.app_options.start_timeout_s)
        context = ImportContext(
            request.target, root, self.python_note, self.env, self.app_options.env_file
        )
        wrong = app_error(result, context) if not request.settings or result.problem else None
        if wrong is not None:
            raise wrong
        return result


def find_app(location: AppLocation, importer: AppImporter) -> ImportedApp:
    """Import what may be the app. Raises BadInput unless exactly one can be served."""
    if location.settings:
        return _of_django(location, importer)
    if len(location.entries) > 1:
        return _of_several(location, importer)
    entry = location.entries[0]
    result = importer.probe(
        location.root, _probe_request(entry, is_factory=importer.app_options.factory)
    )
    if importer.app_options.factory:
        targets = dict.fromkeys(result.interfaces, TARGET)
        return ImportedApp(targets, result, result.target, tuple(_notes(result)))
    sibling = _sibling_note(location, entry, result)
    return ImportedApp(
        dict.fromkeys(result.interfaces, result.target), result, notes=(*_notes(result), *sibling)
    )


def _probe_request(entry: Entry, *, is_factory: bool) -> ProbeRequest:
    if len(entry.names) == 1:
        return ProbeRequest(f"{entry.module}:{entry.names[0]}", factory=is_factory)
    return ProbeRequest(entry.module, entry.names, factory=is_factory)


def _of_several(location: AppLocation, importer: AppImporter) -> ImportedApp:
    """Combine modules that define one app for each interface, as wsgi.py and asgi.py do."""
    kinds = [entry.module.rpartition(".")[2] for entry in location.entries]
    if sorted(kinds) != ["asgi", "wsgi"] or importer.app_options.factory:
        raise BadInput(_ambiguous(location.root, location.entries))
    both = [
        importer.probe(location.root, _probe_request(entry, is_factory=False))
        for entry in location.entries
    ]
    targets = {interface: result.target for result in both for interface in result.interfaces}
    if len(set(targets.values())) < len(both):
        raise BadInput(_ambiguous(location.root, location.entries))
    return ImportedApp(targets, both[0], notes=tuple(_notes(both[0])))


def _ambiguous(root: Path, entries: Sequence[Entry]) -> str:
    names = [f"'{entry.module}:{entry.names[0]}'" for entry in entries]
    more = f" or one of {len(names) - _MOST_NAMED} others" if len(names) > _MOST_NAMED else ""
    return f"{root} has more than one app: name {' or '.join(names[:_MOST_NAMED])}{more}"


def _of_django(location: AppLocation, importer: AppImporter) -> ImportedApp:
    """Import the apps that the settings name, and those in the usual modules of Django."""
    settings = {VARIABLE: importer.env.get(VARIABLE, location.settings)}
    named = importer.probe(location.root, ProbeRequest(settings[VARIABLE], settings=True), settings)
    targets = targets_of(location.root, settings[VARIABLE], named.wsgi, named.asgi)
    found: dict[Interface, ProbeResult] = {}
    refused: dict[str, BadInput] = {}
    for target in targets.values():
        try:
            result = importer.probe(location.root, ProbeRequest(target))
        except BadInput as error:
            refused[target] = error
        else:
            found.update(dict.fromkeys(result.interfaces, result))
    if not found:
        raise next(
            iter(refused.values()),
            BadInput(f"the settings {settings[VARIABLE]!r} name no WSGI_APPLICATION"),
        )
    first = next(iter(found.values()))
    left_out = (f"{target!r} takes no part: {error}." for target, error in refused.items())
    return ImportedApp(
        {interface: result.target for interface, result in found.items()},
        first,
        notes=(*_notes(first), *left_out),
    )


def _sibling_note(location: AppLocation, entry: Entry, result: ProbeResult) -> Iterator[str]:
    """Mention the project's app for the other interface, which the user did not name."""
    package, _, module = entry.module.rpartition(".")
    other = _SIBLING.get(module)
    if (
        other is None
        or module not in result.interfaces
        or not result.framework.startswith("Django")
    ):
        return
    if (entry.path or location.root).joinpath(*package.split("."), f"{other}.py").is_file():
        beside = f"{package}.{other}" if package else other
        yield (
            f"The project has '{beside}:application' too, for {other.upper()}: name the folder "
            "instead of the module to race both."
        )


def _notes(result: ProbeResult) -> Iterator[str]:
    if result.debug:
        yield (
            "It runs in debug mode, which makes apps slow and hungry for memory; switch that off "
            "to measure what production does."
        )
    hosts = result.allowed_hosts
    if hosts is not None and not result.debug and not {"*", "127.0.0.1"} & set(hosts):
        named = allowed_host(result)
        how = f"say --header 'Host: {named}', or add" if named else "add"
        yield (
            "ALLOWED_HOSTS does not list 127.0.0.1, so that every request will be answered with "
            f"400; {how} it for the race."
        )


def allowed_host(result: ProbeResult) -> str:
    """Return the first host that the app answers by name; '' where it names none."""
    hosts = result.allowed_hosts or ()
    return next((host.removeprefix(".") for host in hosts if host.strip(".*")), "")
