"""Published conclusions: whether their own figures support them, and whether ours do."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from timetrial.features.published.collection import Claim, Pair
from timetrial.features.published.our_results import OurPair, pairs
from timetrial.features.published.row import JudgedRow
from timetrial.features.published.row_order import Direction, Noise, direction
from timetrial.model import Summary

MARGIN = 1.05
"""'Not higher' is supported where a throughput higher by more than this ratio is ruled out."""

Answer = Literal["for", "against", "open", "not measured"]
Bearing = Literal["borne out", "borne out in part", "never borne out", "contradicted"]
Outcome = Literal["holds", "holds in part", "does not hold", "cannot tell", "not measured"]


@dataclass(frozen=True, slots=True)
class PairAnswer:
    """One pair of a claim, in the published documents and in a run."""

    pair: Pair
    theirs: Answer
    their_directions: tuple[Direction, ...]
    """One for each document that has both rows."""
    ours: Answer
    our_pair: OurPair


@dataclass(frozen=True, slots=True)
class JudgedClaim:
    """A claim, and how it was judged."""

    claim: Claim
    published: Bearing
    """By the published figures themselves."""
    here: Outcome
    """By a run of ours."""
    answers: tuple[PairAnswer, ...]


def judge_claims(
    claims: Sequence[Claim], rows: Sequence[JudgedRow], noise: Noise, summary: Summary
) -> tuple[JudgedClaim, ...]:
    """Judge each claim by all of its pairs; pairs across benchmarks are one family."""
    wanted = list(dict.fromkeys(pair for claim in claims for pair in claim.pairs))
    ours = dict(zip(wanted, pairs(summary, wanted), strict=True))
    cpus = len(summary.run.machine.server_cpus)
    return tuple(_judged(claim, rows, noise, ours, cpus) for claim in claims)


def _judged(
    claim: Claim,
    rows: Sequence[JudgedRow],
    noise: Noise,
    ours: dict[Pair, OurPair],
    server_cpus: int,
) -> JudgedClaim:
    answers = []
    for pair in claim.pairs:
        published = tuple(_directions(pair, rows, noise))
        theirs = _together({their_answer(claim, pair_direction) for pair_direction in published})
        our = as_far_as_told(claim, ours[pair], server_cpus)
        answers.append(PairAnswer(pair, theirs, published, our_answer(claim, our), our))
    return JudgedClaim(
        claim,
        bearing([answer.theirs for answer in answers]),
        outcome([answer.ours for answer in answers]),
        tuple(answers),
    )


def their_answer(claim: Claim, published: Direction) -> Answer:
    """Judge one published pair."""
    if claim.times is not None:
        if published.heading == "cannot tell" or published.ratio is None:
            return "open"
        return "for" if claim.times[0] <= published.ratio <= claim.times[1] else "against"
    if claim.relation == "not higher":
        if published.heading == "cannot tell":
            # The difference is within noise, neither figure is void: the first is not higher.
            return "for" if published.ratio is not None else "open"
        return "for" if published.heading == "lower" else "against"
    if published.heading == "cannot tell":
        return "open"
    return "for" if published.heading == "higher" or claim.relation == "different" else "against"


def as_far_as_told(claim: Claim, our_pair: OurPair, server_cpus: int) -> OurPair:
    """Withdraw a verdict that takes more CPUs than the servers had."""
    if server_cpus >= claim.server_cpus or our_pair.verdict == "not measured":
        return our_pair
    had = f"servers had {server_cpus} CPU{'' if server_cpus == 1 else 's'}"
    return replace(our_pair, verdict="no verdict", why=f"{had}, telling takes {claim.server_cpus}")


def our_answer(claim: Claim, our_pair: OurPair) -> Answer:
    """Judge a pair of ours; a ratio decides where its whole interval lies on one side."""
    if our_pair.verdict == "not measured":
        return "not measured"
    if our_pair.verdict in {"no verdict", "not judged"}:
        return "open"
    if claim.times is not None:
        return _within(claim.times, our_pair)
    if claim.relation == "different":
        return _whether_different(our_pair)
    if our_pair.verdict in {"no difference detected", "equivalent"}:
        return "for" if claim.relation == "not higher" and _is_ruled_out(our_pair) else "open"
    return "for" if (our_pair.verdict == "lower") == (claim.relation == "not higher") else "against"


def bearing(answers: Sequence[Answer]) -> Bearing:
    """Sum up what published pairs say."""
    count = Counter(answers)
    if count["against"]:
        return "contradicted"
    if not count["for"]:
        return "never borne out"
    return "borne out" if count["for"] == len(answers) else "borne out in part"


def outcome(answers: Sequence[Answer]) -> Outcome:
    """Sum up what our pairs say."""
    count = Counter(answers)
    if count["against"]:
        return "does not hold"
    if count["for"]:
        return "holds" if count["for"] == len(answers) else "holds in part"
    return "cannot tell" if count["open"] else "not measured"


def _directions(pair: Pair, rows: Sequence[JudgedRow], noise: Noise) -> Iterator[Direction]:
    """Compare the two rows in every document that has both."""
    if pair.over is not None:  # no document has leads
        return
    for one, other in itertools.product(rows, repeat=2):
        same_document = one.row.document == other.row.document
        if same_document and (one.row.cell, other.row.cell) == (pair.one, pair.other):
            yield direction(one, other, noise)


def _together(answers: set[Answer]) -> Answer:
    """Return the answer on which all documents agree, or 'open'."""
    decided = answers & {"for", "against"}
    return next(iter(decided)) if len(decided) == 1 else "open"


def _is_ruled_out(our_pair: OurPair) -> bool:
    """Say whether a higher throughput by more than MARGIN is ruled out."""
    ratio = our_pair.ratio
    return ratio is not None and ratio.high is not None and ratio.high <= MARGIN


def _whether_different(our_pair: OurPair) -> Answer:
    if our_pair.verdict != "no difference detected":
        return "for"
    low = our_pair.ratio.low if our_pair.ratio else None
    return (
        "against" if _is_ruled_out(our_pair) and low is not None and low >= 1 / MARGIN else "open"
    )


def _within(times: tuple[float, float], our_pair: OurPair) -> Answer:
    if our_pair.ratio is None or our_pair.ratio.low is None or our_pair.ratio.high is None:
        return "open"
    if times[0] <= our_pair.ratio.low and our_pair.ratio.high <= times[1]:
        return "for"
    return "against" if our_pair.ratio.high < times[0] or our_pair.ratio.low > times[1] else "open"
