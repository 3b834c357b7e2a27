"""The judgements of a gate, in plain English."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from timetrial.analysis.statistics.comparisons import ROUNDS_FOR_VERDICT
from timetrial.features.gate.judge import MOST_NAMED, furthest
from timetrial.features.gate.judgement import Gate, Judgement, JudgementKind, UndecidedKind
from timetrial.model import GATED, BaseChosen, ServerChosen, counted, listed
from timetrial.model.summary import Missing
from timetrial.reports.ratios import change
from timetrial.reports.verdict_line import Headline

BROKEN = "the new one fails where the old one does not"


def title(gate: Gate) -> str:
    """Name what is judged, and by which limit."""
    return f"{gate.new} against {gate.old}, limit {percent(gate.terms.max_regression)}"


def chosen_text(chosen: BaseChosen | ServerChosen) -> str:
    """Say what a gate chose by default, and which option chooses otherwise."""
    match chosen:
        case BaseChosen(revision):
            return (
                f"Compared with {revision}, because that is what the repository merges into; "
                "--base-rev chooses another commit."
            )
        case ServerChosen(server, why):
            return f"Served by {server}, because {why}; --server chooses another one."


def verdict(gate: Gate) -> Headline:
    """Say whether the gate passed, and count the reasons."""
    allowed = percent(gate.terms.max_regression)
    regressions, broken = len(gate.of("regression")), len(gate.of("broken"))
    figures = counted(len(gate.judgements), "figure")
    why = []
    if regressions:
        verb = "is" if regressions == 1 else "are"
        why.append(f"{regressions} of {figures} {verb} worse by more than {allowed}")
    if broken:
        why.append(f"{broken} of {figures} cannot be measured any more: {BROKEN}")
    if why:
        return Headline("FAILED", f"{'; '.join(why)}{_rest(gate)}.", failed=True)
    outcome = f"nothing is proven to be worse by more than {allowed}{_rest(gate)}"
    if gate.failed:
        return Headline("FAILED", f"because of --strict; {outcome}.", failed=True)
    if not gate.passed:
        return Headline("NOT DECIDED", f"something failed in the race; {outcome}.")
    if not gate.of("within the limit"):
        return Headline("INCONCLUSIVE", f"{outcome}. That passes without --strict.")
    return Headline("PASSED", f"{outcome}.", decided=True)


def headline(gate: Gate) -> str:
    """Write the verdict as a sentence."""
    said = verdict(gate)
    return f"{said.label.capitalize()}: {said.text}"


def figure_name(gate: Gate, judgement: Judgement) -> str:
    """Name what is judged: 'uvicorn in json_query, requests a second'."""
    cell = judgement.cell
    stack = "" if gate.way == "side by side" else f"{cell.stack} in "
    return f"{stack}{cell.benchmark}, {GATED[judgement.metric].label}"


def explained(gate: Gate, judgement: Judgement) -> str:
    """Write change, call and reason."""
    if isinstance(judgement.ratio, Missing):
        return f"{call_text(judgement)}: {judgement.ratio.reason}"
    by = change(judgement.ratio, GATED[judgement.metric].digits)
    limit = percent(gate.terms.max_regression)
    match judgement.call:
        case "regression":
            return f"{by}, a regression: the whole interval is worse by more than {limit}"
        case "within the limit":
            return f"{by}, {judgement_text(judgement)} of {limit}"
        case _:
            why = why_undecided(judgement) or f"the interval reaches over the limit of {limit}"
            return f"{by}, {call_text(judgement)}: {why}"


def why_undecided(judgement: Judgement) -> str:
    """Say why a ratio is not judged; '' where its interval alone explains it, or is missing."""
    undecided = judgement.undecided
    return "" if undecided is None else _UNDECIDED[undecided.kind].format(undecided.rounds)


_UNDECIDED = {
    UndecidedKind.NO_INTERVAL: "too few rounds for an interval",
    UndecidedKind.TOO_FEW_ROUNDS: f"{{}} of the {ROUNDS_FOR_VERDICT} rounds that a verdict takes",
    UndecidedKind.PROVISIONAL: (
        "the run is between two looks at its results, and the interval is a provisional one"
    ),
    UndecidedKind.NOT_JUDGED: (
        "the A/A control, one server measured twice, differed by more than half as much"
    ),
    UndecidedKind.BOUND_BY_CLIENT: "the load was the limit, not the server",
}
"""By kind, in a clause, with the number of rounds."""


_NARROWER = {
    False: "More rounds make it narrower",
    True: "No more starts are counted",
}
"""By whether requests were counted."""


def judgement_text(judgement: Judgement) -> str:
    """Write the judgement for a table."""
    call = call_text(judgement)
    return f"better, {call}" if judgement.improved else call


def call_text(judgement: Judgement) -> str:
    """Write the kind of a judgement."""
    return "inconclusive" if judgement.call == "cannot tell" else judgement.call


def reservations(gate: Gate) -> Iterator[str]:
    """Say why figures are not judged, where the table alone does not."""
    by_reason: dict[str, list[str]] = {}
    for judgement in gate.of("broken", "cannot tell", "no figure"):
        ratio = judgement.ratio
        why = ratio.reason if isinstance(ratio, Missing) else why_undecided(judgement)
        if why:
            names = by_reason.setdefault(f"{call_text(judgement)}: {why}", [])
            names.append(figure_name(gate, judgement))
    for why, names in by_reason.items():
        figures = "; ".join(names) if len(names) <= MOST_NAMED else f"{len(names)} figures"
        yield f"{figures}: {why}."
    if any(undecided.undecided is None for undecided in gate.of("cannot tell")):
        yield (
            f"Inconclusive: the interval reaches over the limit. "
            f"{_NARROWER[bool(gate.terms.counts)]}; --strict fails such figures."
        )


def limits(gate: Gate) -> str:
    """Say which ratios are just within the limit: 'throughput from 0.95 on, …'."""
    allowed = gate.terms.max_regression
    parts = [
        f"{GATED[metric].label} {'from' if GATED[metric].higher_is_better else 'up to'} "
        f"{furthest(metric, allowed):g} times the old"
        for metric in gate.terms.judged
    ]
    return listed(parts)


def percent(share: float) -> str:
    return f"{100 * share:g} %"


def _rest(gate: Gate) -> str:
    """Count the other figures: '; 3 within the limit, 1 inconclusive'."""
    parts = [f"{count} {said}" for kind, said in _COUNTED.items() if (count := len(gate.of(kind)))]
    return f"; {', '.join(parts)}" if parts else ""


_COUNTED: Mapping[JudgementKind, str] = {
    "within the limit": "within the limit",
    "cannot tell": "inconclusive",
    "no figure": "without a figure",
}
