"""Whether a race to resume is the one that was begun."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from timetrial.features.race.suite import race_info_of, workload_in
from timetrial.model import DraftSuite, Step, Workload
from timetrial.model.redaction import without_credentials
from timetrial.model.secret import Place, SecretReference

GivenSecrets = Mapping[tuple[Place, str], str]
"""Values of variables and URLs of services, by place and name."""


def difference(begun: DraftSuite, requested: DraftSuite, *, from_log: bool = False) -> str | None:
    """Say in what a requested race differs from the one that was begun; None if in nothing.

    What was found out before the first was measured (rates, correct answers, servers that did not
    start, requests of a log that cannot be measured) is not requested again, and is no difference.
    """
    for what, described in _COMPARED.items():
        before, now = described(begun), described(requested)
        if before != now and not (from_log and what == _REQUESTS):
            return f"{what}: {before} then, {now} now"
    excluded = {server.server for server in race_info_of(begun).excluded_servers}
    stacks_before, stacks_now = _stacks(begun), _stacks(requested)
    for name, shape in stacks_now.items():
        if name not in stacks_before and name not in excluded:
            return f"{name} took no part then"
        if stacks_before.get(name, shape) != shape:
            return f"{name}: {stacks_before[name]} then, {shape} now"
    missing = next((name for name in stacks_before if name not in stacks_now), None)
    return f"{missing} takes no part now" if missing else None


def unlike_given(begun: DraftSuite, given: GivenSecrets) -> str | None:
    """Say which variable or service of a race is missing or another one; None if none is.

    The sentence begins behind 'run 1'.
    """
    for reference in begun.secrets:
        value = given.get((reference.place, reference.name))
        if (problem := _problem(reference, [] if value is None else [value])) is not None:
            return problem
    return None


def unlike_requests(
    begun: DraftSuite, requested: DraftSuite, hide: Callable[[str], str]
) -> str | None:
    """Say which secret of a race's requests, or other header, is missing or another one.

    None if none is. `hide` hides secrets as in what is stored. The sentence begins behind 'run 1'.
    """
    now = workload_in(requested).steps
    for step in workload_in(begun).steps:
        alike = [other for other in now if hide(_request(other)) == hide(_request(step))]
        for reference in step.secrets:
            if reference.place in {"path", "header", "body"}:
                values = [value for other in alike if (value := _value(other, reference))]
                if (problem := _problem(reference, values, step.label)) is not None:
                    return problem
    then, headers = hide(_headers(begun)), hide(_headers(requested))
    if then != headers:
        return f"is another race; the headers: {then} then, {headers} now"
    return None


def other_answer(begun: Workload, now: Workload) -> str | None:
    """Say which request is answered otherwise than at the beginning; None if none is.

    A body of which parts change is not compared: which parts were found to change is by chance.
    """
    if (before := _requests(begun)) != (after := _requests(now)):
        return f"what can be measured of its requests is {before} then, {after} now"
    for step, asked in zip(begun.steps, now.steps, strict=True):
        old, new = step.expect, asked.expect
        if old.status != new.status:
            return f"{asked.label} answers status {new.status}, where it was {old.status}"
        known = [r for r in step.secrets if r.place == "expected body"]
        if new.body is not None and not (
            all(reference.matches(new.body) for reference in known) and old.body in {None, new.body}
        ):
            return (
                f"{asked.label} answers with another body than when it was begun (what may change "
                "is named by --dynamic)"
            )
    return None


def _problem(reference: SecretReference, values: Sequence[str], request: str = "") -> str | None:
    """Return what is wrong with the values given for a secret, and what to type, behind 'run 1'."""
    if any(map(reference.matches, values)):
        return None
    what, typed = _what(reference, request), _typed(reference)
    if not values:
        return f"was begun with {what}, whose value is not stored; give it again: {typed}"
    return f"was begun with another value of {what}; give the same again: {typed}"


def _what(reference: SecretReference, request: str) -> str:
    match reference.place:
        case "variable":
            return f"the variable {reference.name}"
        case "service":
            return f"the URL of {reference.name}"
        case "header":
            return f"the header {reference.name}"
        case _:
            return f"{'a token' if reference.place == 'path' else 'the body'} of {request}"


def _typed(reference: SecretReference) -> str:
    """Write what has to be typed, with an ellipsis for the value."""
    match reference.place, reference.origin:
        case "variable", "--env":
            return f"--env {reference.name}=…"
        case "header", "--header":
            return f"--header '{reference.name}: …'"
        case "service", _:
            return f"{reference.origin} URL"
        case _, "--path":
            return "--path …"
        case _:
            return reference.origin


def _value(step: Step, reference: SecretReference) -> str | None:
    match reference.place:
        case "header":
            return next((v for n, v in step.headers.items() if n == reference.name), None)
        case "path":
            return next((p for i, p in step.paths.items() if i == reference.name), None)
        case _:
            return step.body


def _app(suite: DraftSuite) -> str:
    race_info = race_info_of(suite)
    return f"{race_info.app} ({race_info.framework or 'no framework'}) in {race_info.folder}"


def _requests(workload: Workload) -> str:
    return ", ".join(map(_request, workload.steps))


def _request(step: Step) -> str:
    # Tokens of queries are secrets: they are compared by their digests.
    events = f" ({step.stream.events} events)" if step.stream is not None else ""
    return f"{replace(step, name='').label}{events}"


def _headers(suite: DraftSuite) -> str:
    """List all headers of the requests; those with credentials are compared by their digests."""
    steps = (without_credentials(step.headers.items()) for step in workload_in(suite).steps)
    lines = dict.fromkeys(f"{name}: {value}" for step in steps for name, value in step)
    return ", ".join(lines) or "none"


_REQUESTS = "the requests"
_COMPARED: dict[str, Callable[[DraftSuite], str]] = {
    "the app": _app,
    _REQUESTS: lambda suite: _requests(workload_in(suite)),
    "the load": lambda suite: suite.benchmark(race_info_of(suite).capacity).load_text,
    "response times": lambda suite: ", ".join(race_info_of(suite).latency),
}


def _stacks(suite: DraftSuite) -> dict[str, str]:
    return {
        stack.name: (
            f"{stack.interface.upper()}, {stack.workers} × {stack.threads} (workers × threads)"
        )
        for stack in suite.stacks
        if stack.control_of is None
    }
