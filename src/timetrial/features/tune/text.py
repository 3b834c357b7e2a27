"""The recommendation of a search and its other results, in plain English."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from timetrial.analysis.checks.thresholds import THRESHOLDS
from timetrial.analysis.statistics.comparisons import ROUNDS_FOR_VERDICT
from timetrial.features.tune.choice import WORTH, Choice
from timetrial.features.tune.grid import Candidate
from timetrial.features.tune.memory import MemoryFit
from timetrial.features.tune.outcome import OutcomeKind, SettingOutcome
from timetrial.features.tune.result import Line, Prediction, StageBegun, Tuned
from timetrial.features.tune.sensitivity import Point
from timetrial.model import (
    DYNAMIC,
    METRICS,
    MOST_CONNECTIONS,
    ComparedMetric,
    counted,
    listed,
    significant,
    size,
    whole_minutes,
)
from timetrial.model.summary import Estimate, Missing, figure_of
from timetrial.reports.ratios import relative
from timetrial.reports.workload_text import what_is_asked

_TOLD_FROM = 0.01
"""Less additional memory than this share is not mentioned."""


def stage_line(begun: StageBegun) -> str:
    """Say what begins: 'rung 1: 19 settings, 2 rounds; 4 min 48 s of the budget are left'."""
    name = f"{begun.kind} {begun.number}" if begun.number else begun.kind
    settings, rounds = counted(begun.candidates, "setting"), counted(begun.rounds, "round")
    left = whole_minutes(max(0, round(begun.left_s)))
    return f"{name}: {settings}, {rounds}; {left} of the budget left"


def title(tuned: Tuned) -> str:
    return f"{tuned.server} on {tuned.app}"


def conditions(tuned: Tuned) -> str:
    """Describe the load: '/wait; 64 connections; the server has 1 CPU and at most 1 GiB'."""
    load = f"{tuned.spec.connections} connections"
    if tuned.rate_per_s is not None:
        load = (
            f"{tuned.rate_per_s:,g} requests a second, Poisson arrivals, at most "
            f"{MOST_CONNECTIONS:,} connections"
        )
    memory = tuned.spec.memory_bytes
    at_most = "" if memory is None else f" and may take {size(memory)}"
    cpus = counted(tuned.spec.cpus, "CPU")
    return f"{what_is_asked(tuned.workload)}; {load}; the server has {cpus}{at_most}"


def recommendation(tuned: Tuned) -> str:
    """Say what to run, which settings are as good, and whether larger ones pay."""
    choice = tuned.choice
    if choice is None:
        return "Nothing can be recommended: no setting within the limits gave a figure."
    return " ".join(
        sentence
        for sentence in (
            _lead(tuned, choice),
            *bounds(tuned, choice),
            *_more(tuned, choice),
            *_margins(tuned, choice),
        )
        if sentence
    )


def unmeasured(tuned: Tuned) -> Iterator[str]:
    """Name the settings that were not measured, by reason, and those that a body removed."""
    left_out = [line for line in tuned.lines if line.figures is None or not line.figures.rounds]
    for reason, such in _REASONS:
        names = [line.name for line in left_out if such(line.outcome)]
        if names:
            yield f"Not measured, because {reason}: {listed(names)}."
    differing = [line.name for line in tuned.lines if line.outcome.body_differs]
    if differing:
        verb = "answers" if len(differing) == 1 else "answer"
        yield f"{listed(differing)} {verb} with another body: if that may differ, {DYNAMIC}."


_REASONS: tuple[tuple[str, Callable[[SettingOutcome], bool]], ...] = (
    (
        "they would be slower even if they scaled as well as smaller ones in the pilot",
        lambda outcome: outcome.cannot_win,
    ),
    ("more memory is predicted than they may take", lambda outcome: outcome.is_over_memory),
    ("the time was up", lambda outcome: outcome.kind is OutcomeKind.TIME_WAS_OVER),
)


def memory_sentences(tuned: Tuned) -> Iterator[str]:
    """Describe the fit, its predictions, and how many workers fit into the memory."""
    if tuned.memory is None:
        return
    yield _fit(tuned.memory)
    if tuned.predictions:
        yield f"Prediction: {listed([_predicted(prediction) for prediction in tuned.predictions])}."
    held = tuned.workers_in_memory
    if held is not None and tuned.spec.memory_bytes is not None:
        extrapolated = held > tuned.memory.most_workers
        verb = "would hold" if extrapolated else "holds"
        lead = "Prediction: " if extrapolated else ""
        room = size(tuned.spec.memory_bytes)
        yield f"{lead}{room} {verb} {counted(held, 'worker')} of that kind."
    yield "Their throughput is not predicted: measure it."


def doubts(tuned: Tuned) -> Iterator[str]:
    """Name the findings of the finalists with their meaning, and say why p99 is missing."""
    named: dict[tuple[str, str], list[str]] = {}
    finals = [line for line in tuned.lines if line.figures and line.reached == "finals"]
    for line in finals:
        for found in line.figures.findings if line.figures else ():
            if found.severity != "note":
                named.setdefault((found.severity, found.name), []).append(line.name)
    for (severity, name), lines in named.items():
        meaning = next((t.meaning for t in THRESHOLDS if t.name == name), "")
        names = "All finalists" if len(lines) == len(finals) else listed(lines)
        yield f"{names}: {meaning} ({name}, {severity})."
    missing = [f.p99_ns for line in finals if (f := line.figures)]
    told = tuned.spec.objective == "p99"
    if missing and not told and all(isinstance(figure, Missing) for figure in missing):
        reason = next(figure.reason for figure in missing if isinstance(figure, Missing))
        yield f"p99 is not given: {reason}."


def limits(tuned: Tuned) -> Iterator[str]:
    """List the notes, and the runs of the search."""
    yield from tuned.notes
    rungs = ", ".join(f"{stage.name}: run {stage.run}" for stage in tuned.stages)
    took = whole_minutes(max(0, round(tuned.took_s)))
    yield f"The search took {took} ({rungs}; `timetrial report RUN` shows each)."


def _lead(tuned: Tuned, choice: Choice) -> str:
    name = _name(tuned, choice.candidate)
    if not choice.decided and len(choice.as_good) == 1:
        rounds = max((stage.rounds for stage in tuned.stages if stage.name == "finals"), default=0)
        has = _verb(choice.candidate, "has", "have")
        return (
            f"{name} {has} the best figure in {METRICS[choice.metric].label}, but nothing is "
            f"decided: a verdict takes {ROUNDS_FOR_VERDICT} rounds, there was time for {rounds}."
        )
    if choice.could_be:
        smaller = listed([_name(tuned, candidate) for candidate in choice.could_be])
        are = _verb(choice.could_be[0], "is", "are") if len(choice.could_be) == 1 else "are"
        has = _verb(choice.candidate, "has", "have")
        return (
            f"{name} {has} the best figure in {METRICS[choice.metric].label}{_by(tuned, choice)}, "
            f"with no detectable difference from {smaller}, which {are} smaller. More time "
            f"(--budget) or a quieter machine would decide."
        )
    others = [
        _name(tuned, candidate) for candidate in choice.as_good if candidate != choice.candidate
    ]
    if not others:
        return f"Run {name}: it is the best in {METRICS[choice.metric].label}{_by(tuned, choice)}."
    return (
        f"Run {name}: no detectable difference in {METRICS[choice.metric].label} from "
        f"{listed(others)}, and it is the smallest of them."
    )


def _by(tuned: Tuned, choice: Choice) -> str:
    figures = _line(tuned, choice.candidate).figures
    figure = None if figures is None else figure_of(figures, choice.metric)
    if figures is None or choice.metric != "throughput" or not isinstance(figure, Estimate):
        return ""
    at_least = "at least " if figures.at_least else ""
    return f" ({at_least}{significant(figure.value)})"


def bounds(tuned: Tuned, choice: Choice) -> Iterator[str]:
    """Say whether the load kept larger settings from showing what they are worth."""
    chosen, connections = choice.candidate, tuned.spec.connections
    if choice.metric == "throughput" and chosen.threads > 1 and chosen.slots >= connections:
        yield (
            f"{chosen.slots} threads serve {connections} connections: to test more threads, raise "
            "--connections."
        )
    elif choice.at_the_end:
        yield (
            "The load was the limit, not the server: raise --connections to see whether larger "
            "settings pay."
        )


def _more(tuned: Tuned, choice: Choice) -> Iterator[str]:
    """Say what the next larger value of each knob would give."""
    said = []
    for curve in tuned.curves:
        if curve.knob == "server":
            continue
        chosen = getattr(choice.candidate, curve.knob)
        larger = [p for p in curve.points if getattr(p.candidate, curve.knob) > chosen]
        found = next((point for point in larger if _is_known(point)), None)
        if found is not None:
            said.append((found, _against(tuned, found, choice.metric)))
    pays = [text for point, text in said if _pays(point, choice.metric)]
    rest = [(point, text) for point, text in said if not _pays(point, choice.metric)]
    sure = [text for point, text in rest if _cannot_pay(point, choice.metric)]
    unsure = [text for point, text in rest if not _cannot_pay(point, choice.metric)]
    if sure:
        yield f"More does not pay: {'; '.join(sure)}."
    if unsure:
        yield f"More was not seen to pay: {'; '.join(unsure)}."
    if pays:
        yield f"More would pay, but is beyond the given limits: {'; '.join(pays)}."


def _is_known(point: Point) -> bool:
    """Whether it was measured with the recommended one, in enough rounds for an interval."""
    return point.ratio is not None and point.ratio.low is not None


def _cannot_pay(point: Point, metric: ComparedMetric) -> bool:
    """Whether even the better end of the interval is too little to pay."""
    ratio = point.ratio
    if ratio is None or ratio.low is None or ratio.high is None:
        return False
    return (ratio.high if METRICS[metric].higher_is_better else 1 / ratio.low) <= 1 + WORTH


def _pays(point: Point, metric: ComparedMetric) -> bool:
    return point.verdict == ("higher" if METRICS[metric].higher_is_better else "lower")


def _against(tuned: Tuned, point: Point, metric: ComparedMetric) -> str:
    assert point.ratio is not None  # noqa: S101 - the caller has looked
    name = _name(tuned, point.candidate)
    phrase = METRICS[metric].phrase
    ratio = relative(point.ratio, than="it", of=phrase.short_amount, less=phrase.less)
    verb = _verb(point.candidate, phrase.does, phrase.do)
    return f"{name} {verb} {ratio}{_memory_of(tuned, point)}"


def _verb(candidate: Candidate, singular: str, plural: str) -> str:
    return singular if candidate.slots == 1 else plural


def _memory_of(tuned: Tuned, point: Point) -> str:
    assert tuned.choice is not None  # noqa: S101 - points are compared with what was chosen
    chosen = _figure(tuned, tuned.choice.candidate, "memory_bytes")
    memory = point.figures.memory_bytes
    if chosen is None or isinstance(memory, Missing):
        return ""
    more = memory.value - chosen
    return f", for {size(more)} more" if more > _TOLD_FROM * chosen else ""


def _margins(tuned: Tuned, choice: Choice) -> Iterator[str]:
    """Say how far behind the next finalist is that is not as good."""
    behind = [
        line
        for line in tuned.lines
        if line.reached == "finals"
        and line.candidate not in {*choice.as_good, *choice.could_be}
        # Settings that are larger by one knob are mentioned already.
        and not (choice.candidate < line.candidate and _is_beside(tuned, line.candidate))
    ]
    best = _figure(tuned, choice.candidate, choice.metric)
    for line in behind[:1]:
        other = _figure(tuned, line.candidate, choice.metric)
        if best is None or other is None or line.outcome.is_over_memory:
            return
        info = METRICS[choice.metric]
        less, more = f"{100 * (1 - other / best):.0f} %", f"{100 * (other / best - 1):.0f} %"
        share = f"{less} {info.phrase.less}" if info.higher_is_better else f"{more} more"
        verb = _verb(line.candidate, info.phrase.does, info.phrase.do)
        yield f"{line.name}, the next in the finals, {verb} {share}."


def _is_beside(tuned: Tuned, candidate: Candidate) -> bool:
    points = (point for curve in tuned.curves for point in curve.points)
    return any(point.candidate == candidate and _is_known(point) for point in points)


def _figure(tuned: Tuned, candidate: Candidate, metric: ComparedMetric) -> float | None:
    figures = _line(tuned, candidate).figures
    figure = None if figures is None else figure_of(figures, metric)
    return figure.value if isinstance(figure, Estimate) else None


def _fit(memory: MemoryFit) -> str:
    parts = [f"{_sized(memory.base_bytes)}", f"{_sized(memory.worker_bytes)} a worker"]
    if memory.thread_bytes is not None:
        parts.append(f"{_sized(memory.thread_bytes)} a thread")
    measured = (
        f"by {counted(memory.points, 'setting')} with up to "
        f"{counted(memory.most_workers, 'worker')}"
    )
    return f"Memory (PSS): {' + '.join(parts)}, {measured}."


def _predicted(prediction: Prediction) -> str:
    workers = counted(prediction.workers, "worker")
    threads = f" × {counted(prediction.threads, 'thread')}" if prediction.threads > 1 else ""
    return f"{workers}{threads} would take {_sized(prediction.memory_bytes)}"


def _sized(estimate: Estimate) -> str:
    """Write bytes with their interval, in the unit that suits the value: '88.7 [74.8, 98] MiB'."""
    exponent = min(3, max(0, int(math.log(max(1.0, abs(estimate.value)), 1024))))
    scale, unit = 1024**exponent, ("B", "KiB", "MiB", "GiB")[exponent]
    if estimate.low is None or estimate.high is None:
        return f"{_signed(estimate.value / scale)} {unit}"
    low, high = (_signed(end / scale) for end in (estimate.low, estimate.high))
    return f"{_signed(estimate.value / scale)} [{low}, {high}] {unit}"


def _signed(value: float) -> str:
    return significant(value) if value >= 0 else f"−{significant(-value)}"


def _name(tuned: Tuned, candidate: Candidate) -> str:
    return _line(tuned, candidate).name


def _line(tuned: Tuned, candidate: Candidate) -> Line:
    return next(line for line in tuned.lines if line.candidate == candidate)
