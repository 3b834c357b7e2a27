"""What all servers answer, before anything is measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from timetrial.model.errors import StackFailed
from timetrial.model.suite import Stack
from timetrial.model.workload import Workload
from timetrial.project.requests.checked import CheckKind


@dataclass(frozen=True, slots=True)
class SampledResponse:
    """One request, and what the reference has answered."""

    request: str
    """Its label, as 'GET /items'."""
    status: int
    content_type: str
    """'' where none is said."""
    body_bytes: int
    took_s: float
    """Of one answer of a server that had been asked once before, with connecting."""
    how: CheckKind
    """What is checked of a response while it is measured."""


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A stack that answers a request otherwise than the others."""

    stack: str
    request: str
    evidence: str
    """In what: 'content type …', or the first place in the body, with some characters around."""


@dataclass(frozen=True, slots=True)
class Agreed:
    """A workload whose expectations hold for every stack that stays."""

    workload: Workload
    seen: tuple[SampledResponse, ...]
    """Each distinct request, in the order of the mix."""
    disagreements: tuple[Disagreement, ...] = ()
    """Of stacks that stay: the status is the same."""
    failed: Mapping[str, StackFailed] = field(default_factory=dict)
    """By name, the stacks that cannot stay: they give no answer, or another status."""
    notes: tuple[str, ...] = ()
    """What is not checked, and what was left out, a sentence each."""

    def staying(self, stacks: Sequence[Stack]) -> tuple[Stack, ...]:
        """Leave out the stacks that cannot stay, and write on the others how they differ."""
        return tuple(
            replace(stack, differs=self._differs(stack.name))
            for stack in stacks
            if stack.name not in self.failed
        )

    def _differs(self, stack: str) -> str:
        own = [each for each in self.disagreements if each.stack == stack]
        if not own:
            return ""
        more = f", and {len(own) - 1} more" if len(own) > 1 else ""
        return f"{own[0].request} ({own[0].evidence}){more}"
