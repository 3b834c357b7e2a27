"""`timetrial gate`: is what is new worse than what was? For CI."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import click

from timetrial.cli.exits import Exit
from timetrial.cli.gate_outcome import check_folders, outcome_options, tell
from timetrial.cli.gate_revisions import (
    code_of_both,
    gate_revisions,
    race_of,
    race_revisions,
    sides_of,
)
from timetrial.cli.gate_stored import stored_gate
from timetrial.cli.options import STORE
from timetrial.cli.output import PROGRESS
from timetrial.cli.parameters import Share
from timetrial.cli.stores import read_run
from timetrial.errors import BadInput
from timetrial.gate.judgement import Gate, Terms
from timetrial.gate.side_by_side import gate_side_by_side
from timetrial.metrics import BY_OPTION

LATEST = "latest"


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="[RUN|APP] [RACE OPTIONS]...")
@click.option(
    "--base-rev", metavar="REVISION",
    help="Race APP at this commit and as it is now, side by side, then judge.  [default: main, "
    "or else master, or what origin has as such]",
)  # fmt: skip
@click.option(
    "--head-rev", metavar="REVISION", help="What is new.  [default: what lies in the folder]"
)
@click.option(
    "--server",
    metavar="NAME",
    help="Serves APP at both commits.  [default: the usual one for its interface]",
)
@click.option("--old", metavar="NAME", help="The stack of RUN that is the baseline.")
@click.option("--new", metavar="NAME", help="The stack of RUN that is judged.")
@click.option(
    "--baseline", metavar="RUN|FILE",
    help="A stored run, or a file by `timetrial export`, instead of a stack of the same run.",
)  # fmt: skip
@click.option(
    "--candidate", metavar="RUN|FILE", help="What is held against --baseline.  [default: latest]"
)
@click.option(
    "--max-regression", type=Share(0.0, 0.5), default="5%", show_default=True, metavar="SHARE",
    help="By how much the new may be worse.",
)  # fmt: skip
@click.option(
    "--metric", "metrics", type=click.Choice(list(BY_OPTION)), multiple=True,
    default=("throughput", "p99", "cpu"), show_default=True,
    help="What is judged; may be given more than once.",
)  # fmt: skip
@click.option(
    "--strict", is_flag=True, help="Let only what is within the limit pass, not 'cannot tell'."
)
@click.option("--anyway", is_flag=True, help="Judge another machine or another load, too.")
@outcome_options
@STORE
def gate(
    *,
    words: tuple[str, ...],
    base_rev: str | None,
    head_rev: str | None,
    server: str | None,
    old: str | None,
    new: str | None,
    baseline: str | None,
    candidate: str | None,
    max_regression: float,
    metrics: tuple[str, ...],
    strict: bool,
    anyway: bool,
    store: str,
    junit_file: Path | None,
    github: bool,
    as_json: bool,
) -> int:
    """Exit with 1 if what is new is worse than a limit, with its whole interval; for CI.

    APP as it is now and at a commit before it, raced side by side, with the options of `timetrial
    race`; or two stacks of one RUN (--old, --new); or two stored runs (--baseline).
    """
    terms = Terms(tuple(BY_OPTION[name] for name in dict.fromkeys(metrics)), max_regression, strict)
    check_folders(junit_file)
    raced: int = Exit.DONE
    of_runs = (old, new, baseline, candidate) != (None,) * 4 or anyway
    if base_rev is not None and of_runs:
        raise BadInput("--base-rev measures what it judges: it needs no stacks and no runs")
    if not of_runs and not _names_run(words):
        app, further = _app_of(words)
        context = race_of(app, further, store)
        sides = sides_of(context, base_rev, head_rev, server)
        for sentence in sides.chosen:
            PROGRESS.print(sentence, markup=False)
        raced = race_revisions(context, sides)
        if raced == Exit.INTERRUPTED:
            return raced
        judged = gate_revisions(store, terms)
        judged = replace(judged, remarks=(*sides.chosen, *judged.remarks))
    else:
        if (base_rev, head_rev, server) != (None,) * 3:
            raise BadInput("--base-rev, --head-rev and --server are about an APP, not about runs")
        run = _run_of(words)
        judged = _judged(run, old, new, baseline, candidate, terms, store, anyway=anyway)
    code = tell(judged, as_json=as_json, junit_file=junit_file, github=github, environ=os.environ)
    return code_of_both(raced, code)


def _names_run(words: tuple[str, ...]) -> bool:
    return bool(words) and (words[0] == LATEST or words[0].isdecimal())


def _app_of(words: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """Tell the app, if one is named first, from the options that are those of a race."""
    if words and not words[0].startswith("-"):
        return words[0], words[1:]
    return ".", words


def _run_of(words: tuple[str, ...]) -> str | None:
    for word in words:
        if word.startswith("-"):
            raise BadInput(f"gate: there is no option {word!r}")
    if len(words) > 1:
        raise BadInput(f"one run can be gated at a time, and {', '.join(words)} are several")
    return words[0] if words else None


def _judged(  # noqa: PLR0917 - all ways to say what is held against what
    run: str | None,
    old: str | None,
    new: str | None,
    baseline: str | None,
    candidate: str | None,
    terms: Terms,
    store: str,
    *,
    anyway: bool,
) -> Gate:
    if baseline is not None:
        if run is not None or old is not None or new is not None:
            raise BadInput(
                "--baseline compares two runs: name the other one with --candidate, and no stacks"
            )
        return stored_gate(baseline, candidate or LATEST, terms, store, anyway=anyway)
    if candidate is not None or anyway:
        raise BadInput("--candidate and --anyway are about --baseline, which is not given")
    if old is None or new is None:
        raise BadInput(
            "a gate of runs needs two to compare: --old and --new, stacks of one run; or "
            "--baseline, a stored run"
        )
    return gate_side_by_side(read_run(store, run or LATEST), old, new, terms)
