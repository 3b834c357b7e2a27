"""The control: a stack's twin, which must not be told apart from it. Pure."""

from __future__ import annotations

from dataclasses import replace

from timetrial.model.errors import BadInput
from timetrial.model.suite import DraftSuite, Stack

ROUNDS_FOR_CONTROL = 5
"""With fewer there are no verdicts that it could vouch for."""
_SUFFIX = " (control)"


def controlled(suite: DraftSuite, *, wanted: bool | None = None) -> DraftSuite:
    """Let the twin of one stack take part, in each benchmark of that stack that has a control.

    That stack is the one which the suite names, or else its first that is not known to be broken.
    The twin has processes of its own, and shares nothing with the other but what it is made of.
    `wanted` overrules the suite: then there is a control although it names none, or none although
    it does. Raises BadInput where one is wanted with too few rounds.
    """
    if wanted and suite.rounds < ROUNDS_FOR_CONTROL:
        raise BadInput(
            f"a control vouches for verdicts, which take {ROUNDS_FOR_CONTROL} rounds; "
            f"suite {suite.name!r} is to have {suite.rounds}"
        )
    has_one = suite.control is not None if wanted is None else wanted
    if not has_one or suite.rounds < ROUNDS_FOR_CONTROL:
        return suite
    chosen = _chosen(suite)
    twin = replace(chosen, name=f"{chosen.name}{_SUFFIX}", control_of=chosen.name)
    benchmarks = tuple(
        replace(benchmark, stacks=(*benchmark.stacks, twin.name))
        if benchmark.control and chosen.name in benchmark.stacks
        else benchmark
        for benchmark in suite.benchmarks
    )
    if not any(twin.name in benchmark.stacks for benchmark in benchmarks):
        return suite
    return replace(suite, stacks=(*suite.stacks, twin), benchmarks=benchmarks)


def _chosen(suite: DraftSuite) -> Stack:
    named = [stack for stack in suite.stacks if stack.name == suite.control]
    sound = [stack for stack in suite.stacks if not stack.known_failures]
    return (*named, *sound, *suite.stacks)[0]
