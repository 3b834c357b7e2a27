"""Published figures compared with a run of ours, in sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from timetrial.features.published.claims import JudgedClaim, PairAnswer
from timetrial.features.published.collection import Pair
from timetrial.features.published.comparison import PublishedComparison
from timetrial.features.published.rank import RankCorrelation
from timetrial.features.published.row_order import Noise
from timetrial.model import ENGINE, counted, listed

ONLY_RATIOS = (
    "Hardware, versions and load differ, and with them every figure: only ratios between rows are "
    "compared, each to the first row of its benchmark and document that counts in both."
)


def driven(comparison: PublishedComparison) -> str:
    """Name the load generator here, if it was not the engine; '' if it was."""
    return "" if comparison.driver == ENGINE else f", driven by {comparison.driver}"


def order(comparison: PublishedComparison) -> Iterator[str]:
    """Say how similar the order of the rows is."""
    yield _correlation(
        comparison.within_benchmarks,
        "Do servers keep their order? Throughput relative to the mean of its benchmark",
    )
    yield _correlation(
        comparison.across_rows,
        "All rows, as they are (this is mostly about which workloads are heavy)",
    )
    if comparison.within_benchmarks or comparison.across_rows:
        yield (
            "Intervals are Fisher's z with the variance of Bonett & Wright (2000), over rows of "
            "which neither figure is void or bound by the client, each cell once."
        )


def directions(comparison: PublishedComparison) -> Iterator[str]:
    """Say how many pairs of rows have the same direction, and name those that do not."""
    count = Counter(pair.agreement for pair in comparison.pairs)
    decided = count["same direction"] + count["opposite"]
    pairs = len(comparison.pairs)
    yield (
        f"Of {counted(pairs, 'pair', ',')} of rows within a benchmark, this run measured "
        f"{pairs - count['not measured']:,}: {count['same direction']:,} have the same "
        f"direction, {count['opposite']:,} the opposite one, {count['cannot tell']:,} cannot be "
        f"told."
    )
    for pair in comparison.pairs:
        if pair.agreement == "opposite" and pair.ours.ratio is not None:
            yield (
                f"Opposite in {pair.benchmark}: {pair.one} over {pair.other} was {pair.theirs.why} "
                f"in {pair.document}, and is {_ratio(pair.ours.ratio.value)} here."
            )
    for why, times in _undecided(comparison).most_common(3):
        yield f"Cannot be told ({times:,}): {why}."
    if decided or count["cannot tell"]:
        yield noise(comparison.noise)


def noise(found: Noise) -> str:
    """Say which noise a published difference is compared with."""
    if found.suite is None:
        return "No published row was measured twice: published figures have no noise of their own."
    return (
        f"Published figures have no interval; two that differ by less than two runs of one row of "
        f"{found.suite} did ({100 * (found.ratio - 1):.2g} %) count as equal."
    )


def claim(judged: JudgedClaim) -> str:
    """Say in one sentence how a published conclusion was judged."""
    says = judged.claim.says
    return f"{says[:1].upper()}{says[1:]}: {_published(judged)}; {_here(judged)}."


def _published(judged: JudgedClaim) -> str:
    answers = judged.answers
    count = Counter(answer.theirs for answer in answers)
    if judged.published == "borne out":
        return "the published figures bear it out"
    if judged.published == "contradicted":
        against = next(answer for answer in answers if answer.theirs == "against")
        return (
            f"its own figures contradict it in {count['against']} of "
            f"{counted(len(answers), 'pair', ',')} ({_pair(against.pair)}: "
            f"{against.their_directions[0].why})"
        )
    if judged.published == "never borne out":
        return f"the published figures never bore it out ({_reasons(judged)})"
    return (
        f"the published figures bear it out in {count['for']} of {len(answers)} pairs, the rest "
        f"cannot tell ({_reasons(judged)})"
    )


def _here(judged: JudgedClaim) -> str:
    answers = judged.answers
    measured = [answer for answer in answers if answer.ours != "not measured"]
    count = Counter(answer.ours for answer in answers)
    of = f" in all {len(answers)} pairs" if len(answers) > 1 else ""
    if judged.here == "holds":
        return f"here it holds{of} ({_our_ratio(answers[0])})"
    if judged.here == "holds in part":
        example = next(answer for answer in answers if answer.ours == "for")
        return (
            f"here it holds in {count['for']} of {len(answers)} pairs ({_our_ratio(example)}), the "
            f"rest is open or not measured"
        )
    if judged.here == "does not hold":
        against = next(answer for answer in answers if answer.ours == "against")
        among = counted(len(measured), "measured pair", ",")
        where = f" in {count['against']} of {among}" if of else ""
        return f"here it does not hold{where} ({_our_ratio(against)})"
    if judged.here == "cannot tell":
        return f"this run cannot tell ({_why_open(measured)})"
    return f"this run did not measure it ({answers[0].our_pair.why})"


def _why_open(measured: list[PairAnswer]) -> str:
    answer = next(answer for answer in measured if answer.ours == "open")
    return answer.our_pair.why or f"{answer.our_pair.verdict}, {_our_ratio(answer)}"


def _reasons(judged: JudgedClaim) -> str:
    names = Counter(
        reason
        for answer in judged.answers
        if answer.theirs == "open"
        for reason in dict.fromkeys(
            name for direction in answer.their_directions for name in direction.reasons
        )
    )
    if not names:
        return "no document has both rows"
    return listed([f"{name} in {counted(n, 'pair', ',')}" for name, n in names.most_common()])


def _undecided(comparison: PublishedComparison) -> Counter[str]:
    return Counter(
        pair.theirs.why
        if pair.theirs.heading == "cannot tell"
        else pair.ours.why or "no difference was detected here"
        for pair in comparison.pairs
        if pair.agreement == "cannot tell"
    )


def _correlation(found: RankCorrelation | None, what: str) -> str:
    if found is None:
        return f"{what}: too few rows for a rank correlation."
    interval = (
        f" [{found.low:.2f}, {found.high:.2f}]"
        if found.low is not None and found.high is not None
        else ", without an interval"
    )
    value = f"{found.value:.2f}{interval} over {found.pairs} rows"
    return f"{what}: Spearman's rank correlation is {value}."


def _our_ratio(answer: PairAnswer) -> str:
    ratio = answer.our_pair.ratio
    if ratio is None:
        return _pair(answer.pair)
    has_interval = ratio.low is not None and ratio.high is not None
    interval = f" [{ratio.low:.2f}, {ratio.high:.2f}]" if has_interval else ""
    bound = f"{answer.our_pair.bound} " if answer.our_pair.bound else ""
    return f"{_pair(answer.pair)}: {bound}{_ratio(ratio.value)}{interval}"


def _pair(pair: Pair) -> str:
    if pair.over is not None:
        return f"{_pair(replace(pair, over=None))}, over the same in {pair.over.one.benchmark}"
    if pair.one.benchmark == pair.other.benchmark:
        return f"{pair.one.stack} over {pair.other.stack} in {pair.one.benchmark}"
    return f"{pair.one.benchmark} over {pair.other.benchmark} on {pair.one.stack}"


def _ratio(ratio: float) -> str:
    return f"{ratio:.2f} times"
