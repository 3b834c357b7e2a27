"""Whether what is new is worse than what was: of a race of two commits, or of stored runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from timetrial.catalog.loader import load_catalog
from timetrial.features.gate.judgement import Gate, GateRule
from timetrial.features.gate.side_by_side import gate_side_by_side
from timetrial.features.race.eligible_servers import default_server
from timetrial.model.errors import BadInput
from timetrial.model.events import BaseChosen, Observer, ServerChosen, unobserved
from timetrial.model.metrics import BY_OPTION
from timetrial.model.run import Run
from timetrial.project.app_location import find_app_location
from timetrial.project.variables import variables_of
from timetrial.project.versions.merge_base import require_difference, usual_base
from timetrial.project.versions.worktrees import WORKING_TREE
from timetrial.runner.session import Measured
from timetrial.store.opening import read_run
from timetrial.verbs.gate_stored import stored_gate
from timetrial.verbs.options.gate import GateOptions
from timetrial.verbs.options.race import RaceOptions
from timetrial.verbs.projects import app_options_of, external_services_of, found_project
from timetrial.verbs.race import race

LATEST = "latest"

Chosen = BaseChosen | ServerChosen
Race = Callable[[RaceOptions, Observer], Measured]


@dataclass(frozen=True, slots=True)
class Gated:
    """What a gate says, and the race that it judged if it ran one."""

    gate: Gate | None
    """None where the race was interrupted: then nothing is judged."""
    raced: Measured | None = None
    chosen: tuple[Chosen, ...] = ()
    """What was decided without being asked for."""


def gate(
    options: GateOptions, observer: Observer = unobserved, *, race_of_both: Race = race
) -> Gated:
    """Judge a race of an app at two commits, or stored runs.

    `race_of_both` races them. Raises BadInput for what cannot be compared, and what that raises.
    """
    metrics = tuple(BY_OPTION[name] for name in dict.fromkeys(options.metrics))
    terms = GateRule(metrics, options.max_regression, options.strict)
    if options.race is None:
        return Gated(_of_runs(options, terms))
    sides = _sides(options, options.race, observer)
    asked = options.race.model_copy(
        update={"revisions": (sides.base, sides.head), "servers": sides.server}
    )
    raced = race_of_both(asked, observer)
    if raced.ended_by == "interrupted":
        return Gated(None, raced, sides.chosen)
    return Gated(_of_race(raced.run, terms), raced, sides.chosen)


@dataclass(frozen=True, slots=True)
class _Sides:
    """What is raced for a gate: two states of the code, on one server."""

    base: str
    head: str
    server: str
    chosen: tuple[Chosen, ...]


def _sides(options: GateOptions, asked: RaceOptions, observer: Observer) -> _Sides:
    """Choose what was not named. Raises BadInput where that cannot be, or both sides are one."""
    chosen: list[Chosen] = []
    app_options = app_options_of(asked)
    root = find_app_location(app_options, variables_of(app_options)).root
    head, base, server = options.head_rev or WORKING_TREE, options.base_rev, options.server
    if base is None:
        base = usual_base(root)
        chosen.append(BaseChosen(base))
    require_difference(root, base, head, _written(options))
    if server is None:
        catalog = load_catalog(asked.catalog_dir)
        external = external_services_of(app_options, catalog, "this race", asked)
        usual = default_server(catalog, found_project(app_options, catalog, external, observer))
        server = usual.server
        chosen.append(ServerChosen(server, usual.why))
    for each in chosen:
        observer(each)
    return _Sides(base, head, server, tuple(chosen))


def _written(options: GateOptions) -> list[Path]:
    store = [] if "://" in options.store else [Path(options.store)]
    return [*options.written, *store]


def _of_race(run: Run, terms: GateRule) -> Gate:
    """Judge the newer of the two stacks of a race."""
    stacks = [stack.name for stack in run.plan.suite.stacks if stack.control_of is None]
    if len(stacks) != 2:  # noqa: PLR2004 - old and new
        raise BadInput(
            f"run {run.number} has {', '.join(stacks) or 'no stack'}, where one old and one new "
            "are to be compared: --server names one server"
        )
    old, new = stacks
    return gate_side_by_side(run, old, new, terms)


def _of_runs(options: GateOptions, terms: GateRule) -> Gate:
    if options.baseline is not None:
        return stored_gate(options, options.baseline, options.candidate or LATEST, terms)
    if options.old is None or options.new is None:
        raise BadInput("a gate of runs needs two to compare")
    run = read_run(options.store, options.run or LATEST)
    return gate_side_by_side(run, options.old, options.new, terms)
