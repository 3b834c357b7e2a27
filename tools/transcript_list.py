"""What is typed for the transcripts of all verbs: from stored runs, and from very short ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import click

from doc_commands import command_of
from timetrial.cli.main import VERBS

DONE_OR_NO = (0, 1)
"""The exit codes of a verb that judges."""
_BAD_INPUT = (2,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """One command, and what has to be true of its output."""

    typed: str
    folder: str = "nothing"
    """The sample that it is typed in, with the runs that the docs show."""
    has_verdict: bool = False
    """Whether the result begins with a verdict."""
    has_server: bool = False
    """Whether a server answers at the address of the command."""
    ends_after_s: int | None = None
    """When Ctrl-C ends it, if it does not end itself."""
    exits: tuple[int, ...] = (0,)
    """The exit codes that it may have."""

    @property
    def run(self) -> str:
        """What the shell gets."""
        if self.ends_after_s is None:
            return self.typed
        return f"timeout --preserve-status --signal INT {self.ends_after_s} {self.typed}"


_QUICK = (
    "timetrial run quick --benchmarks json_query --servers uvicorn,gunicorn-gthread --rounds 3 "
    "--no-control"
)
_RACE = "timetrial race shop:app --path /items/7 --servers granian-wsgi,waitress --rounds 3"
_CAPACITY = (
    'timetrial capacity shop:app --server gunicorn-gthread --threads 8 --slo "p99<100ms" '
    "--budget 40s"
)
_TUNE = "timetrial tune shop:app --server gunicorn-gthread --memory 100MiB --budget 45s"
_URL = "http://127.0.0.1:8000/"

OUTPUTS = (
    Transcript(typed=_RACE, folder="flask", has_verdict=True),
    Transcript(typed=_TUNE, folder="slow", has_verdict=True, exits=DONE_OR_NO),
    Transcript(typed=_CAPACITY, folder="slow", has_verdict=True),
    Transcript(typed=f"timetrial load {_URL} -d 2s", has_server=True, has_verdict=True),
    Transcript(typed=f"timetrial load {_URL} --rate 1000 -d 2s", has_server=True, has_verdict=True),
    Transcript(typed=f"timetrial load {_URL} -d 1s --details", has_server=True),
    Transcript(typed="timetrial load http://127.0.0.1:9/ -d 1s", has_verdict=True, exits=(3,)),
    Transcript(typed=_QUICK, has_verdict=True),
    Transcript(typed="timetrial report 1", folder="flask", has_verdict=True),
    Transcript(typed="timetrial report 1 --quiet", folder="flask", has_verdict=True),
    Transcript(typed="timetrial report 1 --details", folder="flask"),
    Transcript(typed="timetrial report 1 --format csv,markdown", folder="flask"),
    Transcript(typed="timetrial report 1", folder="django", has_verdict=True),
    Transcript(typed="timetrial report 1", folder="lifecycle", has_verdict=True),
    Transcript(typed="timetrial compare 1 6", folder="history", has_verdict=True),
    Transcript(typed="timetrial compare 1 6 --details", folder="history"),
    Transcript(typed="timetrial history --metric cpu", folder="history", has_verdict=True),
    Transcript(
        typed="timetrial history --stack uvicorn --metric cpu --details", folder="history"
    ),
    Transcript(typed="timetrial serve --port 8400", folder="history", ends_after_s=4,
               exits=(0, 130)),
    Transcript(typed="timetrial list runs", folder="history"),
    *(
        Transcript(typed=f"timetrial list {what}")
        for what in ("suites", "apps", "services", "servers", "schemas")
    ),
    Transcript(typed="timetrial runs export 1 -o run.json", folder="history"),
    Transcript(typed="timetrial runs import run.json --store other.db", folder="history"),
    Transcript(typed="timetrial runs delete 1 --yes --store other.db", folder="history"),
    Transcript(
        typed="timetrial gate main:app --path /items/7 --rounds 3", folder="fastapi-slower",
        has_verdict=True, exits=DONE_OR_NO,
    ),
    Transcript(
        typed="timetrial gate --baseline 1 --candidate 6", folder="history", has_verdict=True,
        exits=DONE_OR_NO,
    ),
    Transcript(typed="timetrial doctor --quick", has_verdict=True, exits=DONE_OR_NO),
    Transcript(typed="timetrial doctor --engine", exits=DONE_OR_NO),
)  # fmt: skip
"""Of each verb, in an order that a store allows: a run is exported before it is imported."""

REFUSALS = (
    Transcript(typed="timetrial", exits=_BAD_INPUT),
    Transcript(typed="timetrial raec .", exits=_BAD_INPUT),
    Transcript(typed="timetrial race .", exits=_BAD_INPUT),
    Transcript(typed="timetrial race shop:app --servers granain-wsgi", folder="flask",
               exits=_BAD_INPUT),
    Transcript(typed="timetrial race shop:app --budget 4 minutes", folder="flask",
               exits=_BAD_INPUT),
    Transcript(typed="timetrial report 99", folder="history", exits=_BAD_INPUT),
    Transcript(typed="timetrial load http://example.org/", exits=_BAD_INPUT),
)  # fmt: skip
"""What bad input is told."""


def helps() -> Iterator[Transcript]:
    """Yield the help of all, and of each verb."""
    yield Transcript(typed="timetrial --help")
    yield from (Transcript(typed=f"timetrial {verb} --help") for verb in verbs())


def verbs() -> Iterator[str]:
    """Yield all verbs, those of a group by both words, as the command line has them."""
    for verb in VERBS:
        command = command_of(verb)
        if isinstance(command, click.Group):
            yield from (f"{verb} {inner}" for inner in command.commands)
        else:
            yield verb
