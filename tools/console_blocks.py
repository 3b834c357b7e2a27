"""Write the console blocks of the docs from real runs, or check their commands and their form.

A block with output has a comment before it that says how it is produced:

    <!-- console: in=shop show="report 1" columns=90 minutes=4 -->

`in` is a folder of `tools/samples`, or `nothing`. The block's commands run there once. `show` is
then run in their place, so that the block is written anew without measuring. `since` and `to` are
patterns of the first and the last line that is shown; `server` starts one at 127.0.0.1:8000;
`errors` shows standard error; `exit` is the exit code; `picture` draws it into `docs/images`, and
`page` the first screen of its report; `quoted` says that the block is not produced, only its form
is checked.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import doc_commands
import doc_shape
from doc_block import Block, blocks_of, pages
from doc_runs import NOTHING, SAMPLES, CommandError, produced


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Write the console blocks of the docs.")
    parser.add_argument("--check", action="store_true", help="measure nothing, write nothing")
    parser.add_argument("--again", action="store_true", help="measure what was measured before")
    parser.add_argument("--quick", action="store_true", help="leave out what takes minutes")
    parser.add_argument("pages", nargs="*", type=Path, help="by default all")
    given = parser.parse_args(arguments)
    chosen = tuple(page.resolve() for page in given.pages) or pages()
    if given.check:
        flaws = [flaw for page in chosen for flaw in flaws_of(page)]
        print("\n".join(flaws) or "all console blocks have today's commands and form")
        return 1 if flaws else 0
    failed = [not _write(page, again=given.again, quick=given.quick) for page in chosen]
    return 1 if any(failed) else 0


def flaws_of(page: Path) -> Iterator[str]:
    """Name all in a page that is not as the program is now."""
    text = page.read_text("utf-8")
    yield from (f"{page.name}: {flaw}" for flaw in doc_commands.flaws_of_prose(text))
    for block in blocks_of(page):
        yield from (f"{block.place}: {flaw}" for flaw in _flaws_of_block(block))


def _flaws_of_block(block: Block) -> Iterator[str]:
    for command in block.commands:
        yield from doc_commands.flaws_of_line(command)
    yield from doc_shape.flaws_of(block.output, doc_shape.vocabulary())
    if block.recipe is None:
        if any(line.strip() for line in block.output):
            yield "no comment says how the output is produced"
    elif block.recipe.folder not in {"", NOTHING} and not _is_sample(block.recipe.folder):
        yield f"there is no sample {block.recipe.folder!r}"


def _is_sample(name: str) -> bool:
    return (SAMPLES / name).is_dir()


def _write(page: Path, *, again: bool, quick: bool) -> bool:
    """Write the blocks of a page that a recipe produces; return whether none failed."""
    is_done = True
    # From the last one: the places of those before stay as they are.
    for block in reversed(list(blocks_of(page))):
        recipe = block.recipe
        if recipe is None or not recipe.folder or (quick and recipe.minutes):
            continue
        print(f"{block.place}: {'; '.join(block.commands)}", flush=True)
        try:
            _replace(block, produced(block, recipe, again=again))
        except (CommandError, ValueError) as error:
            print(f"  left as it is: {error}", file=sys.stderr, flush=True)
            is_done = False
    return is_done


def _replace(block: Block, text: str) -> None:
    whole = block.page.read_text("utf-8")
    begin, end = block.span
    block.page.write_text(whole[:begin] + text + whole[end:], "utf-8")


if __name__ == "__main__":
    sys.exit(main())
