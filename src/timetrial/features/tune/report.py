"""From all stages of a search to its result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from timetrial.features.tune.choice import Choice, over_budget
from timetrial.features.tune.figures import Figures, Stage, latest
from timetrial.features.tune.grid import Candidate
from timetrial.features.tune.halving import Dropped, Search
from timetrial.features.tune.memory import MemoryFit
from timetrial.features.tune.objective import TuningSpec
from timetrial.features.tune.outcome import OutcomeKind, SettingOutcome, over_memory
from timetrial.features.tune.result import Line, Prediction, StageLine, Tuned
from timetrial.features.tune.sensitivity import against_chosen, curves
from timetrial.features.tune.suites import TuningTarget
from timetrial.model import BY_OPTION, METRICS, ComparedMetric, Estimate, figure_of

_WITHOUT_PLACE = {
    "curve": OutcomeKind.FOR_THE_CURVE,
    "finals": OutcomeKind.NO_FIGURE_THAT_COUNTS,
}
"""By the last stage of a setting."""
_PREDICTED = (2, 4, 8)
"""Times the most workers that were measured."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A search that has ended, with all that it measured."""

    spec: TuningSpec
    target: TuningTarget
    stages: tuple[Stage, ...]
    search: Search
    choice: Choice | None
    memory: MemoryFit | None
    notes: tuple[str, ...]
    took_s: float


def tuned(ended: Ended) -> Tuned:
    """Make the result: lines, curves, and predictions of memory."""
    target, choice = ended.target, ended.choice
    figures = latest(ended.stages, target)
    metric = _metric(ended)
    return Tuned(
        server=target.server,
        app=target.app.title,
        spec=ended.spec,
        rate_per_s=target.rate_per_s,
        workload=target.workload,
        knobs=target.grid.knobs,
        stages=tuple(map(_stage_line, ended.stages)),
        lines=_lines(ended, figures),
        choice=choice,
        curves=()
        if choice is None
        else curves(choice.candidate, target, metric, figures, ended.stages),
        memory=ended.memory,
        predictions=_predictions(ended),
        workers_in_memory=_workers_in_memory(ended),
        notes=ended.notes,
        took_s=ended.took_s,
    )


def _metric(ended: Ended) -> ComparedMetric:
    return BY_OPTION[ended.spec.objective] if ended.choice is None else ended.choice.metric


def _stage_line(stage: Stage) -> StageLine:
    benchmarks = stage.run.plan.suite.benchmarks
    stacks = {name for benchmark in benchmarks for name in benchmark.stacks}
    rounds = min(stage.run.rounds_due(benchmark.name) for benchmark in benchmarks)
    return StageLine(stage.name, stage.run.number, len(stacks), rounds, stage.took_s)


def _lines(ended: Ended, figures: Mapping[Candidate, Figures]) -> tuple[Line, ...]:
    choice, target = ended.choice, ended.target
    lines: list[Line] = []
    met: Mapping[str, tuple[Estimate, str]] = {}
    if choice is not None:
        met = against_chosen(choice.candidate, target, choice.metric, ended.stages)
    for candidate in target.grid.candidates:
        outcome = _outcome(ended, candidate, figures)
        if outcome is not None:
            name, found = target.name(candidate), figures.get(candidate)
            reached = _reached(ended, candidate, found)
            against = met.get(name, (None, ""))
            lines.append(Line(candidate, name, reached, outcome, found, *against))
    return tuple(sorted(lines, key=lambda line: _place(ended, line)))


def _reached(ended: Ended, candidate: Candidate, figures: Figures | None) -> str:
    """Name the last stage of the search with the candidate, whatever was measured afterwards."""
    if figures is None or not figures.rounds:
        return ""
    dropped = _dropped(ended, candidate)
    names = [stage.name for stage in ended.stages]
    if figures.stage != "finals" and dropped is not None and f"rung {dropped.rung}" in names:
        return f"rung {dropped.rung}"
    return figures.stage


def _dropped(ended: Ended, candidate: Candidate) -> Dropped | None:
    dropped = ended.search.dropped
    return next((drop for drop in dropped if drop.candidate == candidate), None)


def _outcome(
    ended: Ended, candidate: Candidate, figures: Mapping[Candidate, Figures]
) -> SettingOutcome | None:
    """Return the outcome of a candidate; None for one that never took part."""
    candidate_figures, choice, most = figures.get(candidate), ended.choice, ended.spec.memory_bytes
    if candidate_figures is not None and most is not None and over_budget(candidate_figures, most):
        assert isinstance(candidate_figures.memory_bytes, Estimate)  # noqa: S101 - over_budget has looked
        return over_memory(most, candidate_figures.memory_bytes.value)
    if choice is not None and (chosen := _of_choice(choice, candidate)):
        return SettingOutcome(chosen)
    if dropped := _why_dropped(ended, candidate):
        return dropped
    if candidate_figures is None or not candidate_figures.rounds:
        return None
    if candidate_figures.stage != "finals" or choice is None:
        return SettingOutcome(
            _WITHOUT_PLACE.get(candidate_figures.stage, OutcomeKind.NO_PLACE_IN_FINALS)
        )
    return _behind(figures[choice.best], candidate_figures, choice.metric)


def _why_dropped(ended: Ended, candidate: Candidate) -> SettingOutcome | None:
    """Say why a candidate was dropped, or has no figure; None for others."""
    dropped = _dropped(ended, candidate)
    if dropped is not None and not dropped.is_silent:
        return dropped.why
    name = ended.target.name(candidate)
    failures = [f for stage in ended.stages for f in stage.run.failures if f.stack == name]
    if failures:
        last = failures[-1]
        return SettingOutcome(
            OutcomeKind.FAILED, phase=last.phase, detail=last.reason, body_differs=last.body_differs
        )
    return None if dropped is None else SettingOutcome(OutcomeKind.TIME_WAS_OVER)


def _behind(best: Figures, candidate_figures: Figures, metric: ComparedMetric) -> SettingOutcome:
    top, figure = figure_of(best, metric), figure_of(candidate_figures, metric)
    if not isinstance(top, Estimate) or not isinstance(figure, Estimate):
        return SettingOutcome(OutcomeKind.NO_FIGURE)
    more = METRICS[metric].higher_is_better
    share = 1 - figure.value / top.value if more else figure.value / top.value - 1
    return SettingOutcome(OutcomeKind.BEHIND, behind=share)


def _of_choice(choice: Choice, each: Candidate) -> OutcomeKind | None:
    if each == choice.candidate:
        return OutcomeKind.RECOMMENDED
    if each in choice.as_good:
        return OutcomeKind.AS_GOOD
    return OutcomeKind.COULD_BE_BEST if each in choice.could_be else None


def _place(ended: Ended, line: Line) -> tuple[int, float, Candidate]:
    choice = ended.choice
    metric = _metric(ended)
    figure = figure_of(line.figures, metric) if line.figures is not None else None
    direction = METRICS[metric].direction
    value = -direction * figure.value if isinstance(figure, Estimate) else 0.0
    if choice is not None and line.candidate == choice.candidate:
        return (0, value, line.candidate)
    stages = [stage.name for stage in ended.stages if stage.kind != "curve"]
    came = stages.index(line.reached) if line.reached in stages else -1
    return (1 + len(stages) - came, value, line.candidate)


def _predictions(ended: Ended) -> tuple[Prediction, ...]:
    """Predict the memory of more workers than were measured, with the recommended threads."""
    memory, choice = ended.memory, ended.choice
    if memory is None or choice is None:
        return ()
    threads = choice.candidate.threads
    most = ended.target.servers[choice.candidate.server].workers.max
    return tuple(
        Prediction(count, threads, memory.predict(count, threads))
        for count in (times * memory.most_workers for times in _PREDICTED)
        if count <= most
    )


def _workers_in_memory(ended: Ended) -> int | None:
    most = ended.spec.memory_bytes
    if ended.memory is None or ended.choice is None or most is None:
        return None
    return ended.memory.workers_in(most, ended.choice.candidate.threads)
