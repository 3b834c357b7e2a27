"""From a mix to the workload of all stacks. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from timetrial.model import UPGRADED, Expectation, Interface, Request, Step, Workload, significant
from timetrial.project.requests.mix import Mix
from timetrial.project.requests.notes import listed
from timetrial.project.requests.weighted_order import in_turn, times_each

_NOTED = 0.0005
"""Smaller deviations of a share are not noted."""


def workload_of(mix: Mix, interfaces: Collection[Interface]) -> Workload:
    """Spread the weights of a mix over at most 64 steps; a scenario is unchanged."""
    steps = tuple(
        Step(
            paths=dict.fromkeys(sorted(interfaces), request.path),
            expect=request.expect or Expectation(UPGRADED if request.message else 200),
            method=request.method,
            headers=dict(request.headers),
            body=request.body.decode(),
            think=request.think,
            name=request.name,
            message=request.message,
            stream=request.stream,
            wait_s=request.wait_s,
            upload=request.upload,
        )
        for request in sequence(mix)
    )
    return Workload(mix.name, steps, is_mix=not mix.is_scenario, deflates=mix.deflates)


def sequence(mix: Mix) -> tuple[Request, ...]:
    """List the requests of one pass, in order."""
    if mix.is_scenario:
        return mix.requests
    return tuple(mix.requests[place] for place in in_turn(_times(mix.requests)))


def notes_on(mix: Mix) -> Iterator[str]:
    """Yield a sentence for each difference between the workload and the mix."""
    yield from _of_think_times(mix) if mix.is_scenario else _of_shares(mix)


def _of_think_times(mix: Mix) -> Iterator[str]:
    think_s = sum(request.think.average_s for request in mix.requests)
    if think_s:
        yield (
            f"Think times of the scenario are left out ({significant(think_s, 2)} s in one pass, "
            "on average): a load by connections, or at a rate, sends the next step at once."
        )


def _of_shares(mix: Mix) -> Iterator[str]:
    """Yield how far the shares of requests are from their weights."""
    times, weight = _times(mix.requests), sum(request.weight for request in mix.requests)
    exact = [request.weight / weight for request in mix.requests]
    off = max(abs(n / sum(times) - share) for n, share in zip(times, exact, strict=True))
    if off > _NOTED:
        yield (
            f"The requests are sent in turn, {sum(times)} in one pass: the share of each is up to "
            f"{significant(100 * off, 2)} percentage points from the wanted one."
        )
    unsent = [(a, share) for a, n, share in zip(mix.requests, times, exact, strict=True) if not n]
    if unsent:
        share = significant(100 * sum(share for _, share in unsent), 2)
        labels = listed([request.label for request, _ in unsent])
        yield f"Too rare to be sent ({share}% of all): {labels}."


def _times(requests: Sequence[Request]) -> tuple[int, ...]:
    return times_each([request.weight for request in requests])
