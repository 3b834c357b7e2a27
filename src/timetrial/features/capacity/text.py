"""The result of a search for a capacity, in plain English."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from timetrial.analysis.checks.cell_context import percent
from timetrial.features.capacity.capacity import Capacity, Death, Held, Safeguard, SearchRecord
from timetrial.features.capacity.curve import KNEE_FACTOR, Knee
from timetrial.features.capacity.events import Expected
from timetrial.features.capacity.trial import CapacityTrial, Cause, CauseKind, Phase
from timetrial.model import counted, duration, significant, size, whole_minutes

_PHASES: dict[Phase, str] = {
    "double": "doubling",
    "adapt": "adaptive",
    "bisect": "bisecting",
    "confirm": "confirming",
}
_CAUSES = {
    CauseKind.QUEUE_GREW: "a growing queue",
    CauseKind.SERVER_DIED: "the death of the server",
}
"""The names of causes whose code is no plain English."""
_ENDINGS = {
    "complete": "",
    "budget": "the budget was used up",
    "interrupted": "it was interrupted",
    "died": "the server was gone",
}


_WIDE = 1.1
"""An interval whose ends differ by this factor could be narrower."""


def cause_text(cause: Cause) -> str:
    """Say in a clause why a trial missed the objective, or is void."""
    return _CLAUSES[cause.kind](cause)


_CLAUSES: dict[CauseKind, Callable[[Cause], str]] = {
    CauseKind.PERCENTILE: lambda cause: f"p{100 * cause.q:g} {duration(cause.value)}",
    CauseKind.QUEUE_GREW: (
        lambda cause: f"its queue grew: {percent(cause.value)} was not answered in time"
    ),
    CauseKind.ERRORS: lambda cause: f"errors {significant(100 * cause.value)} %",
    CauseKind.SERVER_DIED: lambda _cause: "the server died",
    CauseKind.NOTHING_DUE: lambda _cause: "no request was due",
    CauseKind.GENERATOR_LATE: (
        lambda cause: f"the load generator sent {duration(cause.value)} late (p{100 * cause.q:g})"
    ),
    CauseKind.GENERATOR_WAITED: (
        lambda cause: f"the load generator waited for its CPU {percent(cause.value)} of the time"
    ),
}


def per_s(rate_per_s: float) -> str:
    return significant(rate_per_s)


def time(length_s: float) -> str:
    """Write a time in minutes and seconds: 161 → '2 min 41 s'."""
    return whole_minutes(round(length_s), brief=True)


def headline(record: SearchRecord, capacity: Capacity) -> str:
    """Write the figure, with what it is of."""
    limits = ", ".join(map(str, record.objective.limits)) or str(record.objective)
    return f"{figure(capacity)} with {limits}"


def figure(capacity: Capacity) -> str:
    """Write the figure alone."""
    low, high, middle = capacity.low_per_s, capacity.high_per_s, capacity.estimate_per_s
    if capacity.kind == "found" and low is not None and high is not None:
        about = "" if middle is None else f"about {per_s(middle)} requests a second "
        return f"{about}[{per_s(low)}, {per_s(high)}]"
    if capacity.kind == "above" and low is not None:
        return f"at least {per_s(low)} requests a second"
    if capacity.kind == "below" and high is not None:
        return f"less than {per_s(high)} requests a second"
    if capacity.kind == "bracket":
        return f"{_seemingly(low, high)} (not confirmed)"
    return "unknown rate"


def _seemingly(low: float | None, high: float | None) -> str:
    if low is not None and low == high:
        return f"perhaps about {per_s(low)} requests a second"
    if low is not None and high is not None:
        return f"perhaps {per_s(low)} to {per_s(high)} requests a second"
    if low is not None:
        return f"perhaps more than {per_s(low)} requests a second"
    return f"perhaps less than {per_s(high or 0.0)} requests a second"


def expected_sentence(expected: Expected) -> str:
    """Say beforehand how long a search takes that its budget does not suffice for."""
    return (
        f"near {per_s(expected.rate_per_s)} requests/s a trial takes {time(expected.trial_s)}: "
        f"± 10 % takes about {time(expected.needed_s)} more, {time(expected.left_s)} are left"
    )


def meaning(record: SearchRecord, capacity: Capacity) -> str:
    """Say in a sentence or two what the figure means, and its limits."""
    if capacity.kind == "found":
        return " ".join(_of_found(record, capacity))
    if capacity.kind == "above":
        return _why_not_above(record)
    if capacity.kind == "below":
        return _why_not_below(record)
    if capacity.kind == "bracket":
        ending = _ENDINGS[record.ending] or "no trial confirmed it"
        return (
            f"Single trials point there, and {ending} before it could be confirmed"
            f"{_longer(record)}."
        )
    if record.trials and all(trial.verdict == "void" for trial in record.trials):
        return "No trial is valid: the load generator was at fault in each."
    return (
        f"Nothing was decided: {_ENDINGS[record.ending] or 'the trials disagree'}{_longer(record)}."
    )


def _of_found(record: SearchRecord, capacity: Capacity) -> Iterator[str]:
    yield (
        f"At this rate one trial in two keeps {record.objective}; the brackets are a 95 % interval."
    )
    low, high, guard = capacity.low_per_s, capacity.high_per_s, capacity.safeguard
    if capacity.disagrees and guard is not None:
        yield (
            "Doubtful: trials do not pass and fail as the assumed curve does. Without the curve "
            f"they say {_between(guard)}."
        )
    if low and high and high / low > _WIDE and record.ending == "budget":
        yield "A longer --budget narrows it."


def _between(guard: Safeguard) -> str:
    low, high = guard.low_per_s, guard.high_per_s
    if low is not None and high is not None:
        return f"{per_s(low)} to {per_s(high)}"
    return f"more than {per_s(low)}" if low is not None else f"less than {per_s(high or 0.0)}"


def _longer(record: SearchRecord) -> str:
    return "; a longer --budget decides it" if record.ending == "budget" else ""


def _why_not_above(record: SearchRecord) -> str:
    limit, highest = record.bracket.limit_per_s, record.plan.highest_per_s
    if limit is not None:
        why = next(
            (
                cause_text(trial.causes[0])
                for trial in reversed(record.trials)
                if trial.ask.rate_per_s == limit
            ),
            "void",
        )
        return (
            f"At {per_s(limit)} requests/s the load generator itself was the limit ({why}): "
            "nothing is known of the server there."
        )
    if record.bracket.kept_per_s is not None and record.bracket.kept_per_s >= highest:
        return f"It keeps {record.objective} at {per_s(highest)} requests/s, and no more was tried."
    ending = _ENDINGS[record.ending] or "the trials beyond it disagree"
    return f"An upper end is not known: {ending}{_longer(record)}."


def _why_not_below(record: SearchRecord) -> str:
    lowest = record.plan.lowest_per_s
    if record.bracket.kept_per_s is not None or record.ending != "complete":
        ending = _ENDINGS[record.ending] or "the trials below it disagree"
        return f"A lower end is not known: {ending}{_longer(record)}."
    if lowest <= 1:
        return f"Even one request a second misses {record.objective}."
    return (
        f"Below {per_s(lowest)}/s a trial would have to last longer than "
        f"{time(record.plan.longest_s)}. A longer --budget or a lower percentile goes further down."
    )


def remarks(record: SearchRecord, knee: Knee | None) -> Iterator[str]:
    """List remarks on a search, a sentence or two each."""
    if knee is not None:
        yield (
            f"Knee: up to {per_s(knee.flat_per_s)}/s p99 stays within {KNEE_FACTOR:g} times its "
            f"{duration(knee.low_load_p99_ns)} at the lowest rate, at {per_s(knee.risen_per_s)}/s "
            "it does not."
        )
    missed = [trial for trial in record.trials if trial.verdict == "missed"]
    if missed:
        yield f"Of {counted(len(missed), 'trial')} that missed it: {_causes(missed)}."
    void = [trial for trial in record.trials if trial.verdict == "void"]
    if void:
        yield _of_void(void)
    if record.memory is not None:
        yield f"After the last trial the server had {size(record.memory.total_bytes)} of memory."
    yield _effort(record)
    yield from record.notes


def _of_void(void: Sequence[CapacityTrial]) -> str:
    example = cause_text(void[-1].causes[0])
    if len(void) == 1:
        return f"One trial is void: {example}."
    return f"{len(void)} trials are void, the last because {example}."


def _causes(missed: Sequence[CapacityTrial]) -> str:
    kinds = Counter((cause.kind, cause.q) for trial in missed for cause in trial.causes)
    return ", ".join(
        f"{_CAUSES.get(kind, kind.value) if kind is not CauseKind.PERCENTILE else f'p{100 * q:g}'}"
        f" in {count}"
        for (kind, q), count in kinds.most_common()
    )


def _effort(record: SearchRecord) -> str:
    phases = Counter(trial.ask.phase for trial in record.trials)
    parts = ", ".join(f"{phases[phase]} {name}" for phase, name in _PHASES.items() if phases[phase])
    ending = _ENDINGS[record.ending]
    then = f"; then {ending}" if ending else ""
    trials = f"{counted(len(record.trials), 'trial')}{f' ({parts})' if parts else ''}"
    return f"{trials} in {time(record.passed_s)}{then}."


def death_sentence(death: Death, trials: Sequence[CapacityTrial]) -> str:
    """Say how the server ended, and when."""
    rate = next((t.ask.rate_per_s for t in trials if t.number == death.after_trial), None)
    when = "" if rate is None else f" (trial {death.after_trial}, {per_s(rate)} requests/s)"
    return f"The server {death.reason}{when}."


def held_sentence(held: Held, rate_per_s: float) -> str:
    """Say whether the capacity is at least the requested rate."""
    asked = f"at least {per_s(rate_per_s)} requests/s"
    return {
        "yes": f"The capacity is {asked}.",
        "no": f"The capacity is not {asked}.",
        "cannot tell": f"Whether the capacity is {asked} cannot be told.",
    }[held]
