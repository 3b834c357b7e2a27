"""The schema of the TOML files of suites."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from timetrial.catalog.manifest import Count, Manifest, Ms, Word
from timetrial.catalog.schema import StackText
from timetrial.catalog.workload_schema import WorkloadManifest
from timetrial.model import Carrier, UnknownName

FAIR = "fair"
"""The default profile of a suite: its top-level values."""
_HIGHEST_PORT = 65_535


class StackManifest(Manifest):
    """A server with settings; values that are absent here come from the suite or the server."""

    server: Word | None = None
    """Absent for an app that serves itself."""
    name: Word | None = None
    app: Word | None = None
    workers: Count | None = None
    threads: Count | None = None
    env: Mapping[str, StackText] = {}
    """In addition to the app's."""

    @property
    def stack(self) -> str:
        return self.name or self.server or self.app or "?"


class WarmUpManifest(Manifest):
    requests: Count = 2_000
    at_most_s: Annotated[float, Field(gt=0)] = 5.0
    at_least_s: Annotated[float, Field(ge=0)] = 0.5

    @model_validator(mode="after")
    def _limits_are_in_order(self) -> Self:
        if self.at_least_s > self.at_most_s:
            raise ValueError(f"has at_least_s {self.at_least_s} above at_most_s {self.at_most_s}")
        return self


class BesideManifest(Manifest):
    """Streams that are held while requests are measured."""

    workload: Word
    """One whose response is a stream; it lasts longer than a trial."""
    streams: Annotated[int, Field(ge=1, le=_HIGHEST_PORT)]


class BenchmarkManifest(Manifest):
    """A workload, a load, and how long.

    The load is closed (`connections`), open (`rate`, or `share_of_capacity`, from which a pilot
    computes a rate), of `users`, or of idle connections (`hold_s`, with `connections` and the
    `rate` at which they are opened). A closed one is driven in short windows (`window_ms`,
    `lead_in_ms`, `windows`) or, as the others always are, in whole trials (`duration_s`). Windows
    alternate between the stacks, or load two of them at once.
    """

    workload: Word
    name: Word | None = None
    """By default the workload's name."""
    stacks: tuple[Word, ...] = ()
    """Stacks that take part; empty: all that have the workload."""
    connections: Annotated[int, Field(ge=1, le=_HIGHEST_PORT)] | None = None
    """Of an open load: the most that are opened."""
    rate: Annotated[float, Field(gt=0)] | None = None
    """Requests a second; of idle connections: so many are opened a second."""
    hold_s: Annotated[float, Field(ge=1)] | None = None
    """Each connection has one request, and all are held for so long once the last was opened."""
    share_of_capacity: Annotated[float, Field(gt=0, lt=1)] | None = None
    """Instead of a rate: a share of the smallest capacity, the same rate for all stacks."""
    arrival: Literal["constant", "poisson"] = "poisson"
    users: Annotated[int, Field(ge=1, le=_HIGHEST_PORT)] | None = None
    pipeline: Annotated[int, Field(ge=1, le=1_000)] = 1
    protocol: Carrier | None = None
    """What carries the requests: HTTP/2 over TLS or without it, HTTP/1.1 over TLS; absent: HTTP/1.1
    over TCP."""
    streams: Annotated[int, Field(ge=1, le=1_000)] = 1
    """Of HTTP/2: requests in flight on one connection."""
    resume_tls: bool = False
    """Go on with TLS sessions of earlier connections, where the server allows it."""
    fresh_connections: bool = False
    timeout_s: Annotated[float, Field(gt=0)] = 10.0
    window_ms: Annotated[float, Field(ge=1)] | None = None
    lead_in_ms: Ms | None = None
    windows: Annotated[int, Field(ge=2, multiple_of=2)] | None = None
    duration_s: Annotated[float, Field(ge=1)] | None = None
    repeats: Count = 1
    """Whole trials of each stack in a round."""
    mode: Literal["alternate", "duet"] = "alternate"
    """Of windows."""
    together: bool = False
    """Drive the whole trials of all stacks at once, where the app mostly waits."""
    control: bool = True
    """Whether the suite's control takes part."""
    beside: BesideManifest | None = None
    """What each stack holds while its requests are measured, in whole trials."""

    @property
    def benchmark(self) -> str:
        return self.name or self.workload

    @property
    def is_open(self) -> bool:
        return self.rate is not None or self.share_of_capacity is not None

    @model_validator(mode="after")
    def _is_one_load(self) -> Self:
        given = self.model_fields_set
        if self.hold_s is not None:
            missing = [key for key in ("connections", "rate") if getattr(self, key) is None]
            if missing:
                raise ValueError(f"has hold_s, which needs {' and '.join(missing)}")
            _refuse(given, "hold_s", "users", "share_of_capacity", "arrival", "pipeline")
            _refuse(given, "hold_s", "fresh_connections", "together", "duration_s", "mode")
            _refuse(given, "hold_s", "window_ms", "lead_in_ms", "windows")
        elif self.users is not None:
            _refuse(given, "users", "connections", "rate", "share_of_capacity", "arrival")
            _refuse(given, "users", "pipeline", "fresh_connections")
        elif self.share_of_capacity is not None:
            _refuse(given, "share_of_capacity", "rate")
        elif self.rate is None:
            if self.connections is None:
                raise ValueError("needs connections, a rate or users: they say what load it is")
            _refuse(given, "connections alone", "arrival")
        if self.fresh_connections and self.pipeline > 1:
            raise ValueError("has fresh_connections and a pipeline, which exclude each other")
        return self

    @model_validator(mode="after")
    def _has_what_its_protocol_has(self) -> Self:
        is_http2 = self.protocol in {"http2", "h2c"}
        if is_http2 and self.pipeline > 1:
            raise ValueError("has a pipeline, which is of HTTP/1.1: HTTP/2 has streams")
        if self.resume_tls and self.protocol in {None, "h2c"}:
            raise ValueError("has resume_tls, which takes protocol = 'tls' or 'http2'")
        if self.streams == 1:
            return self
        if not is_http2:
            raise ValueError("has streams, which take protocol = 'http2' or 'h2c'")
        if self.users is not None or self.fresh_connections:
            other = "fresh_connections" if self.users is None else "users"
            raise ValueError(f"has {other} and streams, which exclude each other")
        return self

    @model_validator(mode="after")
    def _has_one_length(self) -> Self:
        of_windows = ("window_ms", "windows")
        if self.hold_s is not None:
            return self
        if self.mode == "duet" and (self.users is not None or self.is_open):
            raise ValueError("has mode 'duet', which takes a closed load: connections alone")
        if self.together and self.duration_s is None:
            raise ValueError("has together, which goes with duration_s")
        if self.beside is not None and (self.duration_s is None or self.together):
            raise ValueError("has beside, which goes with duration_s, and not with together")
        if self.beside is not None and self.protocol is not None:
            raise ValueError("has beside and protocol: streams are held over HTTP/1.1 without TLS")
        if self.duration_s is not None:
            _refuse(self.model_fields_set, "duration_s", *of_windows)
            if self.mode == "duet":
                raise ValueError("has mode 'duet' and duration_s: a duet is driven in windows")
            return self
        if self.users is not None or self.is_open:
            raise ValueError("needs duration_s: users and rates are driven in whole trials")
        missing = [key for key in (*of_windows, "lead_in_ms") if getattr(self, key) is None]
        if missing:
            raise ValueError(f"needs {' and '.join(missing)}, or duration_s for whole trials")
        _refuse(self.model_fields_set, "windows", "repeats")
        return self


def _refuse(given: set[str], beside: str, *keys: str) -> None:
    wrong = [key for key in keys if key in given]
    if wrong:
        raise ValueError(f"has {' and '.join(wrong)}, which do not go with {beside}")


class ProfileManifest(Manifest):
    """Another set of loads for the same suite; absent values come from the suite."""

    title: str | None = None
    workers: Count | None = None
    """As published; a small machine gets fewer, with a note in the report."""
    threads: Count | None = None
    rounds: Count | None = None
    warm_up: WarmUpManifest | None = None
    benchmarks: Annotated[tuple[BenchmarkManifest, ...], Field(min_length=1)]


class SuiteManifest(Manifest):
    """suites/NAME.toml."""

    name: Word
    title: str
    app: Word | None = None
    """App of all stacks that name none."""
    servers: tuple[Word, ...] = ()
    stacks: tuple[StackManifest, ...] = ()
    workers: Count | None = None
    """For all stacks, up to their server's maximum; None: each server's default."""
    threads: Count | None = None
    rounds: Count
    warm_up: WarmUpManifest = WarmUpManifest()
    workloads: Mapping[Word, WorkloadManifest] = {}
    """Additional workloads of the suite, beside those of its apps."""
    benchmarks: Annotated[tuple[BenchmarkManifest, ...], Field(min_length=1)]
    profiles: Mapping[Word, ProfileManifest] = {}
    services: Mapping[Word, Mapping[Word, str]] = {}
    """Settings of services, by name; absent ones have the defaults of their manifests."""
    control: Word | Literal[False] = False
    """The stack that gets an A/A control. Profiles have none."""

    @model_validator(mode="after")
    def _does_not_redefine_itself(self) -> Self:
        if FAIR in self.profiles:
            raise ValueError(f"has a profile {FAIR!r}, which is the name of what stands at its top")
        return self

    def all_stacks(self) -> tuple[StackManifest, ...]:
        return (*(StackManifest(server=server) for server in self.servers), *self.stacks)

    def with_profile(self, name: str) -> SuiteManifest:
        """Override the suite's values with those of a profile. Raises UnknownName."""
        if name == FAIR:
            return self
        if name not in self.profiles:
            raise UnknownName(f"profile of suite {self.name!r}", name, (FAIR, *self.profiles))
        profile = self.profiles[name]
        values = {key: getattr(profile, key) for key in type(profile).model_fields}
        return self.model_copy(
            update={key: value for key, value in values.items() if value is not None}
        )
