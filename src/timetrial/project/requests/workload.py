"""From a mix to the workload that all stacks are put to. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from timetrial.model.units import significant
from timetrial.model.workload import Expectation, Interface, Request, Step, Workload
from timetrial.project.requests.mix import Mix
from timetrial.project.requests.notes import listed
from timetrial.project.requests.weighted_order import in_turn, times_each

_NOTED = 0.0005
"""A share that is off by less is not worth a word."""


def workload_of(mix: Mix, interfaces: Collection[Interface]) -> Workload:
    """Spread the weights of a mix over at most 64 steps; a scenario stays as it is."""
    steps = (_step(asked, interfaces) for asked in sequence(mix))
    return Workload(mix.name, tuple(steps), is_mix=not mix.is_scenario)


def sequence(mix: Mix) -> tuple[Request, ...]:
    """List what is sent in one pass, in order."""
    if mix.is_scenario:
        return mix.asked
    return tuple(mix.asked[place] for place in in_turn(_times(mix.asked)))


def notes_on(mix: Mix) -> Iterator[str]:
    """Say in what the workload is not what the mix asks for."""
    yield from _of_think_times(mix) if mix.is_scenario else _of_shares(mix)


def _of_think_times(mix: Mix) -> Iterator[str]:
    think_s = sum(asked.think.average_s for asked in mix.asked)
    if think_s:
        yield (
            f"Think times of the scenario are left out ({significant(think_s, 2)} s in one pass, "
            "on average): a load by connections, or at a rate, sends the next step at once."
        )


def _of_shares(mix: Mix) -> Iterator[str]:
    """Say by how much the shares of requests differ from what their weights ask for."""
    times, weight = _times(mix.asked), sum(asked.weight for asked in mix.asked)
    wanted = [asked.weight / weight for asked in mix.asked]
    off = max(abs(n / sum(times) - share) for n, share in zip(times, wanted, strict=True))
    if off > _NOTED:
        yield (
            f"The requests are sent in turn, {sum(times)} in one pass: the share of each is up to "
            f"{significant(100 * off, 2)} percentage points from the wanted one."
        )
    unsent = [(a, share) for a, n, share in zip(mix.asked, times, wanted, strict=True) if not n]
    if unsent:
        share = significant(100 * sum(share for _, share in unsent), 2)
        labels = listed([asked.label for asked, _ in unsent])
        yield f"Too rare to be sent ({share}% of all): {labels}."


def _times(asked: Sequence[Request]) -> tuple[int, ...]:
    return times_each([each.weight for each in asked])


def _step(asked: Request, interfaces: Collection[Interface]) -> Step:
    return Step(
        paths=dict.fromkeys(sorted(interfaces), asked.path),
        expect=asked.expect or Expectation(),
        method=asked.method,
        headers=dict(asked.headers),
        body=asked.body.decode(),
        think=asked.think,
        name=asked.name,
    )
