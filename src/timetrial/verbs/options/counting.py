"""Counted starts of stacks, after a measurement or in place of one."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from timetrial.model import BadInput
from timetrial.verbs.options.options import CommandLine, Options


class CountOptions(Options):
    """Whether requests are counted, and by which Valgrind."""

    section = "Counting"

    count: Annotated[
        Literal["instructions", "auto"] | None,
        Field(description="Count what a request executes; takes Valgrind"),
        CommandLine(),
    ] = None
    try_valgrind: Annotated[
        bool,
        Field(description="Count with an untried version of Valgrind, too"),
        CommandLine(),
    ] = False

    @model_validator(mode="after")
    def _check_counted(self) -> Self:
        if self.try_valgrind and self.count is None:
            raise BadInput("--try-valgrind is about --count, which is not given")
        return self
