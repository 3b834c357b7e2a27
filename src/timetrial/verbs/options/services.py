"""Services of the user's that take the place of those that a run would start."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import Field, FilePath, model_validator

from timetrial.model import BadInput
from timetrial.verbs.options.options import CommandLine, Options


class ServiceOptions(Options):
    """The URL of each service that need not be started."""

    section = "Services of your own"

    upstream_ca: Annotated[
        FilePath | None,
        Field(description="Certificates (PEM) for --upstream  [default: the system's]"),
        CommandLine(metavar="FILE"),
    ] = None
    postgres: Annotated[
        str | None,
        Field(description="Use an existing server, postgresql://…"),
        CommandLine(metavar="URL"),
    ] = None
    redis: Annotated[
        str | None,
        Field(description="Use an existing server, redis://…"),
        CommandLine(metavar="URL"),
    ] = None
    fake_database: Annotated[
        str | None,
        Field(description="Use an existing server, http://…"),
        CommandLine(metavar="URL"),
    ] = None
    upstream: Annotated[
        str | None,
        Field(description="Use an existing server, https://…"),
        CommandLine(metavar="URL"),
    ] = None

    @model_validator(mode="after")
    def _check_authorities(self) -> Self:
        if self.upstream_ca is not None and not self.upstream:
            raise BadInput("--upstream-ca is for --upstream URL, which is not given")
        return self

    def urls(self) -> Mapping[str, str]:
        """Return those that were given, by the service's name."""
        named = {
            "postgres": self.postgres,
            "redis": self.redis,
            "fake-database": self.fake_database,
            "upstream": self.upstream,
        }
        return {name: url for name, url in named.items() if url}
