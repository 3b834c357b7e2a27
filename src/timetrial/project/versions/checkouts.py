"""One app at several commits and on several Pythons, side by side."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from timetrial.catalog.registry import Catalog
from timetrial.model.workload import Workload
from timetrial.project.overlay import OverlaidEnvironments
from timetrial.project.project import Project
from timetrial.project.versions.import_origin import require_own_code
from timetrial.project.versions.variants import Variant, at_checkouts, on_pythons
from timetrial.project.versions.worktrees import checked_out, top_of
from timetrial.stacks.cache import cache_dir
from timetrial.stacks.environment import EnvironmentMaker


def variants_of(
    projects: Sequence[Project], revisions: Sequence[str], until: ExitStack
) -> tuple[Variant, ...]:
    """Check commits out until the end of `until`; without any, there is one variant a Python."""
    variants = on_pythons(projects)
    if not revisions:
        return variants
    root = projects[0].root.resolve()
    folder = Path(until.enter_context(tempfile.TemporaryDirectory(prefix="timetrial-revisions-")))
    checkouts = until.enter_context(checked_out(root, revisions, folder))
    found = at_checkouts(variants, checkouts, root, top_of(root))
    for index, variant in enumerate(found):
        require_own_code(variant.project, checkouts[index % len(checkouts)])
    return found


def with_variants(
    catalog: Catalog, project: Project, variants: Sequence[Variant], workload: Workload
) -> Catalog:
    """Let the project, and each variant of it, be the only apps of the catalog."""
    projects = (project, *(variant.project for variant in variants))
    return replace(catalog, apps={each.name: each.app(workload) for each in projects})


def environments_of(variants: Sequence[Variant]) -> dict[str, EnvironmentMaker]:
    return {
        variant.project.name: OverlaidEnvironments(variant.project, cache_dir())
        for variant in variants
    }
