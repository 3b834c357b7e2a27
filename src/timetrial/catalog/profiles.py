"""Profiles of a suite: other, published loads for the same stacks."""

from __future__ import annotations

from dataclasses import replace

from timetrial.catalog.suite_schema import FAIR, SuiteManifest
from timetrial.model import Stack, UnknownName

WORKERS_PER_CPU = 2
"""The most workers per CPU: more would measure the scheduler."""


def choose(manifest: SuiteManifest, name: str) -> SuiteManifest:
    """Override the suite's values with those of a profile. Raises UnknownName."""
    if name == FAIR:
        return manifest
    if name not in manifest.profiles:
        known = (FAIR, *manifest.profiles)
        raise UnknownName(f"profile of suite {manifest.name!r}", name, known)
    profile = manifest.profiles[name]
    values = {key: getattr(profile, key) for key in type(profile).model_fields}
    return manifest.model_copy(
        update={key: value for key, value in values.items() if value is not None}
    )


def fitted(
    stacks: tuple[Stack, ...], profile: str, server_cpus: int | None
) -> tuple[tuple[Stack, ...], tuple[str, ...]]:
    """Reduce published numbers of workers to the machine, with a note; `fair` keeps them."""
    if profile == FAIR or server_cpus is None:
        return stacks, ()
    most = WORKERS_PER_CPU * server_cpus
    wanted = max(stack.workers for stack in stacks)
    if wanted <= most:
        return stacks, ()
    note = (
        f"{wanted} workers were published; on the {server_cpus} "
        f"CPU{'' if server_cpus == 1 else 's'} that servers have here, no stack got more than "
        f"{most}."
    )
    return tuple(replace(stack, workers=min(stack.workers, most)) for stack in stacks), (note,)
