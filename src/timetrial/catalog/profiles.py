"""Profiles of a suite: other loads for the same stacks, as somebody has published them."""

from __future__ import annotations

from dataclasses import replace

from timetrial.catalog.suite_schema import FAIR, SuiteManifest
from timetrial.model.errors import UnknownName
from timetrial.model.suite import Stack

WORKERS_PER_CPU = 2
"""More of them on a small machine would measure the scheduler."""


def choose(manifest: SuiteManifest, name: str) -> SuiteManifest:
    """Put what a profile says over what the suite says. Raises UnknownName."""
    if name == FAIR:
        return manifest
    if name not in manifest.profiles:
        known = (FAIR, *manifest.profiles)
        raise UnknownName(f"profile of suite {manifest.name!r}", name, known)
    profile = manifest.profiles[name]
    said = {key: getattr(profile, key) for key in type(profile).model_fields}
    return manifest.model_copy(
        update={key: value for key, value in said.items() if value is not None}
    )


def fitted(
    stacks: tuple[Stack, ...], profile: str, server_cpus: int | None
) -> tuple[tuple[Stack, ...], tuple[str, ...]]:
    """Shrink published numbers of workers to the machine, and say so; `fair` ones stay."""
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
    return tuple(replace(each, workers=min(each.workers, most)) for each in stacks), (note,)
