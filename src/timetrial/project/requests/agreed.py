"""The responses that all servers agree on, sampled before measuring."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from timetrial.model import Stack, StackFailed, Workload
from timetrial.project.requests.checked import CheckKind


@dataclass(frozen=True, slots=True)
class SampledResponse:
    """One request, and the response of the reference stack."""

    request: str
    """Its label, as 'GET /items'."""
    status: int
    content_type: str
    """'' if the response has none."""
    body_bytes: int
    took_s: float
    """Time of the quickest response, connecting included, of servers that had responded before."""
    how: CheckKind
    """What is checked of a response while measuring."""


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A stack whose response to a request differs from the others'."""

    stack: str
    request: str
    evidence: str
    """The difference: 'content type …', or the first one in the body with its context."""
    against: tuple[str, ...] = ()
    """Where no majority says which response is right: the stacks with another one."""


@dataclass(frozen=True, slots=True)
class Agreed:
    """A workload whose expectations hold for all remaining stacks."""

    workload: Workload
    seen: tuple[SampledResponse, ...]
    """One for each distinct request, in the order of the mix."""
    disagreements: tuple[Disagreement, ...] = ()
    """Of remaining stacks: their status is the same."""
    failed: Mapping[str, StackFailed] = field(default_factory=dict)
    """By name, the stacks that are excluded: they gave no response, or another status."""
    notes: tuple[str, ...] = ()
    """What is not checked, and what was left out, a sentence each."""

    def staying(self, stacks: Sequence[Stack]) -> tuple[Stack, ...]:
        """Leave out the excluded stacks, and note on the others how they differ."""
        return tuple(
            replace(
                stack,
                differs=self._differs(stack.name),
                differs_from=self._against(stack.name),
            )
            for stack in stacks
            if stack.name not in self.failed
        )

    def _against(self, stack: str) -> tuple[str, ...]:
        """Name those that it differs from, unless a majority is against it in some request."""
        found = [found.against for found in self.disagreements if found.stack == stack]
        return tuple(dict.fromkeys(name for names in found for name in names)) if all(found) else ()

    def _differs(self, stack: str) -> str:
        differences = [found for found in self.disagreements if found.stack == stack]
        if not differences:
            return ""
        more = f", and {len(differences) - 1} more" if len(differences) > 1 else ""
        return f"{differences[0].request} ({differences[0].evidence}){more}"
