"""What the TOML files of services may say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from timetrial.catalog.manifest import Count, Manifest, Word
from timetrial.catalog.schema import placeholders, with_placeholders
from timetrial.model.delay import read_delay

SERVICE_PLACEHOLDERS = (
    "timetrial", "bin", "site", "home", "host", "port", "data", "here"
)  # fmt: skip
"""The interpreter that runs Timetrial, the environment's folders of programs and of packages, the
folder that its programs were found in, where to listen, the service's data folder for the run, and
the folder that the manifest lies in."""
HOME_PLACEHOLDERS = ("bin", "site")
URL_PLACEHOLDERS = ("host", "port", "secret")
FILE_PLACEHOLDERS = ("secret",)
"""A password that is made for the run: others on the machine can reach services, too."""
DATA_PLACEHOLDERS = ("data",)

Speaks = Literal["http", "https", "postgres", "redis"]


class ServiceSetting(Manifest):
    """Something about a service that a suite may say otherwise."""

    kind: Literal["latency", "text"]
    default: str

    def problem(self, value: str) -> str | None:
        """Say what is wrong with a value, as the end of a sentence; None if nothing is."""
        if self.kind == "latency":
            try:
                read_delay(value)
            except ValueError as error:
                return str(error)
        return None

    @model_validator(mode="after")
    def _default_is_possible(self) -> Self:
        problem = self.problem(self.default)
        if problem:
            raise ValueError(f"has the default {self.default!r}, which {problem}")
        return self


class ServiceManifest(Manifest):
    """services/NAME.toml."""

    name: Word
    title: str
    speaks: Speaks
    """How it is asked whether it is ready, and what it has done."""
    packages: tuple[Word, ...] = ()
    """Names with extras; versions come from the lock."""
    programs: tuple[Word, ...] = ()
    """What it is started with; the folder that has them all is {home}."""
    homes: tuple[Annotated[str, with_placeholders(HOME_PLACEHOLDERS)], ...] = ()
    """Folders to look for them, with wildcards, the best one first; the PATH comes last."""
    settings: Mapping[Word, ServiceSetting] = {}
    files: Mapping[Word, Annotated[str, with_placeholders(FILE_PLACEHOLDERS)]] = {}
    """What {data} holds from the beginning, by name; others cannot read it."""
    setup: tuple[Annotated[tuple[str, ...], Field(min_length=1)], ...] = ()
    """Commands that run before the start."""
    command: Annotated[tuple[str, ...], Field(min_length=1)]
    version: tuple[str, ...] = ()
    """A command that prints what is started."""
    url: Annotated[str, with_placeholders(URL_PLACEHOLDERS)]
    ca: Annotated[str, with_placeholders(DATA_PLACEHOLDERS)] | None = None
    """The file with the certificate authority that clients have to trust."""
    control: Annotated[str, with_placeholders(DATA_PLACEHOLDERS)] | None = None
    """The file with the port on which it tells its counts, as Timetrial's own stand-ins do."""
    refuses_root: bool = False
    """Whether it has to be started as somebody else where Timetrial runs as root."""
    cores: Count | None = None
    """The most cores that it can use; without it, all that it is given."""

    @model_validator(mode="after")
    def _commands_can_be_filled_in(self) -> Self:
        known = (*SERVICE_PLACEHOLDERS, *self.settings)
        for key, command in (
            *((f"setup[{index}]", each) for index, each in enumerate(self.setup)),
            ("command", self.command),
            ("version", self.version),
        ):
            for text in command:
                try:
                    placeholders(text, known)
                except ValueError as error:
                    raise ValueError(f"{key}: {text!r} {error}") from None
        return self
