"""Before anything is measured: compares the responses of all stacks, request by request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TypeVar

from timetrial.machine.clock import MACHINE_CLOCK, Clock
from timetrial.model import (
    AppFailed,
    BadInput,
    ComparingAnswers,
    Observer,
    Request,
    Stack,
    StackFailed,
)
from timetrial.project.requests.agreed import Agreed, Disagreement, SampledResponse
from timetrial.project.requests.checked import ResponseCheck, checked
from timetrial.project.requests.consensus import Consensus, consensus, statuses
from timetrial.project.requests.mix import Mix, distinct
from timetrial.project.requests.notes import RequestNotes
from timetrial.project.requests.response_errors import is_failure, refusal, words_of
from timetrial.project.requests.sample import Sample, merged, spread_by_design
from timetrial.project.requests.workload import notes_on, sequence, workload_of
from timetrial.runner.fresh_processes import (
    AskedProcess,
    FreshProcess,
    ask_fresh,
    dynamic_patterns,
)
from timetrial.runner.log_traceback import last_line, last_traceback
from timetrial.runner.response_sampling import Replies, Reply, ask_again, ask_first
from timetrial.runner.starter import LiveStack

AT_ONCE = 4
"""Stacks that get requests at the same time."""
APART_S = 1.1
"""Time between the two requests of a kind to a stack: many pages show the time in seconds."""
_LOG_LINES = 400
_LOG_WITHIN_S, _LOG_PAUSE_S = 1.0, 0.1
"""How long a log is read, and how often: a server writes its log after its response."""

Samples = dict[str, Sample]
"""Samples of one request, by the name of the stack, in the order of the stacks."""


def agree(  # noqa: PLR0913 - what is asked of whom, and how
    mix: Mix,
    running: Mapping[str, LiveStack],
    stacks: Sequence[Stack],
    observer: Observer = lambda _event: None,
    clock: Clock = MACHINE_CLOCK,
    *,
    fresh: FreshProcess | None = None,
) -> Agreed:
    """Send each distinct request to every running stack, twice, and compare the responses.

    Where responses differ, those of most stacks count, then those of the first in `stacks`. What
    differs between two processes of one stack, which `fresh` starts, is the app's, and held against
    none. Returns a workload whose expectations hold for all stacks that stay.

    Raises AppFailed if the app itself fails on every stack, and BadInput if its response is no
    subject of a measurement (a redirect, a login, no such path) and is not expected.
    """
    asked = distinct(mix.requests)
    present = {stack.name: running[stack.name] for stack in stacks if stack.name in running}
    if not present:
        raise BadInput("no server has started, so that there is nothing to compare")
    replies = _ask_all(present, asked, keep_cookies=mix.is_scenario, observer=observer, clock=clock)
    processes = {name: [AskedProcess(present[name], *replies[name])] for name in present}
    table = _Table(mix, processes, clock)
    opinions = table.opinions()
    if fresh is not None:
        first = next(iter(present))
        for name, more in ask_fresh(mix, {first, *table.suspects(opinions)}, processes, fresh):
            processes[name] += more
        table = _Table(mix, processes, clock)
        opinions = table.opinions()
    return _agreed(mix, stacks, table, opinions)


def _ask_all(
    running: Mapping[str, LiveStack],
    asked: Sequence[Request],
    *,
    keep_cookies: bool,
    observer: Observer,
    clock: Clock,
) -> Mapping[str, tuple[Replies, Replies]]:
    """Send all requests to each stack, and once more when all stacks have had them.

    The first stack has them alone: what an app makes once for all its processes, as a thumbnail on
    disk, is there when the others are asked, and none of them loses a race for it.
    """
    total, done = 2 * len(asked) * len(running), Counter[None]()

    def counted(replies: Iterator[Reply | StackFailed]) -> Iterator[Reply | StackFailed]:
        for reply in replies:
            done[None] += 1
            observer(ComparingAnswers(done[None], total))
            yield reply

    observer(ComparingAnswers(0, total))
    names = tuple(running)
    first: dict[str, Replies] = {}
    for together in (names[:1], names[1:]):
        stacks = {name: running[name] for name in together}
        first |= _of_each(stacks, lambda stack: tuple(counted(ask_first(stack, asked))))
    clock.sleep(APART_S)
    second = _of_each(
        running,
        lambda stack: tuple(counted(ask_again(stack, asked, keep_cookies=keep_cookies))),
    )
    return {name: (first[name], second[name]) for name in running}


def _of_each(
    running: Mapping[str, LiveStack], ask: Callable[[LiveStack], Replies]
) -> Mapping[str, Replies]:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return dict(zip(running, pool.map(ask, running.values()), strict=True))


@dataclass(frozen=True, slots=True)
class _Opinion:
    """The response to one request that the stacks agree on, and how it is checked."""

    consensus: Consensus
    checked: ResponseCheck
    took_s: float
    """The quickest response of a stack: others were asked at the same time, and waited."""
    spread_s: float
    """Of a stream: the time from its first event to the last one, by design of the app."""


class _Table:
    """The responses of all stacks, and which stacks have failed, request by request."""

    def __init__(
        self,
        mix: Mix,
        processes: Mapping[str, Sequence[AskedProcess]],
        clock: Clock,
    ) -> None:
        self._clock = clock
        self._mix = mix
        self._processes = processes
        self._running = {name: asked[0].live for name, asked in processes.items()}
        self._order = distinct(mix.requests)
        self._dynamic = dynamic_patterns(mix)
        self._steps = len(sequence(mix))
        self.failed: dict[str, StackFailed] = {}
        self.remarks = RequestNotes()
        self.refused: list[str] = []
        """Why requests of a log are left out, with advice."""

    def opinions(self) -> Sequence[_Opinion]:
        """Find what the stacks agree on, request by request. Raises BadInput where that is none."""
        found = [opinion for request in self._order if (opinion := self.opinion(request))]
        if not found:
            why = self.refused[0]
            raise BadInput(f"{self._mix.name}: none of its requests can be measured; {why}")
        return found

    def suspects(self, opinions: Sequence[_Opinion]) -> set[str]:
        """Name the stacks that fail or differ."""
        return {*self.failed, *(name for found in opinions for name in found.consensus.differing)}

    def opinion(self, asked: Request) -> _Opinion | None:
        """Find what the stacks agree on; None for a request of a log that is left out."""
        samples, silent = self._samples(asked)
        if not samples:
            raise BadInput(f"{_first(silent).reason} (on {_stacks_text(silent)})")
        if not any(sample.is_wanted(asked) for sample in samples.values()):
            self._refuse(asked, samples)
            return None
        self.failed |= silent
        agreed = consensus(asked, samples)
        for stack, evidence in agreed.out.items():
            self.failed[stack] = self._failure(stack, evidence, samples[stack])
        if agreed.all_differ:
            self.remarks.add(asked, "another body on each server, which is no difference then")
        check = checked(agreed, self._steps)
        self.remarks.add(asked, check.note)
        right = [sample for stack, sample in samples.items() if stack not in agreed.out]
        took_s = min(sample.took_s for sample in right)
        spread_s = spread_by_design([sample.spread_s for sample in right])
        return _Opinion(agreed, check, took_s, spread_s)

    def _samples(self, asked: Request) -> tuple[Samples, dict[str, StackFailed]]:
        place = self._order.index(asked)
        samples: Samples = {}
        silent: dict[str, StackFailed] = {}
        for name, processes in self._processes.items():
            if name in self.failed:
                continue
            of_processes = [process.sample(place, self._dynamic) for process in processes]
            answered = [sample for sample in of_processes if isinstance(sample, Sample)]
            if answered:
                samples[name] = merged(asked, answered)
                self.remarks.add(asked, _recovered(name, asked, of_processes[0], samples[name]))
            elif isinstance(of_processes[0], StackFailed):
                silent[name] = of_processes[0]
        return samples, silent

    def _refuse(self, asked: Request, samples: Samples) -> None:
        """Raise the error of most stacks' response, or note it for a request of a log."""
        usual, _ = Counter(sample.statuses for sample in samples.values()).most_common(1)[0]
        same = {name: sample for name, sample in samples.items() if sample.statuses == usual}
        sample = _first(same)
        meant = asked.expect is not None and asked.expect.status == sample.status
        if is_failure(sample) and not meant:
            raise self._app_failed(asked, same)
        host, with_cookies = self._mix.host, self._mix.is_scenario
        if not self._mix.comes_from_a_log:
            raise BadInput(refusal(asked, sample, with_cookies=with_cookies, host=host))
        self.refused.append(refusal(asked, sample, host=host))
        self.remarks.leave_out(asked, f"answered {statuses(sample)}")

    def _app_failed(self, asked: Request, samples: Samples) -> AppFailed:
        sample = _first(samples)
        what = f"{asked.label} answered status {sample.status} on {_stacks_text(samples)}"
        traceback = self._traceback(samples)
        if traceback:
            return AppFailed(f"{what}: {last_line(traceback)}", traceback)
        logged = "whose log does" if len(samples) == 1 else "whose logs do"
        return AppFailed(f"{what}, {logged} not tell why{words_of(sample)}")

    def _traceback(self, stacks: Mapping[str, Sample]) -> str:
        deadline_s = self._clock.now_s() + _LOG_WITHIN_S
        while True:
            for name in stacks:
                running = self._running[name]
                log = running.launch.without_passwords(running.log_tail(_LOG_LINES))
                if traceback := last_traceback(log):
                    return traceback
            if self._clock.now_s() > deadline_s:
                return ""
            self._clock.sleep(_LOG_PAUSE_S)

    def _failure(self, stack: str, evidence: str, sample: Sample) -> StackFailed:
        traceback = self._traceback({stack: sample}) if is_failure(sample) else ""
        raised = f": {last_line(traceback)}" if traceback else ""
        tail = traceback or self._running[stack].log_tail()
        return StackFailed("answer", f"{evidence}{raised}", tail)


def _agreed(
    mix: Mix, stacks: Sequence[Stack], table: _Table, opinions: Sequence[_Opinion]
) -> Agreed:
    kept = tuple(
        replace(asked, expect=opinion.checked.expect, wait_s=opinion.spread_s)
        for asked in mix.requests
        for opinion in opinions
        if asked.is_same_request(opinion.consensus.request)
    )
    everything, mix = mix.requests, replace(mix, requests=kept)
    interfaces = {stack.interface for stack in stacks if stack.name not in table.failed}
    return Agreed(
        workload=workload_of(mix, interfaces),
        seen=tuple(map(_seen, opinions)),
        disagreements=tuple(_dissents(opinions, table.failed)),
        failed=table.failed,
        notes=(*mix.notes, *table.remarks.notes(everything), *notes_on(mix)),
    )


def _seen(opinion: _Opinion) -> SampledResponse:
    agreed, sample = opinion.consensus, opinion.consensus.sample
    return SampledResponse(
        agreed.request.label,
        sample.status,
        sample.content_type,
        len(sample.bodies[-1]),
        opinion.took_s,
        opinion.checked.how,
    )


def _dissents(
    opinions: Sequence[_Opinion], failed: Mapping[str, StackFailed]
) -> Iterator[Disagreement]:
    for agreed in (opinion.consensus for opinion in opinions):
        for stack, evidence in agreed.differing.items():
            if stack not in failed:
                against = agreed.against.get(stack, ())
                yield Disagreement(stack, agreed.request.label, evidence, against)


def _recovered(
    stack: str, asked: Request, first: Sample | StackFailed, merged_sample: Sample
) -> str:
    """Say that the first process of a stack failed where another one did not; '' if neither did."""
    if isinstance(first, Sample) and (first.is_wanted(asked) or not merged_sample.is_wanted(asked)):
        return ""
    failed = f"answered {statuses(first)}" if isinstance(first, Sample) else "gave no answer"
    return f"the first process of {stack} {failed}, another one {statuses(merged_sample)}"


def _stacks_text(stacks: Mapping[str, object]) -> str:
    """Write 'gunicorn-sync', or '6 servers'."""
    return next(iter(stacks)) if len(stacks) == 1 else f"{len(stacks)} servers"


_T = TypeVar("_T")


def _first(stacks: Mapping[str, _T]) -> _T:
    return next(iter(stacks.values()))
