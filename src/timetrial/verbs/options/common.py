"""Options that several verbs take: kinds of values with their bounds, and records of options."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import DirectoryPath, Field

from timetrial.machine.ports import HIGHEST_PORT
from timetrial.model import BadInput
from timetrial.verbs.options.options import CommandLine, Options, Written

SHORTEST_S, LONGEST_S = 0.001, 24 * 3600.0
SMALLEST_BYTES = 1024**2
CONNECTIONS = 16
"""Few enough that a slow app answers each within a short window."""
HIGHEST_RATE_PER_S = 10_000_000

Seconds = Annotated[float, Written.DURATION, Field(ge=SHORTEST_S, le=LONGEST_S)]
Share = Annotated[float, Written.SHARE, Field(ge=0.001, le=0.5)]
Size = Annotated[int, Written.SIZE, Field(ge=SMALLEST_BYTES)]
RatePerS = Annotated[float, Written.RATE, Field(gt=0, le=HIGHEST_RATE_PER_S)]
Cpus = Annotated[tuple[int, ...], Written.CPUS]
Header = Annotated[tuple[str, str], Written.HEADER]
MetricName = Literal["throughput", "p50", "p99", "cpu", "memory"]
"""The metrics that are compared, as options name them."""
Pattern = Annotated[str, Written.PATTERN]
FirstPort = Annotated[
    int | None,
    Field(ge=1, le=HIGHEST_PORT, description="Servers listen on N, N+1, …  [default: free ports]"),
    CommandLine(),
]
Processes = Annotated[int | None, Field(ge=1, le=256), CommandLine()]
Authorities = Annotated[
    Path | None,
    Field(description="https: certificates (PEM) to trust instead of the system's"),
    CommandLine(("--ca",), metavar="FILE"),
]
Insecure = Annotated[bool, Field(description="https: skip certificate verification"), CommandLine()]
RemoteHosts = Annotated[
    tuple[str, ...],
    Field(description="Load this host although it is not loopback"),
    CommandLine(metavar="HOST"),
]

ROUNDS = Field(ge=1, le=1000)
"""The bounds of --rounds."""
Rounds = Annotated[
    int | None,
    ROUNDS,
    Field(description="Number of rounds; each starts every server afresh"),
    CommandLine(),
]
RelativePrecision = Annotated[
    Share | None,
    Field(description="Measure until each pair is decided, or known to within: 3%"),
    CommandLine(),
]


Probe = Annotated[
    bool | None,
    Field(description="Correct for the speed of the servers' CPUs  [default: no]"),
    CommandLine(("--probe/--no-probe",)),
]


def check_one_length(*given: float | None, watch: bool | None = None) -> None:
    """Raise BadInput for more than one of them; `watch` is None for verbs without that option."""
    if sum(length is not None for length in given) + bool(watch) > 1:
        last = "--precision and --budget" if watch is None else "--precision, --budget and --watch"
        raise BadInput(f"--rounds, {last} each say when to stop: give one of them")


DEFAULT_STORE = "timetrial.db"


_FILES = "Files and output"


class CatalogOptions(Options):
    """Entries beside those of Timetrial's own catalog."""

    section = _FILES

    catalog_dir: Annotated[
        DirectoryPath | None,
        Field(description="Also read servers, apps and suites (TOML) below DIR"),
        CommandLine(("--catalog",), metavar="DIR"),
    ] = None


class StoreOptions(Options):
    """Where runs are kept."""

    section = _FILES

    store: Annotated[
        str,
        Field(description="A SQLite file, or a SQLAlchemy URL"),
        CommandLine(metavar="FILE|URL", shows_default=True),
    ] = DEFAULT_STORE


class ReportOptions(Options):
    """Where pages go: for the command line alone, as functions return what they found."""

    section = _FILES

    reports_dir: Annotated[
        Path,
        Written.FOLDER,
        Field(description="Where the HTML page goes"),
        CommandLine(("--reports",), metavar="DIR", shows_default=True),
    ] = Path("timetrial-reports")


class JsonOptions(Options):
    """How results are printed: for the command line alone."""

    section = _FILES

    as_json: Annotated[
        bool, Field(description="Print the result as JSON"), CommandLine(("--json",))
    ] = False


class DetailOptions(Options):
    """How much is printed: for the command line alone."""

    section = _FILES

    details: Annotated[
        bool,
        Field(description="Print all findings, comparisons and conditions"),
        CommandLine(),
    ] = False


class PackageOptions(Options):
    """Versions of packages."""

    section = "Versions"

    instead: Annotated[
        tuple[str, ...],
        Field(description="Take this version of a package instead of the usual one"),
        CommandLine(("--with",), metavar="PACKAGE==VERSION"),
    ] = ()
    versions: Annotated[
        tuple[str, ...],
        Field(description="Measure these versions of a package side by side"),
        CommandLine(metavar="PACKAGE==VERSION…"),
    ] = ()


class VersionOptions(PackageOptions):
    """Versions of packages and of Python."""

    section = "Versions"

    pythons: Annotated[
        tuple[str, ...],
        Field(description="What servers run on (path or version); several: side by side"),
        CommandLine(("--python",), metavar="PATH|VERSION"),
    ] = ()


class RevisionOptions(Options):
    """Commits of the user's code."""

    section = "Versions"

    revisions: Annotated[
        tuple[str, ...],
        Field(description="Race this commit beside others; '.' is the working tree"),
        CommandLine(("--rev",), metavar="REVISION"),
    ] = ()
