"""The old and the new commit of a user's app, raced side by side on one server, for a gate."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path

from timetrial.cli.exits import Exit
from timetrial.cli.race import race
from timetrial.cli.stores import read_run
from timetrial.errors import BadInput
from timetrial.gate.judgement import Gate, Terms
from timetrial.gate.side_by_side import gate_side_by_side


def race_revisions(  # noqa: PLR0917 - what a race of two commits is made of
    app: str, base: str, head: str, server: str, further: Sequence[str], store: str
) -> int:
    """Race the app at both commits; `further` are options of `timetrial race`.

    Returns the race's exit code. Its own report goes to its page; on the terminal the gate speaks.
    """
    words = [app, "--rev", base, "--rev", head, "--servers", server, "--store", store, *further]
    context = race.make_context("gate", words)
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
