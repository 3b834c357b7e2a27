"""`timetrial gate`: is what is new worse than what was? For CI."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import click

from timetrial.cli.gate_outcome import check_folders, outcome_options, tell
from timetrial.cli.gate_stored import stored_gate
from timetrial.cli.options import STORE
from timetrial.cli.parameters import Share
from timetrial.cli.stores import read_run
from timetrial.errors import BadInput
from timetrial.gate.judgement import Gate, Terms
from timetrial.gate.side_by_side import gate_side_by_side
from timetrial.stats.pairs import ComparedMetric

METRICS: Mapping[str, ComparedMetric] = {
    "throughput": "throughput",
    "p50": "p50_ns",
    "p99": "p99_ns",
    "cpu": "cpu_s_per_1000",
    "memory": "memory_bytes",
}


@click.command()
@click.argument("run", required=False)
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
    run: str | None,
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

    Two stacks of one RUN, measured side by side (--old, --new), or two stored runs (--baseline).
    """
    terms = Terms(tuple(METRICS[name] for name in dict.fromkeys(metrics)), max_regression, strict)
    check_folders(junit_file)
    judged = _judged(run, old, new, baseline, candidate, terms, store, anyway=anyway)
    return tell(judged, as_json=as_json, junit_file=junit_file, github=github, environ=os.environ)


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
            "a gate needs two to compare: --old and --new, stacks of one run, or --baseline"
        )
    return gate_side_by_side(read_run(store, run or "latest"), old, new, terms)
