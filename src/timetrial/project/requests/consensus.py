"""What stacks agree on in their responses to one request, and which of them differ. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from timetrial.model import Request
from timetrial.project.requests.body_pattern import BodyPattern, common_pattern, first_difference
from timetrial.project.requests.sample import Sample

_Groups = dict[str, list[str]]
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
    against: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By name, where no majority says which response is right: the stacks with another one."""
    by_process: bool = False
    """Whether bodies of two processes of one stack differ where those of one do not."""


def consensus(request: Request, samples: Mapping[str, Sample]) -> Consensus:
    """Compare the responses of stacks, by name in their order; at least one is acceptable."""
    acceptable = {stack: sample for stack, sample in samples.items() if sample.is_wanted(request)}
    varying = [sample.pattern for sample in acceptable.values() if sample.by_process]
    groups = _groups(acceptable, varying)
    reference = max(groups, key=lambda name: len(groups[name]))
    agreed = acceptable[reference]
    staying = {stack: sample for stack, sample in acceptable.items() if _alike(sample, agreed)}
    heads = _evidence({stack: _head(agreed, sample) for stack, sample in staying.items()})
    bodies = _evidence({stack: _body(agreed, sample, varying) for stack, sample in staying.items()})
    all_differ = len(staying) >= _ENOUGH_TO_TELL and len(bodies) == len(staying) - 1
    differing = heads if all_differ else {**bodies, **heads}
    against = {} if all_differ else _against(groups, reference, differing)
    for stack in against.keys() - differing.keys():
        own, other = acceptable[stack], acceptable[against[stack][0]]
        differing[stack] = (
            _head(other, own) or _body(other, own, varying) or differing[against[stack][0]]
        )
    return Consensus(
        request,
        reference,
        agreed,
        common_pattern([agreed.pattern, *(sample.pattern for sample in staying.values())]),
        differing,
        {
            stack: _how_else(request, sample, agreed)
            for stack, sample in samples.items()
            if stack not in staying
        },
        all_differ,
        against,
        by_process=bool(varying),
    )


def _groups(samples: Mapping[str, Sample], varying: Sequence[BodyPattern | None]) -> _Groups:
    """Group stacks that agree, each group by the name of its first one."""
    groups: _Groups = {}
    for stack, sample in samples.items():
        same = (first for first in groups if _alike(sample, samples[first]))
        joined = next((first for first in same if _agree(samples[first], sample, varying)), stack)
        groups.setdefault(joined, []).append(stack)
    return groups


def _agree(first: Sample, other: Sample, varying: Sequence[BodyPattern | None]) -> bool:
    return not (_head(first, other) or _body(first, other, varying))


def _against(
    groups: _Groups, reference: str, differing: Mapping[str, str]
) -> Mapping[str, tuple[str, ...]]:
    """Name, for each stack of the largest groups, where there are several, those of the others."""
    largest = [
        group
        for first, group in groups.items()
        if len(group) == len(groups[reference]) and (first == reference or first in differing)
    ]
    return {
        stack: tuple(name for other in largest if other is not group for name in other)
        for group in largest
        for stack in group
        if len(largest) > 1
    }


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


def _body(agreed: Sample, other: Sample, varying: Sequence[BodyPattern | None]) -> str | None:
    """Describe the first difference of the bodies; None if each pattern fits the other's.

    None, too, if both fit what processes of one stack have in common (`varying`).
    """
    bodies = (*agreed.bodies, *other.bodies)
    if any(pattern is None or all(map(pattern.fits, bodies)) for pattern in varying):
        return None
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
