"""Every error that Timetrial raises on purpose.

TimetrialError
├── BadInput                what the user gave cannot be used (exit code 2)
│   ├── UnknownName         no server, app, suite or run of that name
│   ├── ManifestError       a TOML file says something that its schema does not allow
│   ├── AppImportError      the app under test cannot be imported
│   ├── AppFailed           the app under test answers with an error of its own
│   ├── PortTaken           something else listens where a server was to be started
│   └── BadTarget           a URL that cannot or must not be loaded
├── StackFailed             a server did not install, start, answer or stay alive
├── ServiceFailed           a service did not install, start, answer or stay alive
├── EngineFault             the load engine's accounts do not add up
├── ToolFailed              wrk or k6 failed
├── DiskFull                a disk, or the quota on it, is full
└── StoreError              a store that cannot be read or written
"""

from __future__ import annotations

import difflib
import errno
from typing import TYPE_CHECKING

from timetrial.model.text import alternatives

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from timetrial.model.measurement import Phase


DYNAMIC = "name it by --dynamic REGEX"
"""What to do where an app's bodies differ, and may."""


class TimetrialError(Exception):
    """The root of the tree: catch it to catch them all."""


class BadInput(TimetrialError):  # noqa: N818 - reads well at every raise
    """What the user gave cannot be used; the message is one sentence that says why."""


class UnknownName(BadInput):
    """No such server, app, suite or run; the nearest known names are offered."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        self.kind = kind
        self.name = name
        self.known = sorted(known)
        near = difflib.get_close_matches(name, self.known, n=3, cutoff=0.5)
        if near:
            offer = f"; did you mean {alternatives(map(repr, near))}?"
        elif self.known:
            offer = f"; known are {', '.join(self.known)}"
        else:
            offer = ", there is none at all"
        super().__init__(f"there is no {kind} called {name!r}{offer}")


class ManifestError(BadInput):
    """A manifest breaks its schema: names file, key, offending value and what is allowed."""

    def __init__(self, file: Path, key: str | None, problem: str) -> None:
        self.file = file
        self.key = key
        self.problem = problem
        place = f"{file}: {key}" if key else f"{file}"
        super().__init__(f"{place}: {problem}")


class AppImportError(BadInput):
    """The app under test does not import; carries the last line of its traceback.

    `detail` is the traceback itself, shortened; '' where there is none.
    """

    def __init__(self, problem: str, detail: str = "") -> None:
        self.detail = detail
        super().__init__(problem)


class AppFailed(BadInput):
    """The app under test fails on every server.

    `detail` is the traceback that a server has logged, shortened; '' where there is none.
    """

    def __init__(self, problem: str, detail: str = "") -> None:
        self.detail = detail
        super().__init__(problem)


class PortTaken(BadInput):
    """Another process listens on a port that a server was to use."""


class BadTarget(BadInput):
    """A URL that is not HTTP, or a host that needs permission to be loaded."""


class StackFailed(TimetrialError):  # noqa: N818 - an outcome that is recorded, not a bug
    """A stack failed in some phase; the run records it and goes on."""

    def __init__(
        self,
        phase: Phase,
        reason: str,
        log_tail: str = "",
        *,
        body_differs: bool = False,
        blameless: bool = False,
    ) -> None:
        self.phase = phase
        self.reason = reason
        self.log_tail = log_tail
        self.body_differs = body_differs
        """Whether nothing but the body of a response was other than expected."""
        self.blameless = blameless
        """Whether something outside ended the stack."""
        self.is_advised = False
        """Whether the reason says what to type if the body may differ."""
        super().__init__(f"{phase}: {reason}")

    def with_log(self, reason: str, log_tail: str) -> StackFailed:
        """Return the same failure with the end of a log, its reason told in other words."""
        again = StackFailed(
            self.phase,
            reason,
            log_tail,
            body_differs=self.body_differs,
            blameless=self.blameless,
        )
        again.is_advised = self.is_advised
        return again

    def with_advice(self) -> StackFailed:
        """Add, to a body of the user's own app that differs, what to type if that is right."""
        if not self.body_differs or self.is_advised:
            return self
        reason = f"{self.reason.rstrip('.')}; if that may differ, {DYNAMIC}"
        advised = self.with_log(reason, self.log_tail)
        advised.is_advised = True
        return advised


class ServiceFailed(TimetrialError):  # noqa: N818 - an outcome, not a bug
    """A backing service failed: nothing that needs it can be measured."""

    def __init__(self, service: str, reason: str, log_tail: str = "") -> None:
        self.service = service
        self.reason = reason
        self.log_tail = log_tail
        super().__init__(f"the service {service!r} {reason}")


class EngineFault(TimetrialError):  # noqa: N818 - the engine's own term
    """The accounting of the load engine does not add up: a bug, never a result."""


class ToolFailed(TimetrialError):  # noqa: N818 - an outcome, as StackFailed is
    """A third-party load tool failed, or reported impossible figures."""

    def __init__(self, tool: str, what: str) -> None:
        self.tool = tool
        self.what = what
        super().__init__(f"{tool} {what}")


class StoreError(TimetrialError):
    """The store cannot be opened, read or written."""


FULL_DISK = frozenset({errno.ENOSPC, errno.EDQUOT})
"""The numbers of errors that say that a disk is full."""


class DiskFull(TimetrialError):  # noqa: N818 - an outcome, not a bug
    """A file could not be written for want of room."""

    def __init__(self, error: OSError) -> None:
        where = f"{str(error.filename)!r} cannot be written: " if error.filename else ""
        super().__init__(f"{where}{error.strerror}")
