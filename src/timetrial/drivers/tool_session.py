"""A session of a tool that is started afresh for each drive."""

from __future__ import annotations

import tempfile
from typing import Generic, Protocol, TypeVar

from timetrial.drivers.driver import Closing, LoadSpec, SessionConfig, Target
from timetrial.model.errors import BadInput


class Tool(Protocol):
    """A driver that knows what its tool cannot do."""

    @staticmethod
    def refusal(target: Target, setting: SessionConfig, spec: LoadSpec) -> str | None: ...


ToolT = TypeVar("ToolT", bound=Tool)


class ToolSession(Closing, Generic[ToolT]):
    """Drives have nothing in common but the temporary folder."""

    def __init__(self, driver: ToolT, targets: tuple[Target, ...], setting: SessionConfig) -> None:
        self._driver = driver
        self._targets = targets
        self._setting = setting
        self._folder = tempfile.TemporaryDirectory(prefix="timetrial-tool-")

    def close(self) -> None:
        self._folder.cleanup()

    def _target(self, spec: LoadSpec) -> Target:
        """Return what is driven; raises BadInput for what the tool cannot do."""
        target = self._targets[spec.target]
        if refusal := self._driver.refusal(target, self._setting, spec):
            raise BadInput(refusal)
        return target
