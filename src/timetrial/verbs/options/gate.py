"""What `timetrial gate` takes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

from timetrial.model import BadInput
from timetrial.verbs.options.common import MetricName, StoreOptions
from timetrial.verbs.options.counting import CountOptions
from timetrial.verbs.options.options import CommandLine, Options, Written
from timetrial.verbs.options.race import RaceOptions


class JudgingTerms(Options):
    """What is held against what, and how strictly."""

    section = "Judging"

    base_rev: Annotated[
        str | None,
        Field(description="What APP is compared with  [default: main, master, or origin's]"),
        CommandLine(metavar="REVISION"),
    ] = None
    head_rev: Annotated[
        str | None,
        Field(description="The new code  [default: the working tree]"),
        CommandLine(metavar="REVISION"),
    ] = None
    server: Annotated[
        str | None,
        Field(description="Serves APP at both commits  [default: usual for the interface]"),
        CommandLine(metavar="NAME"),
    ] = None
    old: Annotated[
        str | None,
        Field(description="The stack of RUN that is the baseline"),
        CommandLine(metavar="NAME"),
    ] = None
    new: Annotated[
        str | None,
        Field(description="The stack of RUN that is judged"),
        CommandLine(metavar="NAME"),
    ] = None
    baseline: Annotated[
        str | None,
        Field(description="A stored run, or an exported one, that is the baseline"),
        CommandLine(metavar="RUN|FILE"),
    ] = None
    candidate: Annotated[
        str | None,
        Field(description="What is judged against --baseline  [default: latest]"),
        CommandLine(metavar="RUN|FILE"),
    ] = None
    max_regression: Annotated[
        float,
        Written.SHARE,
        Field(ge=0.0, le=0.5, description="Largest regression that passes; with --count 0.2%"),
        CommandLine(shows_default=True),
    ] = 0.05
    metrics: Annotated[
        tuple[MetricName, ...],
        Field(description="Also p50, memory  [default: throughput, p99, cpu]"),
        CommandLine(("--metric",), metavar="METRIC"),
    ] = ("throughput", "p99", "cpu")
    strict: Annotated[
        bool,
        Field(description="Inconclusive figures fail, too"),
        CommandLine(),
    ] = False
    anyway: Annotated[
        bool,
        Field(description="Judge another machine or another load, too"),
        CommandLine(),
    ] = False

    @property
    def is_about_runs(self) -> bool:
        """Whether stored runs are named, so that nothing has to be measured."""
        named = (self.old, self.new, self.baseline, self.candidate)
        return self.anyway or any(each is not None for each in named)


class GateTerms(JudgingTerms, CountOptions):
    """How it is judged, by measured figures or by counted ones."""

    @model_validator(mode="after")
    def _check_measured(self) -> Self:
        if self.base_rev is not None and self.is_about_runs:
            raise BadInput("--base-rev measures what it judges: it needs no stacks and no runs")
        if self.count is not None and self.is_about_runs:
            raise BadInput("--count counts an APP at two commits: it needs no stacks and no runs")
        if self.count is not None and "metrics" in self.model_fields_set:
            raise BadInput("--count judges instructions and system calls, not --metric")
        return self


class GateOptions(GateTerms, StoreOptions):
    """All of a gate: of a `race` that is to be run, or else of stored runs."""

    race: RaceOptions | None = None
    """Of the app at both commits, which the gate names, as it does the server and the store."""
    run: str | None = None
    """The number of a run whose stacks are compared, or 'latest'; None for that, too."""
    written: tuple[Path, ...] = ()
    """Files and folders of the caller's, which are no change of the working tree."""

    @model_validator(mode="after")
    def _check_sides(self) -> Self:
        if self.race is not None:
            self._check_race(self.race)
        elif (self.base_rev, self.head_rev, self.server) != (None,) * 3:
            raise BadInput("--base-rev, --head-rev and --server are about an APP, not about runs")
        elif self.count is not None:
            raise BadInput("--count counts an APP at two commits, not stored runs")
        elif self.baseline is not None:
            if self.run is not None or self.old is not None or self.new is not None:
                raise BadInput(
                    "--baseline compares two runs: name the other one with --candidate, and no "
                    "stacks"
                )
        elif self.candidate is not None or self.anyway:
            raise BadInput("--candidate and --anyway are about --baseline, which is not given")
        elif self.old is None or self.new is None:
            raise BadInput(
                "a gate of runs needs two to compare: --old and --new, stacks of one run; or "
                "--baseline, a stored run"
            )
        return self

    def _check_race(self, race: RaceOptions) -> None:
        if self.is_about_runs or self.run is not None:
            raise BadInput("a gate judges a race of its own, or stored runs: give one of them")
        if race.revisions or race.servers:
            raise BadInput(
                "a gate compares two commits on one server, which --base-rev, --head-rev and "
                "--server name, not --rev and --servers"
            )
