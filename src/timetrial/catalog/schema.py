"""The schemas of the TOML files of servers and apps."""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Annotated, Literal, Self, TypeVar, get_args

from pydantic import (
    AfterValidator,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from timetrial.catalog.manifest import Count, Manifest, Word, text_that
from timetrial.catalog.production_schema import Production
from timetrial.catalog.protocol_schema import PROTOCOL_PLACEHOLDERS, Protocols
from timetrial.catalog.workload_schema import WorkloadManifest
from timetrial.model import CARRIERS, Interface, Protocol, Quantity, ServerLimit, When

COMMAND_PLACEHOLDERS = ("bin", "host", "port", "workers", "threads", "app", "data", "here")
"""Of a server: the environment's folder of programs, where to listen, the settings, `module:attr`,
the run's data folder, and the manifest's folder."""
APP_PLACEHOLDERS = ("data", "cache")
SETUP_PLACEHOLDERS = ("python", "bin", "data", "cache")
"""An app's texts may also name its services, for example {postgres_url} and {upstream_ca}; `cache`
is a folder that is kept from run to run with the environment."""

ServiceValue = Literal["url", "ca", "host", "port", "user", "password", "db"]
SERVICE_VALUES: tuple[ServiceValue, ...] = get_args(ServiceValue)
"""What placeholders of a service stand for: its URL, its CA file, and the parts of the URL."""
_OF_SERVICE = re.compile(rf"\{{([a-z][a-z0-9_]*_(?:{'|'.join(SERVICE_VALUES)}))\}}")
_PYTHON_VERSION = re.compile(r"3\.\d+t?")
_TARGET = re.compile(r"[^\W\d][\w.]*:[^\W\d][\w.]*")


def placeholders(text: str, known: tuple[str, ...]) -> set[str]:
    """List the placeholders of a text. Raises ValueError for an unknown one."""
    try:
        parts = [part[1:] for part in string.Formatter().parse(text) if part[1] is not None]
    except ValueError:
        raise ValueError("has a brace without its partner; write {{ or }} for a brace") from None
    names = set()
    for name, spec, conversion in parts:
        if spec or conversion or name not in known:
            near = get_close_matches(name or "", known, n=1)
            offer = f"did you mean {{{near[0]}}}?" if near else f"known are {_braced(known)}"
            raise ValueError(f"has the unknown placeholder {{{name}}}; {offer}")
        names.add(name or "")
    return names


def _braced(names: tuple[str, ...]) -> str:
    return ", ".join(f"{{{name}}}" for name in names)


def of_service(service: str, what: ServiceValue) -> str:
    """Return the name of a placeholder of a service, as 'postgres_url'."""
    return f"{service.replace('-', '_')}_{what}"


def with_placeholders(known: tuple[str, ...], *, services: bool = False) -> AfterValidator:
    def check(text: str) -> str:
        placeholders(text, (*known, *_OF_SERVICE.findall(text)) if services else known)
        return text

    return AfterValidator(check)


_Texts = TypeVar("_Texts")

Served = Literal["wsgi", "asgi", "rsgi"]
"""The interface between a server and an app that are two programs."""

CommandText = Annotated[str, with_placeholders(COMMAND_PLACEHOLDERS)]
StackText = Annotated[str, with_placeholders(APP_PLACEHOLDERS)]
"""In addition to an app's texts, which alone may name services."""
AppText = Annotated[str, with_placeholders(APP_PLACEHOLDERS, services=True)]
SetupText = Annotated[str, with_placeholders(SETUP_PLACEHOLDERS, services=True)]
PythonVersion = Annotated[str, text_that(_PYTHON_VERSION.fullmatch, "must read '3.11'")]
Target = Annotated[str, text_that(_TARGET.fullmatch, "must read 'module:attribute'")]


class Setting(Manifest):
    """A number of workers or threads: the default, and the server's maximum."""

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
    """A known limitation of a server, and advice on it."""

    what: str
    hint: str
    above_workers: Annotated[int, Field(ge=0)] = 0
    """It applies only with more workers than this."""
    of: Quantity | None = None
    """The bounded quantity, for limits with a number."""
    at_most: Annotated[float, Field(gt=0)] | None = None
    """The bound of the server as configured here: connections, or seconds."""
    per: Literal["server", "worker", "thread"] = "server"
    """What the bound applies to."""
    by_default: Annotated[float, Field(gt=0)] | None = None
    """The bound without configuration; absent if that is the same, or unbounded."""

    @model_validator(mode="after")
    def _number_is_of_something(self) -> Self:
        if (self.of is None) != (self.at_most is None):
            raise ValueError("needs both of and at_most, or neither: a number, and what it bounds")
        if self.of is None and self.model_fields_set & {"per", "by_default"}:
            raise ValueError("has per or by_default without of and at_most, which they refine")
        return self

    def bound(self, workers: int, threads: int) -> ServerLimit | None:
        """Return the bound of a stack; None without a number, or where it does not apply."""
        if self.of is None or self.at_most is None or workers <= self.above_workers:
            return None
        times = {"server": 1, "worker": workers, "thread": workers * threads}[self.per]
        return ServerLimit(self.of, self.at_most * times, self.what)


class Broken(Manifest):
    """A known failure."""

    when: When = "always"
    reason: Annotated[str, Field(min_length=1)]


class ProgramManifest(Manifest):
    """How a listening program is started, and its capabilities."""

    command: Annotated[tuple[CommandText, ...], Field(min_length=1)]
    env: Mapping[str, CommandText] = {}
    keep_alive: bool
    """Whether connections stay open after a response."""
    shares_port: bool
    """Whether a second instance can listen on the same port without an error."""
    workers: Setting
    """Processes that serve."""
    threads: Setting
    """Threads of each process; 1 where the server has no such setting."""
    limits: tuple[Limit, ...] = ()
    broken: tuple[Broken, ...] = ()
    """Known failures, for which the program is not started unless a user requests it."""
    python: tuple[PythonVersion, ...] = ()
    """Versions of CPython that it runs on, the best first; empty: the requested one."""
    protocols: Protocols = Protocols()
    """What it speaks beside HTTP/1.1."""

    reload: Literal["SIGHUP"] | None = None
    """The signal to the main process that replaces the workers of the running server."""

    version_of: Word | None = None
    """The package of the version in tables, where its name is not part of the server's."""
    version: str = ""
    """The version in tables, for a server that is not a package."""

    @field_validator("workers", "threads", mode="after")
    @classmethod
    def _is_passed_on(cls, setting: Setting, info: ValidationInfo) -> Setting:
        placeholder = f"{{{info.field_name}}}"
        texts = (*info.data.get("command", ()), *info.data.get("env", {}).values())
        if setting.max > 1 and texts and not any(placeholder in text for text in texts):
            raise ValueError(f"has a max above 1, but command and env never say {placeholder}")
        return setting

    @field_validator("protocols", mode="after")
    @classmethod
    def _can_be_switched_on(cls, protocols: Protocols, info: ValidationInfo) -> Protocols:
        if "command" not in info.data:
            return protocols
        for name, spoken in protocols.spoken():
            try:
                spoken.switched_on(info.data["command"])
                for word in spoken.add:
                    placeholders(word, (*COMMAND_PLACEHOLDERS, *PROTOCOL_PLACEHOLDERS))
            except ValueError as problem:
                raise ValueError(f"{name} {problem}") from None
        return protocols


class ServerDescription(ProgramManifest):
    """A server, or an app that serves itself."""

    name: Word
    title: str
    interface: Interface
    packages: tuple[Word, ...] = ()
    """Names with extras; versions come from the lock."""
    overrides: tuple[Word, ...] = ()
    """Packages whose pinned version overrides the requirements of others."""
    variant_of: Word | None = None
    """The server of which it is a variant: that one represents both in a race."""
    aside: str = ""
    """Why a race excludes it unless a user names it, as a clause; '' for those that take part."""
    usual: bool = False
    """Whether it is the default server of its interface."""
    production: Production | None = None
    """None: not known, and taken as fit."""

    def speaking(self, protocols: Iterable[Protocol]) -> Self:
        """Return it with these switched on, as far as something is known of them."""
        command, packages = self.command, self.packages
        for protocol in protocols:
            if (spoken := self.protocols.of(protocol)) is not None:
                command = spoken.switched_on(command)
                packages = tuple(dict.fromkeys((*packages, *spoken.packages)))
        return self.model_copy(update={"command": command, "packages": packages})

    def silent_on(self, protocol: Protocol) -> str:
        """Say, as a clause behind its name, why it does not speak a protocol; '' if it may.

        What carries every request has to be switched on: unless it is known how, it does not.
        """
        spoken = self.protocols.of(protocol)
        if spoken is None:
            return "has no known switch for it" if protocol in CARRIERS else ""
        return spoken.no


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
    """The app as a server."""
    services: tuple[Word, ...] = ()
    """Services that the app always talks to; a workload may name more."""
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
        named = {
            *info.data["services"],
            *(name for workload in workloads for name in workload.services),
        }
        offered = {of_service(name, what) for name in named for what in SERVICE_VALUES}
        for placeholder in _OF_SERVICE.findall(str(value)):
            if placeholder not in offered:
                listed = ", ".join(sorted(named)) or "none"
                problem = (
                    f"says {{{placeholder}}}, but the services of the app and its workloads are"
                )
                raise ValueError(f"{problem} {listed}")
        return value

    @model_validator(mode="after")
    def _can_be_served(self) -> Self:
        if not self.interfaces and self.program is None:
            raise ValueError("has neither interfaces nor a program: nothing can serve it")
        return self
