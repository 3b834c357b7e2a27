"""Which app it is: the places where it may be are imported one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from timetrial.model.errors import BadInput
from timetrial.model.events import ImportingApp, Observer
from timetrial.model.workload import Interface
from timetrial.project.app_errors import Circumstances, refusal
from timetrial.project.app_location import Place
from timetrial.project.app_options import AppOptions
from timetrial.project.django import VARIABLE, targets_of
from timetrial.project.entry_points import Entry
from timetrial.project.factory_shim import TARGET
from timetrial.project.import_probe import Question, Seen, look

_MOST_NAMED = 4
_SIBLING: Mapping[Interface, Interface] = {"wsgi": "asgi", "asgi": "wsgi"}


@dataclass(frozen=True, slots=True)
class Found:
    """An app that can be served."""

    targets: Mapping[Interface, str]
    seen: Seen
    """Of the first of them."""
    factory: str = ""
    """What makes it, where the targets lead to the module that calls it."""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Looker:
    """Imports targets, and refuses those that cannot be served."""

    python: Path
    env: Mapping[str, str]
    """The whole environment of such a process."""
    python_note: str
    app_options: AppOptions
    observer: Observer

    def see(self, root: Path, question: Question, env: Mapping[str, str] | None = None) -> Seen:
        """Look at one target. Raises BadInput for what cannot be served."""
        self.observer(ImportingApp(question.target))
        seen = look(question, self.python, root, {**self.env, **(env or {})})
        at = Circumstances(
            question.target, root, self.python_note, self.env, self.app_options.env_file
        )
        wrong = refusal(seen, at) if not question.settings or seen.problem else None
        if wrong is not None:
            raise wrong
        return seen


def find_app(place: Place, looker: Looker) -> Found:
    """Import what may be the app. Raises BadInput if none can be served, or more than one."""
    if place.settings:
        return _of_django(place, looker)
    if len(place.entries) > 1:
        return _of_several(place, looker)
    entry = place.entries[0]
    seen = looker.see(place.root, _question(entry, is_factory=looker.app_options.factory))
    if looker.app_options.factory:
        targets = dict.fromkeys(seen.interfaces, TARGET)
        return Found(targets, seen, seen.target, tuple(_notes(seen)))
    sibling = _sibling_note(place, entry, seen)
    return Found(dict.fromkeys(seen.interfaces, seen.target), seen, notes=(*_notes(seen), *sibling))


def _question(entry: Entry, *, is_factory: bool) -> Question:
    if len(entry.names) == 1:
        return Question(f"{entry.module}:{entry.names[0]}", factory=is_factory)
    return Question(entry.module, entry.names, factory=is_factory)


def _of_several(place: Place, looker: Looker) -> Found:
    """Take modules together that have one app for each interface, as wsgi.py and asgi.py do."""
    kinds = [entry.module.rpartition(".")[2] for entry in place.entries]
    if sorted(kinds) != ["asgi", "wsgi"] or looker.app_options.factory:
        raise BadInput(_ambiguous(place.root, place.entries))
    both = [looker.see(place.root, _question(entry, is_factory=False)) for entry in place.entries]
    targets = {interface: seen.target for seen in both for interface in seen.interfaces}
    if len(set(targets.values())) < len(both):
        raise BadInput(_ambiguous(place.root, place.entries))
    return Found(targets, both[0], notes=tuple(_notes(both[0])))


def _ambiguous(root: Path, entries: Sequence[Entry]) -> str:
    names = [f"'{entry.module}:{entry.names[0]}'" for entry in entries]
    more = f" or one of {len(names) - _MOST_NAMED} others" if len(names) > _MOST_NAMED else ""
    return f"{root} has more than one app: name {' or '.join(names[:_MOST_NAMED])}{more}"


def _of_django(place: Place, looker: Looker) -> Found:
    """Take what the settings name, and what lies where Django puts it."""
    settings = {VARIABLE: looker.env.get(VARIABLE, place.settings)}
    named = looker.see(place.root, Question(settings[VARIABLE], settings=True), settings)
    targets = targets_of(place.root, settings[VARIABLE], named.wsgi, named.asgi)
    found: dict[Interface, Seen] = {}
    refused: dict[str, BadInput] = {}
    for target in targets.values():
        try:
            seen = looker.see(place.root, Question(target))
        except BadInput as error:
            refused[target] = error
        else:
            found.update(dict.fromkeys(seen.interfaces, seen))
    if not found:
        raise next(
            iter(refused.values()),
            BadInput(f"the settings {settings[VARIABLE]!r} name no WSGI_APPLICATION"),
        )
    first = next(iter(found.values()))
    left_out = (f"{target!r} takes no part: {error}." for target, error in refused.items())
    return Found(
        {interface: seen.target for interface, seen in found.items()},
        first,
        notes=(*_notes(first), *left_out),
    )


def _sibling_note(place: Place, entry: Entry, seen: Seen) -> Iterator[str]:
    """Tell of the same project's app for the other interface, which was not asked for."""
    package, _, module = entry.module.rpartition(".")
    other = next((theirs for own, theirs in _SIBLING.items() if own == module), None)
    if other is None or module not in seen.interfaces or not seen.framework.startswith("Django"):
        return
    if (entry.path or place.root).joinpath(*package.split("."), f"{other}.py").is_file():
        beside = f"{package}.{other}" if package else other
        yield (
            f"The project has '{beside}:application' too, for {other.upper()}: name the folder "
            "instead of the module to race both."
        )


def _notes(seen: Seen) -> Iterator[str]:
    if seen.debug:
        yield (
            "It runs in debug mode, which makes apps slow and hungry for memory; switch that off "
            "to measure what production does."
        )
    hosts = seen.allowed_hosts
    if hosts is not None and not seen.debug and not {"*", "127.0.0.1"} & set(hosts):
        yield (
            "ALLOWED_HOSTS does not list 127.0.0.1, so that every request will be answered with "
            "400; add it for the race."
        )
