"""How long measuring goes on, as options say it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from timetrial.model.errors import BadInput
from timetrial.verbs.options.kinds import Share
from timetrial.verbs.options.options import CommandLine

ROUNDS = Field(ge=1, le=1000)
"""The bounds of --rounds."""
Rounds = Annotated[
    int | None, ROUNDS, Field(description="How often all is started afresh."), CommandLine()
]
RelativePrecision = Annotated[
    Share | None,
    Field(
        description="Go on, for 32 rounds at most, where a pair is neither decided nor known that "
        "well: 3%."
    ),
    CommandLine(metavar="SHARE"),
]


def check_one_length(*given: float | None, watch: bool | None = None) -> None:
    """Raise BadInput for more than one wish; `watch` is None for verbs that have no such option."""
    if sum(each is not None for each in given) + bool(watch) > 1:
        last = "--precision and --budget" if watch is None else "--precision, --budget and --watch"
        raise BadInput(f"--rounds, {last} each say when to stop: give one of them")
