"""Experiments on stacks once they have been measured."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from timetrial.features.lifecycle.run_all import REPEATS
from timetrial.model import BadInput
from timetrial.verbs.options.options import CommandLine, Options


class LifecycleOptions(Options):
    """Whether there are any, and how often each is held."""

    section = "Life cycle"

    lifecycle: Annotated[
        bool,
        Field(description="Then try start, stop, reload and a killed worker under load"),
        CommandLine(),
    ] = False
    lifecycle_repeats: Annotated[
        int | None,
        Field(
            ge=1,
            le=100,
            description=f"Repeats of each of these experiments  [default: {REPEATS}]",
        ),
        CommandLine(),
    ] = None

    @model_validator(mode="after")
    def _check_lifecycle(self) -> Self:
        if self.lifecycle_repeats is not None and not self.lifecycle:
            raise BadInput(
                "--lifecycle-repeats is about the experiments of --lifecycle: give that, too"
            )
        return self

    @property
    def repeats(self) -> int:
        """How often each experiment is held: 0 where none is asked for."""
        return (self.lifecycle_repeats or REPEATS) if self.lifecycle else 0
