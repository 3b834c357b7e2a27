"""What the TOML files of a catalog may say."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Annotated, Literal, Self, TypeVar

from pydantic import (
    AfterValidator,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from timetrial.catalog.manifest import Count, Manifest, Word, text_that
from timetrial.catalog.workload_schema import WorkloadManifest
from timetrial.model.suite import Quantity, ServerLimit, When
from timetrial.model.workload import Interface

COMMAND_PLACEHOLDERS = ("bin", "host", "port", "workers", "threads", "app", "data", "here")
"""Of a server: the environment's folder of programs, where to listen, the settings, `module:attr`,
the run's data folder, and the folder that the manifest lies in."""
APP_PLACEHOLDERS = ("data", "cache")
SETUP_PLACEHOLDERS = ("python", "bin", "data", "cache")
"""An app's texts may also name its services, as {postgres_url} and {upstream_ca}; `cache` is a
folder that is kept from run to run with the environment."""

_OF_SERVICE = re.compile(r"\{([a-z][a-z0-9_]*_(?:url|ca))\}")
_PYTHON_VERSION = re.compile(r"3\.\d+t?")
_TARGET = re.compile(r"[^\W\d][\w.]*:[^\W\d][\w.]*")


def placeholders(text: str, known: tuple[str, ...]) -> set[str]:
    """List the placeholders of a text; one that is not known is a ValueError."""
    try:
        parts = [part[1:] for part in string.Formatter().parse(text) if part[1] is not None]
    except ValueError:
        raise ValueError("has a brace without its partner; write {{ or }} for a brace") from None
    found = set()
    for name, spec, conversion in parts:
        if spec or conversion or name not in known:
            near = get_close_matches(name or "", known, n=1)
            offer = f"did you mean {{{near[0]}}}?" if near else f"known are {_braced(known)}"
            raise ValueError(f"has the unknown placeholder {{{name}}}; {offer}")
        found.add(name or "")
    return found


def _braced(names: tuple[str, ...]) -> str:
    return ", ".join(f"{{{name}}}" for name in names)


def of_service(service: str, what: Literal["url", "ca"]) -> str:
    """Name the placeholder that stands for a service's URL, or its certificate authority's file."""
    return f"{service.replace('-', '_')}_{what}"


def with_placeholders(known: tuple[str, ...], *, services: bool = False) -> AfterValidator:
    def check(text: str) -> str:
        placeholders(text, (*known, *_OF_SERVICE.findall(text)) if services else known)
        return text

    return AfterValidator(check)


_Texts = TypeVar("_Texts")

Served = Literal["wsgi", "asgi", "rsgi"]
"""How a server and an app that are two programs talk."""

CommandText = Annotated[str, with_placeholders(COMMAND_PLACEHOLDERS)]
StackText = Annotated[str, with_placeholders(APP_PLACEHOLDERS)]
"""On top of an app's texts, which alone may name services."""
AppText = Annotated[str, with_placeholders(APP_PLACEHOLDERS, services=True)]
SetupText = Annotated[str, with_placeholders(SETUP_PLACEHOLDERS, services=True)]
PythonVersion = Annotated[str, text_that(_PYTHON_VERSION.fullmatch, "must read '3.11'")]
Target = Annotated[str, text_that(_TARGET.fullmatch, "must read 'module:attribute'")]


class Setting(Manifest):
    """How many workers or threads: the default, and the most that the server can have."""

    default: Count
    max: Count

    @model_validator(mode="after")
    def _default_is_possible(self) -> Self:
        if self.default > self.max:
            raise ValueError(f"has the default {self.default} above its max {self.max}")
        return self

    def clamp(self, wanted: int | None) -> int:
        return self.default if wanted is None else min(wanted, self.max)


class Limit(Manifest):
    """Something that a server is known to do, and what to do about it."""

    what: str
    hint: str
    above_workers: Annotated[int, Field(ge=0)] = 0
    """It shows only with more workers than this."""
    of: Quantity | None = None
    """What it bounds, for limits that are a number."""
    at_most: Annotated[float, Field(gt=0)] | None = None
    """As the server is configured here: connections, or seconds."""
    per: Literal["server", "worker", "thread"] = "server"
    """What has a bound of its own."""
    by_default: Annotated[float, Field(gt=0)] | None = None
    """As it is for who does not configure it; not given if that is the same, or unbounded."""

    @model_validator(mode="after")
    def _number_is_of_something(self) -> Self:
        if (self.of is None) != (self.at_most is None):
            raise ValueError("needs both of and at_most, or neither: a number, and what it bounds")
        if self.of is None and self.model_fields_set & {"per", "by_default"}:
            raise ValueError("has per or by_default without of and at_most, which they refine")
        return self

    def bound(self, workers: int, threads: int) -> ServerLimit | None:
        """Work out the bound of a stack; None where there is no number, or it does not show."""
        if self.of is None or self.at_most is None or workers <= self.above_workers:
            return None
        times = {"server": 1, "worker": workers, "thread": workers * threads}[self.per]
        return ServerLimit(self.of, self.at_most * times, self.what)


class Broken(Manifest):
    """A failure that is known, so that nobody has to find it again."""

    when: When = "always"
    reason: Annotated[str, Field(min_length=1)]


class ProgramManifest(Manifest):
    """How something that listens is started, and what it can."""

    command: Annotated[tuple[CommandText, ...], Field(min_length=1)]
    env: Mapping[str, CommandText] = {}
    keep_alive: bool
    """Whether connections stay open after a response."""
    shares_port: bool
    """Whether a second instance can listen on the same port without an error."""
    workers: Setting
    """Processes that serve."""
    threads: Setting
    """Threads a process; 1 where the server has none to set."""
    limits: tuple[Limit, ...] = ()
    broken: tuple[Broken, ...] = ()
    """Failures that are known: it is not started for them, unless that is asked for."""
    python: tuple[PythonVersion, ...] = ()
    """Versions of CPython that it runs on, the best first; empty: on the one that is asked for."""

    reload: Literal["SIGHUP"] | None = None
    """The signal to the main process at which workers are replaced and the server stays."""

    version_of: Word | None = None
    """The package whose version tables show, where its name is no part of the server's."""
    version: str = ""
    """What tables show in its place, for a server that is no package."""

    @field_validator("workers", "threads", mode="after")
    @classmethod
    def _is_passed_on(cls, setting: Setting, info: ValidationInfo) -> Setting:
        placeholder = f"{{{info.field_name}}}"
        texts = (*info.data.get("command", ()), *info.data.get("env", {}).values())
        if setting.max > 1 and texts and not any(placeholder in text for text in texts):
            raise ValueError(f"has a max above 1, but command and env never say {placeholder}")
        return setting


class ServerDescription(ProgramManifest):
    """What serves: a server, or an app as a server of its own."""

    name: Word
    title: str
    interface: Interface
    packages: tuple[Word, ...] = ()
    """Names with extras; versions come from the lock."""
    overrides: tuple[Word, ...] = ()
    """Packages whose pinned version holds, whatever others ask for."""
    variant_of: Word | None = None
    """The server of which it is another setting: that one stands for both in a race."""
    aside: str = ""
    """Why a race leaves it out unless it is named, as a clause; '' for those that take part."""
    usual: bool = False
    """Whether it serves apps of its interface where one server is wanted and none is named."""


class ServerManifest(ServerDescription):
    """servers/NAME.toml."""

    interface: Served
    packages: tuple[Word, ...]


class AppManifest(Manifest):
    """apps/NAME/app.toml."""

    name: Word
    title: str
    packages: tuple[Word, ...] = ()
    interfaces: Mapping[Served, Target] = {}
    program: ProgramManifest | None = None
    """The app as a server of its own."""
    services: tuple[Word, ...] = ()
    """What the app always talks to; a workload may name more."""
    workloads: Annotated[Mapping[Word, WorkloadManifest], Field(min_length=1)]
    env: Mapping[str, AppText] = {}
    setup: tuple[Annotated[tuple[SetupText, ...], Field(min_length=1)], ...] = ()
    """Commands that run once before a run, in the app's folder."""

    @field_validator("env", "setup", mode="after")
    @classmethod
    def _services_are_named(cls, value: _Texts, info: ValidationInfo) -> _Texts:
        if not {"services", "workloads"} <= info.data.keys():
            return value
        workloads = info.data["workloads"].values()
        named = {*info.data["services"], *(name for each in workloads for name in each.services)}
        offered = {of_service(name, what) for name in named for what in ("url", "ca")}
        for found in _OF_SERVICE.findall(str(value)):
            if found not in offered:
                listed = ", ".join(sorted(named)) or "none"
                problem = f"says {{{found}}}, but the services of the app and its workloads are"
                raise ValueError(f"{problem} {listed}")
        return value

    @model_validator(mode="after")
    def _can_be_served(self) -> Self:
        if not self.interfaces and self.program is None:
            raise ValueError("has neither interfaces nor a program: nothing can serve it")
        return self
