"""Judges whether new code is worse than old: by a race of two commits, or by stored runs."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from timetrial.analysis.summarize import summarize
from timetrial.catalog.loader import load_catalog
from timetrial.features.gate.judgement import Gate, GateRule
from timetrial.features.gate.side_by_side import gate_side_by_side
from timetrial.features.gate.stored import Side, compared, gate_stored
from timetrial.features.race.eligible_servers import default_server
from timetrial.machine.own_folder import OwnFolder
from timetrial.model import (
    BY_OPTION,
    BadInput,
    BaseChosen,
    Observer,
    Run,
    ServerChosen,
    ServiceFailed,
    StoreError,
    unobserved,
)
from timetrial.project.app_location import find_app_location
from timetrial.project.variables import variables_of
from timetrial.project.versions.merge_base import require_difference, usual_base
from timetrial.project.versions.worktrees import WORKING_TREE
from timetrial.reports.compare import barriers
from timetrial.runner.session import Measured
from timetrial.store.intake import parsed
from timetrial.store.opening import read_run
from timetrial.store.store import Store
from timetrial.verbs.options.common import DEFAULT_STORE
from timetrial.verbs.options.gate import GateOptions
from timetrial.verbs.options.race import RaceOptions
from timetrial.verbs.projects import app_options_of, external_services_of, found_project
from timetrial.verbs.race import race

LATEST = "latest"

Chosen = BaseChosen | ServerChosen
Race = Callable[[RaceOptions, Observer], Measured]


@dataclass(frozen=True, slots=True)
class Gated:
    """The judgement of a gate, and the race that it ran, if any."""

    gate: Gate | None
    """None where the race was interrupted."""
    raced: Measured | None = None
    chosen: tuple[Chosen, ...] = ()
    """The base and the server that the gate has chosen itself."""


def gate(
    options: GateOptions, observer: Observer = unobserved, *, race_of_both: Race = race
) -> Gated:
    """Judge a race of an app at two commits, or stored runs.

    `race_of_both` runs the race. Raises BadInput for runs or revisions that cannot be compared,
    and the errors of the race.
    """
    metrics = tuple(BY_OPTION[name] for name in dict.fromkeys(options.metrics))
    terms = GateRule(metrics, options.max_regression, options.strict)
    if options.race is None:
        return Gated(_of_runs(options, terms))
    sides = _sides(options, options.race, observer)
    race_options = options.race.model_copy(
        update={"revisions": (sides.base, sides.head), "servers": sides.server}
    )
    raced = race_of_both(race_options, observer)
    if raced.ended_by is not None and not isinstance(raced.ended_by, ServiceFailed):
        return Gated(None, raced, sides.chosen)
    return Gated(_of_race(raced.run, terms), raced, sides.chosen)


@dataclass(frozen=True, slots=True)
class _Sides:
    """The two revisions that a gate compares, and the server that runs both."""

    base: str
    head: str
    server: str
    chosen: tuple[Chosen, ...]


def _sides(options: GateOptions, race_options: RaceOptions, observer: Observer) -> _Sides:
    """Choose a base and a server where none is named.

    Raises BadInput where there is none, or where both revisions are the same code.
    """
    chosen: list[Chosen] = []
    app_options = app_options_of(race_options)
    root = find_app_location(app_options, variables_of(app_options)).root
    head, base, server = options.head_rev or WORKING_TREE, options.base_rev, options.server
    if base is None:
        base = usual_base(root)
        chosen.append(BaseChosen(base))
    store = [] if "://" in options.store else [Path(options.store)]
    require_difference(root, base, head, [*options.written, *store])
    if server is None:
        catalog = load_catalog(race_options.catalog_dir)
        external = external_services_of(app_options, catalog, "this race", race_options)
        usual = default_server(catalog, found_project(app_options, catalog, external, observer))
        server = usual.server
        chosen.append(ServerChosen(server, usual.why))
    for choice in chosen:
        observer(choice)
    return _Sides(base, head, server, tuple(chosen))


def _of_race(run: Run, terms: GateRule) -> Gate:
    """Judge the newer of the two stacks of a race."""
    stacks = [stack.name for stack in run.plan.suite.stacks if stack.control_of is None]
    if len(stacks) != 2:  # noqa: PLR2004 - old and new
        raise BadInput(
            f"run {run.number} has {', '.join(stacks) or 'no stack'}, where one old and one new "
            "are to be compared: --server names one server"
        )
    old, new = stacks
    gate = gate_side_by_side(run, old, new, terms)
    return dataclasses.replace(gate, incomplete=bool(run.undeclared_failures()))


def _of_runs(options: GateOptions, terms: GateRule) -> Gate:
    if options.baseline is not None:
        return stored_gate(options, options.baseline, options.candidate or LATEST, terms)
    if options.old is None or options.new is None:
        raise BadInput("a gate of runs needs two to compare")
    run = read_run(options.store, options.run or LATEST)
    return gate_side_by_side(run, options.old, options.new, terms)


_OF_A_FILE = 0, -1
"""Numbers that no run of a store has."""


def stored_gate(options: GateOptions, baseline: str, candidate: str, terms: GateRule) -> Gate:
    """Read both runs and judge the candidate. Raises BadInput for runs that cannot be compared."""
    old, new = (
        _side(which, options.store, number)
        for which, number in zip((baseline, candidate), _OF_A_FILE, strict=True)
    )
    old_run, new_run = old.summary.run, new.summary.run
    if old_run.created_at == new_run.created_at and old_run.plan == new_run.plan:
        raise BadInput(f"{new.name} cannot be gated against itself: name another --baseline")
    comparison = compared(old, new, terms)
    why_not = barriers(comparison)
    if why_not and not options.anyway:
        raise BadInput(
            f"{old.name} and {new.name} cannot be compared: {why_not}; --anyway judges nevertheless"
        )
    if not comparison.cells:
        raise BadInput(f"{old.name} and {new.name} have no stack measured in the same benchmark")
    gate = gate_stored(old, new, comparison, terms)
    if why_not:
        warning = f"Judged although these figures are not comparable: {why_not}."
        gate = dataclasses.replace(gate, remarks=(warning, *gate.remarks))
    return gate


def _side(which: str, store: str, number_of_file: int) -> Side:
    """Read a run of the store, or one that `timetrial runs export` has written to a file."""
    if which == "latest" or which.isdecimal():
        run = read_run(store, which)
        return Side(f"run {run.number}", summarize(run))
    run = dataclasses.replace(_exported(Path(which)), number=number_of_file)
    return Side(which, summarize(run))


def _exported(file: Path) -> Run:
    if not file.exists():
        raise BadInput(
            f"{str(file)!r} is neither a run (its number, or 'latest') nor a file that "
            "`timetrial runs export` has written"
        )
    with OwnFolder() as folder:
        try:
            document = parsed(file.read_text("utf-8"))
            with Store.open(Path(folder) / DEFAULT_STORE) as store:
                return store.load(store.add_document(document))
        except OSError as error:
            raise BadInput(f"{str(file)!r} cannot be read: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise BadInput(f"{str(file)!r} cannot be a baseline: it is no JSON") from error
        except (BadInput, StoreError) as error:
            raise BadInput(f"{str(file)!r} cannot be a baseline: {error}") from error
