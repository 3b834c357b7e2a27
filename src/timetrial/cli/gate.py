"""`timetrial gate`: is what is new worse than what was? For CI."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import click

from timetrial.cli.exits import Exit
from timetrial.cli.gate_outcome import check_folders, outcome_options, tell
from timetrial.cli.gate_revisions import code_of_both, gate_revisions, race_revisions
from timetrial.cli.gate_stored import stored_gate
from timetrial.cli.options import STORE
from timetrial.cli.parameters import Share
from timetrial.cli.stores import read_run
from timetrial.errors import BadInput
from timetrial.gate.judgement import Gate, Terms
from timetrial.gate.side_by_side import gate_side_by_side
from timetrial.stats.pairs import ComparedMetric
from timetrial.versions.worktrees import WORKING_TREE

METRICS: Mapping[str, ComparedMetric] = {
    "throughput": "throughput",
    "p50": "p50_ns",
    "p99": "p99_ns",
    "cpu": "cpu_s_per_1000",
    "memory": "memory_bytes",
}


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="[RUN|APP] [RACE OPTIONS]...")
@click.option(
    "--base-rev", metavar="REVISION",
    help="Race APP at this commit and as it is now, side by side, then judge; takes the options of "
    "`timetrial race`, too.",
)  # fmt: skip
@click.option(
    "--head-rev", metavar="REVISION", help="What is new.  [default: what lies in the folder]"
)
@click.option("--server", metavar="NAME", help="Of the catalog, that serves APP at both commits.")
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
    "--max-regression", type=Share(smallest=0.0), default="5%", show_default=True, metavar="SHARE",
    help="By how much the new may be worse.",
)  # fmt: skip
@click.option(
    "--metric", "metrics", type=click.Choice(list(METRICS)), multiple=True,
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

    APP at two commits, raced side by side (--base-rev); two stacks of one RUN (--old, --new); or
    two stored runs (--baseline).
    """
    terms = Terms(tuple(METRICS[name] for name in dict.fromkeys(metrics)), max_regression, strict)
    check_folders(junit_file)
    raced: int = Exit.DONE
    if base_rev is not None:
        if server is None:
            raise BadInput("--base-rev needs --server, the one that serves the app at both commits")
        if (old, new, baseline, candidate) != (None,) * 4 or anyway:
            raise BadInput("--base-rev measures what it judges: it needs no stacks and no runs")
        app, further = _app_of(words)
        raced = race_revisions(app, base_rev, head_rev or WORKING_TREE, server, further, store)
        if raced == Exit.INTERRUPTED:
            return raced
        judged = gate_revisions(store, terms)
    else:
        if head_rev is not None or server is not None:
            raise BadInput("--head-rev and --server are about --base-rev, which is not given")
        run = _run_of(words)
        judged = _judged(run, old, new, baseline, candidate, terms, store, anyway=anyway)
    code = tell(judged, as_json=as_json, junit_file=junit_file, github=github, environ=os.environ)
    return code_of_both(raced, code)


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
        return stored_gate(baseline, candidate or "latest", terms, store, anyway=anyway)
    if candidate is not None or anyway:
        raise BadInput("--candidate and --anyway are about --baseline, which is not given")
    if old is None or new is None:
        raise BadInput(
            "a gate needs two to compare: --base-rev, a commit of the app; --old and --new, stacks "
            "of one run; or --baseline, a stored run"
        )
    return gate_side_by_side(read_run(store, run or "latest"), old, new, terms)
