"""What the TOML files of a catalog may say."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Annotated, Literal, Self, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from timetrial.workload import Interface

COMMAND_PLACEHOLDERS = ("bin", "host", "port", "workers", "threads", "app", "data", "here")
"""Of a server: the environment's folder of programs, where to listen, the settings, `module:attr`,
the run's data folder, and the folder that the manifest lies in."""
APP_PLACEHOLDERS = ("data",)
SETUP_PLACEHOLDERS = ("python", "data")
"""An app's texts may also name its services, as {postgres_url} and {upstream_ca}."""

_OF_SERVICE = re.compile(r"\{([a-z][a-z0-9_]*_(?:url|ca))\}")
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
            offer = f"did you mean {{{near[0]}}}?" if near else f"known are {_listed(known)}"
            raise ValueError(f"has the unknown placeholder {{{name}}}; {offer}")
        found.add(name or "")
    return found


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(f"{{{name}}}" for name in names)


def of_service(service: str, what: Literal["url", "ca"]) -> str:
    """Name the placeholder that stands for a service's URL, or its certificate authority's file."""
    return f"{service.replace('-', '_')}_{what}"


def _checked_by(known: tuple[str, ...], *, services: bool = False) -> AfterValidator:
    def check(text: str) -> str:
        placeholders(text, (*known, *_OF_SERVICE.findall(text)) if services else known)
        return text

    return AfterValidator(check)


def _target(text: str) -> str:
    if not _TARGET.fullmatch(text):
        raise ValueError("must read 'module:attribute'")
    return text


def _word(text: str) -> str:
    if not text or any(character.isspace() for character in text):
        raise ValueError("must be a name without spaces")
    return text


def _path(text: str) -> str:
    if not text.startswith("/"):
        raise ValueError("must start with '/'")
    return text


def _by_interface(value: object) -> object:
    if isinstance(value, str):
        return {"wsgi": value, "asgi": value}
    if not isinstance(value, dict):
        raise ValueError("must be a path, or a table of paths by 'wsgi' and 'asgi'")  # noqa: TRY004 - pydantic turns ValueErrors alone into its own
    return value


_Texts = TypeVar("_Texts")

Word = Annotated[str, AfterValidator(_word)]
CommandText = Annotated[str, _checked_by(COMMAND_PLACEHOLDERS)]
AppText = Annotated[str, _checked_by(APP_PLACEHOLDERS, services=True)]
SetupText = Annotated[str, _checked_by(SETUP_PLACEHOLDERS, services=True)]
Target = Annotated[str, AfterValidator(_target)]
UrlPath = Annotated[str, AfterValidator(_path)]
Count = Annotated[int, Field(ge=1)]


class Manifest(BaseModel):
    """A TOML table: nothing is converted, nothing unknown is let through."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")


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


class ServerManifest(Manifest):
    """servers/NAME.toml."""

    name: Word
    title: str
    interface: Interface
    packages: tuple[Word, ...]
    """Names with extras; versions come from the lock."""
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

    @field_validator("workers", "threads", mode="after")
    @classmethod
    def _is_passed_on(cls, setting: Setting, info: ValidationInfo) -> Setting:
        placeholder = f"{{{info.field_name}}}"
        texts = (*info.data.get("command", ()), *info.data.get("env", {}).values())
        if setting.max > 1 and texts and not any(placeholder in text for text in texts):
            raise ValueError(f"has a max above 1, but command and env never say {placeholder}")
        return setting


class ExpectManifest(Manifest):
    """A correct response: its status, and its body, from here or from a file, or its length."""

    status: Annotated[int, Field(ge=100, le=599)] = 200
    body: str | None = None
    body_file: str | None = None
    """Path below the app's folder, UTF-8 text."""
    body_bytes: Annotated[int, Field(ge=0)] | None = None

    @model_validator(mode="after")
    def _says_it_once(self) -> Self:
        given = self.model_fields_set - {"status"}
        if len(given) > 1:
            raise ValueError(f"may have one of body, body_file and body_bytes, not {len(given)}")
        return self


class WorkloadManifest(Manifest):
    """One request of an app."""

    path: Annotated[Mapping[Interface, UrlPath], BeforeValidator(_by_interface)]
    expect: ExpectManifest = ExpectManifest()
    wait_ms: Annotated[float, Field(ge=0)] = 0.0
    services: tuple[Word, ...] = ()


class AppManifest(Manifest):
    """apps/NAME/app.toml."""

    name: Word
    title: str
    packages: tuple[Word, ...] = ()
    interfaces: Annotated[Mapping[Interface, Target], Field(min_length=1)]
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


class StackManifest(Manifest):
    """A server with settings of its own; what is not said here, the suite or server says."""

    server: Word
    name: Word | None = None
    workers: Count | None = None
    threads: Count | None = None

    @property
    def stack(self) -> str:
        return self.name or self.server


class WarmUpManifest(Manifest):
    requests: Count = 2_000
    at_most_s: Annotated[float, Field(gt=0)] = 5.0
    at_least_s: Annotated[float, Field(ge=0)] = 0.5

    @model_validator(mode="after")
    def _limits_are_in_order(self) -> Self:
        if self.at_least_s > self.at_most_s:
            raise ValueError(f"has at_least_s {self.at_least_s} above at_most_s {self.at_most_s}")
        return self


class ContestManifest(Manifest):
    """A workload, a load, and how long."""

    workload: Word
    name: Word | None = None
    """The workload's name where nothing else tells contests apart."""
    connections: Annotated[int, Field(ge=1, le=65_535)]
    timeout_s: Annotated[float, Field(gt=0)] = 10.0
    window_ms: Annotated[float, Field(ge=1)]
    lead_in_ms: Annotated[float, Field(ge=0)]
    windows: Annotated[int, Field(ge=2, multiple_of=2)]

    @property
    def contest(self) -> str:
        return self.name or self.workload


class SuiteManifest(Manifest):
    """suites/NAME.toml."""

    name: Word
    title: str
    app: Word
    servers: tuple[Word, ...] = ()
    stacks: tuple[StackManifest, ...] = ()
    workers: Count | None = None
    """For all stacks, as far as their server can; without it, each server's default."""
    threads: Count | None = None
    rounds: Count
    warm_up: WarmUpManifest = WarmUpManifest()
    contests: Annotated[tuple[ContestManifest, ...], Field(min_length=1)]
    services: Mapping[Word, Mapping[Word, str]] = {}
    """Settings of services, by their name; what is not said here, their manifests say."""

    def all_stacks(self) -> tuple[StackManifest, ...]:
        return (*(StackManifest(server=server) for server in self.servers), *self.stacks)
