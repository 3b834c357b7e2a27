"""What stacks agree on in their answers to one request, and who differs. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from timetrial.model.workload import Request
from timetrial.project.requests.body_pattern import BodyPattern, first_difference, in_common
from timetrial.project.requests.sample import Sample

_ENOUGH_TO_TELL = 3
"""Among so many stacks, a text that is nowhere the same is no server's fault."""


@dataclass(frozen=True, slots=True)
class Consensus:
    """What a correct response to one request is, as the stacks themselves have it."""

    asked: Request
    reference: str
    """The stack whose answers most others share; of several, the first."""
    sample: Sample
    """The reference's."""
    shape: BodyPattern | None
    """What the bodies of all stacks that stay have in common; None where that is too little."""
    differing: Mapping[str, str]
    """In what stacks differ that stay: their status is the same."""
    out: Mapping[str, str]
    """How stacks answer that cannot stay: with another status."""
    all_differ: bool = False
    """Whether each stack has a body of its own, so that none of them can be called different."""


def consensus(asked: Request, samples: Mapping[str, Sample]) -> Consensus:
    """Compare the answers of stacks, in their order; one of them at least is a wanted one."""
    wanted = {stack: sample for stack, sample in samples.items() if sample.is_wanted(asked)}
    reference = _reference(wanted)
    agreed = wanted[reference]
    staying = {stack: sample for stack, sample in wanted.items() if _alike(sample, agreed)}
    heads = _evidence({stack: _head(agreed, sample) for stack, sample in staying.items()})
    bodies = _evidence({stack: _body(agreed, sample) for stack, sample in staying.items()})
    all_differ = len(staying) >= _ENOUGH_TO_TELL and len(bodies) == len(staying) - 1
    return Consensus(
        asked,
        reference,
        agreed,
        _shape([agreed, *staying.values()]),
        heads if all_differ else {**bodies, **heads},
        {
            stack: _how_else(asked, sample, agreed)
            for stack, sample in samples.items()
            if stack not in staying
        },
        all_differ,
    )


def _reference(samples: Mapping[str, Sample]) -> str:
    """Choose the stack with which most agree; of several, the first."""
    supporters = dict.fromkeys(samples, 0)
    chosen: list[str] = []
    for stack, sample in samples.items():
        same = (c for c in chosen if _alike(sample, samples[c]))
        speaker = next((c for c in same if not _differ(samples[c], sample)), None)
        if speaker is None:
            chosen.append(stack)
        supporters[speaker or stack] += 1
    return max(supporters, key=supporters.__getitem__)


def _alike(one: Sample, other: Sample) -> bool:
    return one.statuses == other.statuses or (
        one.status == other.status and one.is_steady and other.is_steady
    )


def _differ(one: Sample, other: Sample) -> bool:
    return bool(_head(one, other) or _body(one, other))


def _evidence(found: Mapping[str, str | None]) -> dict[str, str]:
    return {stack: evidence for stack, evidence in found.items() if evidence}


def _head(agreed: Sample, other: Sample) -> str | None:
    """Say which header that counts differs; None if none does."""
    for name, one, another in (
        ("content type", agreed.content_type, other.content_type),
        ("content encoding", agreed.encoding, other.encoding),
    ):
        if _plain(one) != _plain(another):
            return f"{name} {another or 'none'!r} instead of {one or 'none'!r}"
    return None


def _body(agreed: Sample, other: Sample) -> str | None:
    """Say where the body differs; None if nowhere that counts."""
    if agreed.shape is None or other.shape is None or agreed.shape == other.shape:
        return None
    misfit = next((body for body in other.bodies if not agreed.shape.fits(body)), None)
    if misfit is None or all(map(other.shape.fits, agreed.bodies)):
        return None
    return first_difference(agreed.shape, misfit)


def _plain(value: str) -> str:
    """Write a header's value without what makes no difference."""
    return "".join(value.lower().split())


def _shape(samples: Sequence[Sample]) -> BodyPattern | None:
    shape = samples[0].shape
    for sample in samples[1:]:
        shape = shape and sample.shape and in_common(shape, sample.shape)
    return shape


def _how_else(asked: Request, sample: Sample, agreed: Sample) -> str:
    if sample.problem:
        return f"{asked.label} {sample.problem}"
    return f"{asked.label} answered {statuses(sample)} instead of {agreed.status}"


def statuses(sample: Sample) -> str:
    """Write what came: 'status 500', or 'status 201 and then 409'."""
    return f"status {' and then '.join(dict.fromkeys(map(str, sample.statuses)))}"
