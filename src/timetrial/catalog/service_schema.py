"""The schema of the TOML files of services."""

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
folder of its programs, where to listen, the service's data folder for the run, and the manifest's
folder."""
HOME_PLACEHOLDERS = ("bin", "site")
URL_PLACEHOLDERS = ("host", "port", "secret")
FILE_PLACEHOLDERS = ("secret",)
"""A password for the run, because other users of the machine can reach services, too."""
DATA_PLACEHOLDERS = ("data",)

Speaks = Literal["http", "https", "postgres", "redis"]


class ServiceSetting(Manifest):
    """A setting of a service that a suite may override."""

    kind: Literal["latency", "text"]
    default: str

    def problem(self, value: str) -> str | None:
        """Return the problem of a value, as the end of a sentence; None: it is valid."""
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
    """The protocol of readiness checks and of counts."""
    packages: tuple[Word, ...] = ()
    """Names with extras; versions come from the lock."""
    programs: tuple[Word, ...] = ()
    """Programs that it needs; the folder that has them all is {home}."""
    homes: tuple[Annotated[str, with_placeholders(HOME_PLACEHOLDERS)], ...] = ()
    """Folders to search for them, with wildcards, the best one first; the PATH comes last."""
    settings: Mapping[Word, ServiceSetting] = {}
    files: Mapping[Word, Annotated[str, with_placeholders(FILE_PLACEHOLDERS)]] = {}
    """Initial files of {data}, by name; other users cannot read them."""
    setup: tuple[Annotated[tuple[str, ...], Field(min_length=1)], ...] = ()
    """Commands that run before the start."""
    command: Annotated[tuple[str, ...], Field(min_length=1)]
    version: tuple[str, ...] = ()
    """A command that prints the version."""
    url: Annotated[str, with_placeholders(URL_PLACEHOLDERS)]
    ca: Annotated[str, with_placeholders(DATA_PLACEHOLDERS)] | None = None
    """The file of the certificate authority that clients have to trust."""
    control: Annotated[str, with_placeholders(DATA_PLACEHOLDERS)] | None = None
    """The file with the port on which it reports its counts, as Timetrial's stub servers do."""
    refuses_root: bool = False
    """Whether it has to run as another user where Timetrial runs as root."""
    cores: Count | None = None
    """The most cores that it can use; None: all that it is given."""

    @model_validator(mode="after")
    def _commands_can_be_filled_in(self) -> Self:
        known = (*SERVICE_PLACEHOLDERS, *self.settings)
        for key, command in (
            *((f"setup[{index}]", step) for index, step in enumerate(self.setup)),
            ("command", self.command),
            ("version", self.version),
        ):
            for text in command:
                try:
                    placeholders(text, known)
                except ValueError as error:
                    raise ValueError(f"{key}: {text!r} {error}") from None
        return self
