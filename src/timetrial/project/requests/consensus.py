"""What stacks agree on in their responses to one request, and which of them differ. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from timetrial.model import Request
from timetrial.project.requests.body_pattern import BodyPattern, common_pattern, first_difference
from timetrial.project.requests.sample import Sample

_ENOUGH_TO_TELL = 3
"""From this many stacks on, a body that each has of its own comes from the app, not a server."""


@dataclass(frozen=True, slots=True)
class Consensus:
    """The correct response to one request, as most stacks give it."""

    request: Request
    reference: str
    """The stack whose responses most others share; the first of several."""
    sample: Sample
    """The responses of the reference."""
    pattern: BodyPattern | None
    """What the bodies of all remaining stacks have in common; None if that is too little."""
    differing: Mapping[str, str]
    """By name, how remaining stacks differ: their status is the same."""
    out: Mapping[str, str]
    """By name, the responses of excluded stacks: their status differs."""
    all_differ: bool = False
    """Whether every stack has its own body, so that none of them counts as different."""


def consensus(request: Request, samples: Mapping[str, Sample]) -> Consensus:
    """Compare the responses of stacks, by name in their order; at least one is acceptable."""
    acceptable = {stack: sample for stack, sample in samples.items() if sample.is_wanted(request)}
    reference = _reference(acceptable)
    agreed = acceptable[reference]
    staying = {stack: sample for stack, sample in acceptable.items() if _alike(sample, agreed)}
    heads = _evidence({stack: _head(agreed, sample) for stack, sample in staying.items()})
    bodies = _evidence({stack: _body(agreed, sample) for stack, sample in staying.items()})
    all_differ = len(staying) >= _ENOUGH_TO_TELL and len(bodies) == len(staying) - 1
    return Consensus(
        request,
        reference,
        agreed,
        common_pattern([agreed.pattern, *(sample.pattern for sample in staying.values())]),
        heads if all_differ else {**bodies, **heads},
        {
            stack: _how_else(request, sample, agreed)
            for stack, sample in samples.items()
            if stack not in staying
        },
        all_differ,
    )


def _reference(samples: Mapping[str, Sample]) -> str:
    """Return the stack that most others agree with; the first of several."""
    supporters = dict.fromkeys(samples, 0)
    chosen: list[str] = []
    for stack, sample in samples.items():
        same = (c for c in chosen if _alike(sample, samples[c]))
        supported = next(
            (c for c in same if not (_head(samples[c], sample) or _body(samples[c], sample))), None
        )
        if supported is None:
            chosen.append(stack)
        supporters[supported or stack] += 1
    return max(supporters, key=supporters.__getitem__)


def _alike(sample: Sample, other: Sample) -> bool:
    return sample.statuses == other.statuses or (
        sample.status == other.status and sample.is_steady and other.is_steady
    )


def _evidence(found: Mapping[str, str | None]) -> dict[str, str]:
    return {stack: evidence for stack, evidence in found.items() if evidence}


def _head(agreed: Sample, other: Sample) -> str | None:
    """Describe the header that differs, of those that are compared; None if none does."""
    for name, expected, actual in (
        ("content type", agreed.content_type, other.content_type),
        ("content encoding", agreed.encoding, other.encoding),
    ):
        if _plain(expected) != _plain(actual):
            return f"{name} {actual or 'none'!r} instead of {expected or 'none'!r}"
    return None


def _body(agreed: Sample, other: Sample) -> str | None:
    """Describe the first difference of the bodies; None if each pattern fits the other's."""
    if agreed.pattern is None or other.pattern is None or agreed.pattern == other.pattern:
        return None
    misfit = next((body for body in other.bodies if not agreed.pattern.fits(body)), None)
    if misfit is None or all(map(other.pattern.fits, agreed.bodies)):
        return None
    return first_difference(agreed.pattern, misfit)


def _plain(value: str) -> str:
    """Return a header's value in lower case and without blanks."""
    return "".join(value.lower().split())


def _how_else(request: Request, sample: Sample, agreed: Sample) -> str:
    if sample.problem:
        return f"{request.label} {sample.problem}"
    return f"{request.label} answered {statuses(sample)} instead of {agreed.status}"


def statuses(sample: Sample) -> str:
    """Name the statuses of a sample: 'status 500', or 'status 201 and then 409'."""
    return f"status {' and then '.join(dict.fromkeys(map(str, sample.statuses)))}"
