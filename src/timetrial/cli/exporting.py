"""`timetrial runs export RUN`: a stored run as one JSON document."""

from __future__ import annotations

import json
from pathlib import Path

import click

from timetrial.cli.derived_options import STORE
from timetrial.cli.output import PROGRESS, RESULTS, Exit, write_file, write_json
from timetrial.cli.progress.steps import steps
from timetrial.cli.verbosity import with_verbosity
from timetrial.model import visible_json
from timetrial.store.opening import number_of, open_existing


@click.command("export", short_help="Write a stored run as JSON")
@click.argument("run", default="latest")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
    help="Where it is written to.  [default: standard output]",
)  # fmt: skip
@STORE
@with_verbosity
def exporting(*, run: str, output: Path | None, store: str) -> int:
    """Write the stored RUN (its number, or 'latest') as JSON, for `timetrial runs import`."""
    with steps(PROGRESS, "none") as tell:
        tell(f"exporting run {run}")
        with open_existing(store) as opened:
            exported = opened.export(number_of(run))
        text = visible_json(json.dumps(exported, separators=(",", ":"), ensure_ascii=False))
    if output is None:
        write_json(text)
    else:
        write_file(output, f"{text}\n")
        RESULTS.print(f"Exported: {output}")
    return Exit.DONE
