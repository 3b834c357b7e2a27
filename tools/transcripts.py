"""Write the transcripts of all verbs, as wide as a terminal of 80 and of 100 columns.

What is typed is listed in `transcript_list`: reports, comparisons and histories of the runs that
the docs show, and very short runs of the verbs that measure. Each output is checked while it is
written. It takes about six minutes a width, and longer where the docs' runs are not stored yet.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from doc_block import PROMPT, ROOT, Recipe
from doc_runs import ran, stored
from transcript_checks import flaws_of, has_verdict, known_words
from transcript_list import OUTPUTS, REFUSALS, Transcript, helps

WIDTHS = (80, 100)
_STORED = re.compile(r"/\S*/target/docs-blocks/[\w-]+/")
"""Where a run was stored by the docs' own blocks."""
RESULTS = ROOT / "docs" / "results"
_SECTIONS = (
    ("What each verb prints", OUTPUTS),
    ("What bad input is told", REFUSALS),
    ("Help", tuple(helps())),
)


def file_of(columns: int) -> Path:
    return RESULTS / f"transcripts-{columns}.txt"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Write the transcripts of all verbs.")
    parser.add_argument("widths", nargs="*", type=int, help="columns, by default 80 and 100")
    parser.add_argument("--only", default="", help="print those with this text, and write nothing")
    given = parser.parse_args(arguments)
    flaws: list[str] = []
    for columns in given.widths or WIDTHS:
        with tempfile.TemporaryDirectory(prefix="timetrial-") as folder:
            text = "".join(_written(columns, Path(folder), given.only, flaws))
        if given.only:
            print(text)
        else:
            file_of(columns).write_text(text, "utf-8")
    print("\n".join(flaws) or "all of it fits and is whole", file=sys.stderr)
    return 1 if flaws else 0


def _written(columns: int, work: Path, only: str, flaws: list[str]) -> Iterator[str]:
    """Yield the text of a file, part by part; add what is wrong to `flaws`."""
    yield f"All verbs on a terminal of {columns} columns, {datetime.now(UTC):%-d %B %Y}\n"
    yield "Progress and complaints (standard error) stand before each result.\n"
    for heading, transcripts in _SECTIONS:
        yield f"\n{'=' * len(heading)}\n{heading}\n{'=' * len(heading)}\n"
        for each in transcripts:
            if only in each.typed:
                lines, wrong = _transcribed(each, columns, work)
                flaws += [f"{columns}: {each.typed}: {flaw}" for flaw in wrong]
                yield "".join(
                    f"{line.rstrip()}\n" for line in ("", f"{PROMPT}{each.typed}", *lines)
                )


def _transcribed(each: Transcript, columns: int, work: Path) -> tuple[list[str], list[str]]:
    """Run a command; return its lines, and what is wrong with them."""
    print(f"{columns} columns: {each.typed}", file=sys.stderr, flush=True)
    folder = work / each.folder
    if not folder.exists():
        shutil.copytree(stored(each.folder), folder, symlinks=True)
    ended = ran(each.run, folder, Recipe(columns=columns, has_server=each.has_server))
    told, result = (
        _STORED.sub("", text).replace(str(folder), ".").replace(str(ROOT), ".").splitlines()
        for text in (ended.stderr, ended.stdout)
    )
    lines = [*told, *result]
    # Progress that no terminal shows is a log: a line an event, however long.
    wrong = list(flaws_of(result, columns, known_words()))
    if ended.returncode not in each.exits:
        wrong.append(f"exit code {ended.returncode}")
    if each.has_verdict and not has_verdict(result):
        wrong.append("no verdict in its first lines")
    return lines, wrong


if __name__ == "__main__":
    sys.exit(main())
