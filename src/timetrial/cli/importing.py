"""`timetrial runs import FILE`: a run that another store exported."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from timetrial.cli.derived_options import STORE
from timetrial.cli.output import PROGRESS, RESULTS, Exit
from timetrial.cli.progress.steps import steps
from timetrial.cli.verbosity import with_verbosity
from timetrial.model import BadInput, StoreError
from timetrial.store.intake import parsed
from timetrial.store.opening import open_store


@click.command("import", short_help="Add exported runs to the store")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@STORE
@with_verbosity
def importing(*, files: tuple[str, ...], store: str) -> int:
    """Add runs that `timetrial runs export` has written to the store ('-': from standard input)."""
    with open_store(store) as opened:
        for file in files:
            try:
                with steps(PROGRESS, "none") as tell:
                    tell(f"importing {file}")
                    number = opened.add_document(_read(file))
            except (BadInput, StoreError) as error:
                raise BadInput(f"{file!r} is not imported: {error}") from error
            RESULTS.print(f"{file} is run {number} now")
    return Exit.DONE


def _read(file: str) -> object:
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text("utf-8")
    except OSError as error:
        raise BadInput(f"it cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BadInput("it is no JSON") from error
    return parsed(text)
