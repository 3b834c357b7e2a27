"""What `timetrial run` takes."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from timetrial.model import BadInput
from timetrial.verbs.options.common import (
    CatalogOptions,
    FirstPort,
    Probe,
    RelativePrecision,
    Rounds,
    Seconds,
    StoreOptions,
    VersionOptions,
    check_one_length,
)
from timetrial.verbs.options.counting import CountOptions
from timetrial.verbs.options.lifecycle import LifecycleOptions
from timetrial.verbs.options.options import CommandLine, Options
from timetrial.verbs.options.services import ServiceOptions


class SuiteTerms(Options):
    """What is measured, and for how long."""

    section = "Measuring"

    suite: Annotated[str | None, CommandLine(is_argument=True)] = None
    """Its name, or a TOML file."""
    resume: Annotated[
        str | None, Field(description="Go on with an interrupted run"), CommandLine(metavar="RUN")
    ] = None
    servers: Annotated[
        str | None,
        Field(description="Only these of the suite's stacks: a,b,c"),
        CommandLine(metavar="NAMES"),
    ] = None
    benchmarks: Annotated[
        str | None,
        Field(description="Only these of the suite's benchmarks: a,b,c"),
        CommandLine(metavar="NAMES"),
    ] = None
    profile: Annotated[
        str | None,
        Field(description="Another set of the suite's loads: published  [default: fair]"),
        CommandLine(metavar="NAME"),
    ] = None
    drivers: Annotated[
        str | None,
        Field(description="engine, wrk, k6; several: engine,wrk  [default: engine]"),
        CommandLine(("--driver",), metavar="NAMES"),
    ] = None
    rounds: Rounds = None
    control: Annotated[
        bool | None,
        Field(description="Measure one stack twice, as an A/A control of the noise"),
        CommandLine(("--control/--no-control",)),
    ] = None
    precision: RelativePrecision = None
    budget: Annotated[
        Seconds | None,
        Field(description="Time for all rounds, without installing"),
        CommandLine(),
    ] = None
    watch: Annotated[
        bool,
        Field(description="Go on until Ctrl-C, with intervals that hold at any time"),
        CommandLine(),
    ] = False
    probe: Probe = None
    seed: Annotated[
        int | None, Field(ge=0, description="Repeat the order of another run"), CommandLine()
    ] = None


class StartTerms(Options):
    """How servers are started."""

    section = "Servers"

    port: FirstPort = None
    start_timeout: Annotated[
        Seconds | None,
        Field(description="Time limit of a start, or of an import  [default: 30s]"),
        CommandLine(),
    ] = None
    try_broken: Annotated[
        bool,
        Field(description="Also start servers whose manifests say that they are broken"),
        CommandLine(),
    ] = False


class RunOptions(
    SuiteTerms,
    VersionOptions,
    StartTerms,
    LifecycleOptions,
    CountOptions,
    ServiceOptions,
    CatalogOptions,
    StoreOptions,
):
    """All of a run of a suite."""

    @model_validator(mode="after")
    def _check_resumed(self) -> Self:
        if self.resume is not None and self._changes_plan():
            raise BadInput(
                "--resume goes on with the plan of a run: it takes no suite and no changes"
            )
        check_one_length(self.rounds, self.precision, self.budget, watch=self.watch)
        if self.watch and self.count is not None:
            raise BadInput("--count counts when a run has ended, and --watch goes on without end")
        return self

    def _changes_plan(self) -> bool:
        values = (
            self.suite, self.servers, self.benchmarks, self.profile, self.drivers, self.rounds,
            self.precision, self.budget, self.control, self.seed,
        )  # fmt: skip
        others = (self.try_broken, self.watch, self.instead, self.versions, self.pythons[1:])
        return any(others) or any(value is not None for value in values)
