"""What wrk and k6 have in common as drivers: the tool is started afresh for each load."""

from __future__ import annotations

import re
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import ClassVar, Generic, TypeVar

from timetrial.drivers.driver import Closing, LoadResult, LoadSpec, SessionConfig, Target
from timetrial.machine.own_folder import OwnFolder
from timetrial.model import TOKEN, BadInput, DriverName, Request

_VERSION_WITHIN_S = 30.0


class ToolDriver(ABC):
    """A load tool that is installed on this machine."""

    name: ClassVar[DriverName]
    version_option: ClassVar[str]
    version_pattern: ClassVar[str]
    """A regular expression whose only group is the version."""

    def __init__(self, program: Path) -> None:
        self.program = program

    @cached_property
    def version(self) -> str:
        printed = subprocess.run(
            [str(self.program), self.version_option],
            capture_output=True,
            text=True,
            timeout=_VERSION_WITHIN_S,
            check=False,  # wrk prints its version with its usage, and exits with 1
        ).stdout
        match = re.search(self.version_pattern, printed)
        return match[1] if match else "of an unknown version"

    @classmethod
    def refusal(cls, target: Target, setting: SessionConfig, spec: LoadSpec) -> str | None:
        """Return in one sentence what the tool cannot do of this load; None: it can do it all."""
        if spec.idle:
            return f"{cls.name} holds no connections idle: leave them to the engine"
        return next(cls.limits(target, setting, spec), None)

    @classmethod
    @abstractmethod
    def limits(cls, target: Target, setting: SessionConfig, spec: LoadSpec) -> Iterator[str]:
        """Yield a sentence for each part of a load that the tool cannot do."""

    @classmethod
    def limits_of_setting(cls, setting: SessionConfig) -> Iterator[str]:
        """Yield what no tool but the engine can do of a setting."""
        if setting.backend != "auto":
            yield f"{cls.name} does not let the backend {setting.backend!r} be chosen"

    @classmethod
    def limits_of_target(cls, target: Target) -> Iterator[str]:
        """Yield what no tool but the engine can do at a target."""
        if target.tls is not None:
            yield f"{cls.name} is driven over plain HTTP here: a target with TLS needs the engine"
        elif target.is_http2:
            yield f"{cls.name} is driven over HTTP/1.1 here: HTTP/2 needs the engine"
        if target.address.startswith("unix:"):
            yield f"{cls.name} reaches no Unix socket such as {target.address!r}"
        if any(request.upload for request in target.requests):
            yield f"{cls.name} sends no bodies in pieces here: uploads need the engine"
        if any(request.message for request in target.requests):
            yield f"{cls.name} is driven by requests of HTTP here: WebSockets need the engine"
        if any(request.stream for request in target.requests):
            yield f"{cls.name} is driven by whole responses here: streams need the engine"
        if target.sources:
            yield f"{cls.name} does not choose the address that it connects from"
        if any(TOKEN in part for request in target.requests for part in _texts(request)):
            yield f"{cls.name} gives no request a number of its own: {TOKEN!r} needs the engine"


def _texts(request: Request) -> Iterator[str]:
    yield request.path
    yield request.body.decode("utf-8", errors="replace")
    for _, value in request.headers:
        yield value
    if request.expect is not None:
        yield request.expect.body_template or ""


ToolT = TypeVar("ToolT", bound=ToolDriver)


class ToolSession(Closing, Generic[ToolT]):
    """A session without connections: its loads share nothing but a temporary folder."""

    interrupted: tuple[LoadResult, ...] = ()

    def __init__(self, driver: ToolT, targets: tuple[Target, ...], setting: SessionConfig) -> None:
        self._driver = driver
        self._targets = targets
        self._setting = setting
        self._folder = OwnFolder("tool")

    def close(self) -> None:
        self._folder.cleanup()

    def _target(self, spec: LoadSpec) -> Target:
        """Return the target of a load. Raises BadInput for what the tool cannot do."""
        target = self._targets[spec.target]
        if refusal := self._driver.refusal(target, self._setting, spec):
            raise BadInput(refusal)
        return target
