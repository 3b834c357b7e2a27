"""What of a suite's files is secret, and how a run that goes on finds it there again."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path, PurePath

from timetrial.catalog.registry import Catalog
from timetrial.catalog.suite_files import FileValue, SuiteFiles, found_suite
from timetrial.features.race.resume import unlike_given
from timetrial.model import BadInput, DraftSuite, Run, Service, Stack, Step, Workload
from timetrial.model.redaction import is_secret_variable, secrets_of_variables
from timetrial.model.secret import Place, SecretReference
from timetrial.stacks.services.client import Access
from timetrial.store.secrets import Origins, Secrets

_APP = "app.toml"


def secrets_of_suite(
    files: SuiteFiles, suite: DraftSuite, external: Mapping[str, Access]
) -> Secrets:
    """Hold the secrets of a suite's files and of the URLs of services."""
    urls = {f"URL of {name}": access.url for name, access in external.items()}
    texts = [urls, *(stack.env for stack in suite.stacks)]
    texts += [{value.name: value.value} for value in files.values(suite)]
    return Secrets(
        frozenset[str]().union(*map(secrets_of_variables, texts)),
        lambda workload: Origins.file(files.file_of(workload, suite)),
        files.suite_file,
    )


def references_of_suite(
    held: Secrets, files: SuiteFiles, suite: DraftSuite, external: Mapping[str, Access]
) -> tuple[SecretReference, ...]:
    """Refer to secrets of apps, servers and services; a plan has those of stacks and requests."""
    secret = (value for value in files.values(suite) if _is_secret(value, held))
    of_files = (held.reference(v.place, v.name, v.value, v.file) for v in secret)
    urls = (held.reference("service", n, a.url, f"--{n}") for n, a in external.items())
    return (*of_files, *urls)


def _is_secret(value: FileValue, held: Secrets) -> bool:
    name = value.name.rpartition(".")[2]
    return is_secret_variable(name) or held.hidden(value.value) != value.value


def begun_files(begun: Run, catalog: Catalog, folder: Path | None) -> SuiteFiles:
    """Find the files that a run took secrets from. Raises BadInput where there is none."""
    suite_file = _suite_file(begun.plan.suite)
    manifest = found_suite(suite_file, catalog) if suite_file else None
    if suite_file and manifest is None:
        raise BadInput(
            f"run {begun.number} was begun with values of {suite_file} that are not stored, and "
            "there is no such file: go on in the same folder, with the same --catalog"
        )
    return SuiteFiles(catalog, folder, manifest, suite_file)


def _suite_file(suite: DraftSuite) -> str:
    """Return the suite's file, if the run took secrets from it; else ''."""
    steps = (step for benchmark in suite.benchmarks for step in benchmark.workload.steps)
    settings = (r for r in suite.secrets if r.place == "setting")
    found = (
        *(reference for step in steps for reference in step.secrets),
        *(reference for stack in suite.stacks for reference in stack.secrets),
        *(r for r in settings if PurePath(r.origin).parent.name != "services"),
    )
    return next((r.origin for r in found if PurePath(r.origin).name != _APP), "")


def as_begun(
    files: SuiteFiles, begun: Run, external: Mapping[str, Access]
) -> tuple[DraftSuite, Secrets]:
    """Return the suite of a run with the values of its files, and its secrets.

    Raises BadInput for a value that is missing or another one.
    """
    stored = begun.plan.suite
    held = secrets_of_suite(files, stored, external)
    for benchmark in stored.benchmarks:
        for workload in (benchmark.workload, *files.workloads_of(benchmark, stored)):
            held.learn(workload)
    try:
        _check_given(stored, files, external)
        suite = _filled_in(stored, files, held)
    except _UnlikeBegunError as unlike:
        raise BadInput(f"run {begun.number} {unlike}") from None
    return suite, held


class _UnlikeBegunError(Exception):
    """A value is missing or another one; the sentence begins behind 'run 1'."""


def _check_given(stored: DraftSuite, files: SuiteFiles, external: Mapping[str, Access]) -> None:
    now = list(files.values(stored))
    for reference in stored.secrets:
        if reference.place != "service":
            values = (value.value for value in now if _is_of(value, reference))
            _value(reference, values, f"the {reference.place} {reference.name}")
    urls: dict[tuple[Place, str], str] = {
        ("service", name): access.url for name, access in external.items()
    }
    of_services = tuple(r for r in stored.secrets if r.place == "service")
    if what := unlike_given(dataclasses.replace(stored, secrets=of_services), urls):
        raise _UnlikeBegunError(what)


def _is_of(value: FileValue, reference: SecretReference) -> bool:
    """Whether it is the value of the same file; the catalog may be named by another path now."""
    if (value.place, value.name) != (reference.place, reference.name):
        return False
    parts = (PurePath(file).parts[-2:] for file in (value.file, reference.origin))
    return value.place == "setting" or len(set(parts)) == 1


def _filled_in(stored: DraftSuite, files: SuiteFiles, held: Secrets) -> DraftSuite:
    stacks, benchmarks = [], []
    for stack in stored.stacks:
        stacks.append(_stack(stack, files))
        held.resume_stack(stack, stacks[-1])
    for benchmark in stored.benchmarks:
        candidates = files.workloads_of(benchmark, stored)
        workload = _workload(benchmark.workload, candidates, held.hidden)
        held.resume(benchmark.workload, workload)
        benchmarks.append(dataclasses.replace(benchmark, workload=workload))
    settings = {v.name: v.value for v in files.values(stored) if v.place == "setting"}
    hidden = {r.name for r in stored.secrets if r.place == "setting"}
    services = tuple(_service(each, hidden, settings) for each in stored.services)
    return dataclasses.replace(
        stored, stacks=tuple(stacks), benchmarks=tuple(benchmarks), services=services
    )


def _service(stored: Service, hidden: Iterable[str], settings: Mapping[str, str]) -> Service:
    given = {
        key: settings[name] if (name := f"{stored.name}.{key}") in hidden else value
        for key, value in stored.settings.items()
    }
    return dataclasses.replace(stored, settings=given)


def _stack(stored: Stack, files: SuiteFiles) -> Stack:
    alike, env = files.alike(stored), dict(stored.env)
    for reference in stored.secrets:
        name = reference.name
        values = (manifest.env[name] for manifest in alike if name in manifest.env)
        what = f"the variable {name} of the stack {stored.name}"
        env[name] = _value(reference, values, what)
    return dataclasses.replace(stored, env=env, secrets=())


def _workload(
    stored: Workload, candidates: Sequence[Workload], hide: Callable[[str], str]
) -> Workload:
    steps = [step for workload in candidates for step in workload.steps]
    echo = {
        interface: next(
            (
                workload.echo_paths[interface]
                for workload in candidates
                if hide(workload.echo_paths.get(interface, "")) == path
            ),
            path,
        )
        for interface, path in stored.echo_paths.items()
    }
    filled = tuple(_step(step, steps, hide) for step in stored.steps)
    return dataclasses.replace(stored, steps=filled, echo_paths=echo)


def _step(stored: Step, steps: Sequence[Step], hide: Callable[[str], str]) -> Step:
    alike = [step for step in steps if _is_same_request(step, stored, hide)]
    step = dataclasses.replace(stored, secrets=())
    for reference in stored.secrets:
        values = (v for other in alike if (v := _value_in(other, reference)) is not None)
        what = _WHAT[reference.place].format(name=reference.name, request=stored.label)
        step = _with(step, reference, _value(reference, values, what))
    return step


def _is_same_request(step: Step, stored: Step, hide: Callable[[str], str]) -> bool:
    """Whether a request of a file is the stored one; the files of several apps have a part each."""
    common = step.paths.keys() & stored.paths.keys()
    return (
        step.method == stored.method
        and hide(step.name) == stored.name
        and bool(common)
        and all(hide(step.paths[interface]) == stored.paths[interface] for interface in common)
    )


_WHAT: Mapping[Place, str] = {
    "header": "the header {name} of {request}",
    "path": "a token of {request}",
    "body": "the body of {request}",
    "expected body": "the expected body of {request}",
    "expected template": "the expected body of {request}",
}


def _value_in(step: Step, reference: SecretReference) -> str | None:
    match reference.place:
        case "header":
            return step.headers.get(reference.name)
        case "path":
            return next((p for i, p in step.paths.items() if i == reference.name), None)
        case "expected body":
            return step.expect.body
        case "expected template":
            return step.expect.body_template
        case _:
            return step.body or None


def _with(step: Step, reference: SecretReference, value: str) -> Step:
    match reference.place:
        case "header":
            return dataclasses.replace(step, headers={**step.headers, reference.name: value})
        case "path":
            paths = {i: value if i == reference.name else p for i, p in step.paths.items()}
            return dataclasses.replace(step, paths=paths)
        case "expected body":
            expect = dataclasses.replace(step.expect, body=value)
        case "expected template":
            expect = dataclasses.replace(step.expect, body_template=value)
        case _:
            return dataclasses.replace(step, body=value)
    return dataclasses.replace(step, expect=expect)


def _value(reference: SecretReference, values: Iterable[str], what: str) -> str:
    """Return the value that a reference stands for. Raises _UnlikeBegunError for none."""
    there = list(values)
    for value in there:
        if reference.matches(value):
            return value
    if there:
        raise _UnlikeBegunError(
            f"was begun with another value of {what} than {reference.origin} has now: put back "
            "the former one, or start a new run"
        )
    raise _UnlikeBegunError(
        f"was begun with {what}, which {reference.origin} has no more: put it back, or start a "
        "new run"
    )
