"""Workloads from their manifests."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

from timetrial.catalog import problems
from timetrial.catalog.workload_schema import (
    ExpectManifest,
    StepManifest,
    ThinkManifest,
    WorkloadManifest,
)
from timetrial.model import (
    UPGRADED,
    Expectation,
    Interface,
    ManifestError,
    MessageKind,
    Step,
    StreamSpec,
    ThinkTime,
    Upload,
    Workload,
)


def read_workloads(
    file: Path,
    manifests: Mapping[str, WorkloadManifest],
    interfaces: Collection[Interface],
    owner: str,
) -> Mapping[str, Workload]:
    """Make the workloads of `owner` for these interfaces; body files lie beside `file`."""
    return {
        name: _workload(file, name, manifest, interfaces, owner)
        for name, manifest in manifests.items()
    }


def _workload(
    file: Path,
    name: str,
    manifest: WorkloadManifest,
    interfaces: Collection[Interface],
    owner: str,
) -> Workload:
    steps = tuple(
        _step(file, name, step, interfaces, _key(manifest, index))
        for index, step in enumerate(manifest.all_steps())
    )
    if manifest.websocket is not None:
        steps = tuple(_as_message(step, manifest.websocket) for step in steps)
    if (stream := manifest.stream) is not None:
        spec = StreamSpec(stream.kind, stream.numbers, stream.events)
        steps = tuple(replace(step, stream=spec) for step in steps)
    echo = _paths_of(manifest.echo or {}, interfaces)
    workload = Workload(name, steps, echo, manifest.services, deflates=manifest.deflate)
    if not workload.interfaces:
        key = problems.dotted(("workloads", name, *_key(manifest, 0), "path"))
        offered = " and ".join(sorted(interfaces))
        raise ManifestError(file, key, f"has no path for {offered}, which is what {owner} speaks")
    return workload


def _key(manifest: WorkloadManifest, index: int) -> problems.Location:
    """Return the location of a step within its workload."""
    return ("steps", index) if manifest.steps else ()


def _step(
    file: Path,
    workload: str,
    step: StepManifest,
    interfaces: Collection[Interface],
    key: problems.Location,
) -> Step:
    return Step(
        paths=_paths_of(step.path, interfaces),
        expect=expectation(file, ("workloads", workload, *key), step.expect),
        method=step.method,
        headers=dict(step.headers),
        body=step.body,
        think=think_time(step.think_ms),
        wait_s=step.wait_ms / 1_000,
        name=step.name,
        upload=None if (size := step.upload_bytes) is None else Upload(size, chunked=step.chunked),
    )


def _as_message(step: Step, kind: MessageKind) -> Step:
    return replace(step, message=kind, expect=replace(step.expect, status=UPGRADED))


def _paths_of(
    paths: Mapping[Interface, str], interfaces: Collection[Interface]
) -> Mapping[Interface, str]:
    return {interface: path for interface, path in paths.items() if interface in interfaces}


def think_time(manifest: ThinkManifest) -> ThinkTime:
    """Read think times, in seconds."""
    return ThinkTime(
        low_s=manifest.low / 1_000,
        high_s=None if manifest.high is None else manifest.high / 1_000,
        mean_s=None if manifest.mean is None else manifest.mean / 1_000,
    )


def expectation(file: Path, key: problems.Location, expect: ExpectManifest) -> Expectation:
    """Read the expectation of a response; its body may be a file beside the manifest.

    `key` is the location of the table with the key `expect`. Raises ManifestError.
    """
    body = expect.body
    if expect.body_file is not None:
        body = _body(file, key, expect.body_file)
    length = expect.body_bytes if body is None else len(body.encode())
    return Expectation(expect.status, body, length, expect.body_template)


def _body(file: Path, key: problems.Location, name: str) -> str:
    try:
        return (file.parent / name).read_bytes().decode()
    except (OSError, UnicodeDecodeError) as error:
        at = problems.dotted((*key, "expect", "body_file"))
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ManifestError(file, at, f"{name!r} cannot be read: {reason}") from None
