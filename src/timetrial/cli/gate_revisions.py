"""The old and the new commit of a user's app, raced side by side on one server, for a gate."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from timetrial.catalog.loader import load_catalog
from timetrial.cli.exits import Exit
from timetrial.cli.project_options import wish_of
from timetrial.cli.projects import external_services_of, found_project
from timetrial.cli.race import race
from timetrial.cli.stores import read_run
from timetrial.errors import BadInput
from timetrial.gate.judgement import Gate, Terms
from timetrial.gate.side_by_side import gate_side_by_side
from timetrial.project.place import find_place
from timetrial.project.variables import variables_of
from timetrial.race.usual import usual_server
from timetrial.versions.base import require_difference, usual_base
from timetrial.versions.worktrees import WORKING_TREE


@dataclass(frozen=True, slots=True)
class Sides:
    """What is raced for a gate: two states of the code, on one server."""

    base: str
    head: str
    server: str
    chosen: tuple[str, ...]
    """What was decided without being asked for, a sentence each."""


def race_of(app: str, further: Sequence[str], store: str) -> click.Context:
    """Read the options of the race, `further` those that a gate has not itself.

    Raises BadInput for those in whose place it has its own.
    """
    context = race.make_context("gate", [app, "--store", store, *further])
    if context.params["revisions"] or context.params["servers"]:
        raise BadInput(
            "a gate compares two commits on one server, which --base-rev, --head-rev and --server "
            "name, not --rev and --servers"
        )
    return context


def sides_of(
    context: click.Context, base: str | None, head: str | None, server: str | None
) -> Sides:
    """Choose what was not named. Raises BadInput where that cannot be, or both sides are one."""
    options = context.params
    wish, chosen = wish_of(**options), []
    root = find_place(wish, variables_of(wish)).root
    head = head or WORKING_TREE
    if base is None:
        base = usual_base(root)
        chosen.append(
            f"Compared with {base}, because that is what the repository merges into; --base-rev "
            "chooses another commit."
        )
    require_difference(root, base, head, _written(options["store"], options["reports_dir"]))
    if server is None:
        catalog = load_catalog(options["catalog_dir"])
        external = external_services_of(wish, catalog, "this race", options)
        usual = usual_server(catalog, found_project(wish, catalog, external))
        server = usual.server
        chosen.append(f"Served by {server}, because {usual.why}; --server chooses another one.")
    return Sides(base, head, server, tuple(chosen))


def _written(store: str, reports: Path) -> list[Path]:
    return [reports] if "://" in store else [reports, Path(store)]


def race_revisions(context: click.Context, sides: Sides) -> int:
    """Race the app at both commits, and return the race's exit code.

    Its own report goes to its page; on the terminal the gate speaks.
    """
    context.params["revisions"] = (sides.base, sides.head)
    context.params["servers"] = sides.server
    with (
        context,
        Path(os.devnull).open("w", encoding="utf-8") as nowhere,
        contextlib.redirect_stdout(nowhere),
    ):
        code: int = race.invoke(context)
    return code


def gate_revisions(store: str, terms: Terms) -> Gate:
    """Judge the newer of the two stacks of the race that was taken last."""
    run = read_run(store, "latest")
    stacks = [stack.name for stack in run.plan.suite.stacks if stack.control_of is None]
    if len(stacks) != 2:  # noqa: PLR2004 - old and new
        raise BadInput(
            f"run {run.number} has {', '.join(stacks) or 'no stack'}, where one old and one new "
            "are to be compared: --server names one server"
        )
    old, new = stacks
    return gate_side_by_side(run, old, new, terms)


def code_of_both(raced: int, judged: int) -> int:
    """Let a regression be heard first, and a race that failed otherwise next."""
    return judged if judged != Exit.DONE else raced
