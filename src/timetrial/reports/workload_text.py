"""What a benchmark asks of its stacks, in a line."""

from __future__ import annotations

from timetrial.model import Step, Workload, counted
from timetrial.model.redaction import without_passwords

_NAMED = 4


def what_is_asked(workload: Workload, *, by_users: bool = False) -> str:
    """Describe what a client does: '/json | /async/json, the app waits 50 ms', 'GET /, GET /api'.

    Only users think between the steps.
    """
    if workload.is_messages:
        asked = f"{workload.steps[0].label}, a message and its answer as a request"
    elif (stream := workload.steps[0].stream) is not None:
        paths = " | ".join(dict.fromkeys(map(without_passwords, workload.paths.values())))
        what = "event" if stream.kind == "sse" else "chunk"
        asked = f"{paths}, a stream as a request, left after {counted(stream.events or 1, what)}"
    elif workload.is_mix and len(workload.steps) > 1:
        asked = mixed(workload)
    elif len(workload.steps) > 1 or workload.steps[0].method != "GET":
        asked = ", ".join(_step(step, thinks=by_users) for step in workload.steps)
    else:
        asked = " | ".join(dict.fromkeys(map(without_passwords, workload.paths.values())))
    takes = "which come over" if workload.has_streams else "the app waits"
    waiting = f", {takes} {workload.wait_s * 1000:g} ms" if workload.wait_s else ""
    return f"{asked}{waiting}"


def mixed(workload: Workload) -> str:
    """List the requests of a mix, the most frequent first: '3 × GET /, GET /items'."""
    requests = sorted(workload.distinct(), key=len, reverse=True)
    several = len(requests) > 1
    named = [
        (f"{len(places)} × " if several and len(places) > 1 else "")
        + workload.steps[places[0]].label
        for places in requests[:_NAMED]
    ]
    more = f" and {len(requests) - _NAMED} more" if len(requests) > _NAMED else ""
    return ", ".join(named) + more


def _step(step: Step, *, thinks: bool) -> str:
    think_ms = step.think.average_s * 1000 if thinks else 0
    return f"{step.label}, thinking {think_ms:g} ms" if think_ms else step.label
