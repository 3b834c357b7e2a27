"""The A/A control: a second instance of a stack, which shows the noise. Pure."""

from __future__ import annotations

from dataclasses import replace

from timetrial.analysis.statistics.comparisons import ROUNDS_FOR_VERDICT
from timetrial.model import BadInput, DraftSuite, Stack

_SUFFIX = " (control)"


def controlled(suite: DraftSuite, *, wanted: bool | None = None) -> DraftSuite:
    """Add the A/A control of one stack to each of its benchmarks that has a control.

    That stack is the one that the suite names, or else the first without known failures.
    The control has its own processes, with the same server, app and settings.
    `wanted` overrides the suite's choice. Raises BadInput where a control is wanted with too few
    rounds.
    """
    if wanted and suite.planned_rounds < ROUNDS_FOR_VERDICT:
        raise BadInput(
            f"a control vouches for verdicts, which take {ROUNDS_FOR_VERDICT} rounds; "
            f"suite {suite.name!r} is to have {suite.planned_rounds}"
        )
    has_one = suite.control is not None if wanted is None else wanted
    if not has_one or suite.planned_rounds < ROUNDS_FOR_VERDICT:
        return suite
    chosen = _chosen(suite)
    control = replace(chosen, name=f"{chosen.name}{_SUFFIX}", control_of=chosen.name)
    benchmarks = tuple(
        replace(benchmark, stacks=(*benchmark.stacks, control.name))
        if benchmark.control and chosen.name in benchmark.stacks
        else benchmark
        for benchmark in suite.benchmarks
    )
    if not any(control.name in benchmark.stacks for benchmark in benchmarks):
        return suite
    return replace(suite, stacks=(*suite.stacks, control), benchmarks=benchmarks)


def _chosen(suite: DraftSuite) -> Stack:
    named = [stack for stack in suite.stacks if stack.name == suite.control]
    sound = [stack for stack in suite.stacks if not stack.known_failures]
    return (*named, *sound, *suite.stacks)[0]
