"""One app at several commits and on several Pythons, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from timetrial.catalog.registry import Catalog
from timetrial.machine.own_folder import OwnFolder
from timetrial.model import BadInput, Workload
from timetrial.project.overlay import OverlaidEnvironments
from timetrial.project.project import Project
from timetrial.project.versions.variants import Variant, at_checkouts, on_pythons
from timetrial.project.versions.worktrees import Checkout, checked_out, top_of
from timetrial.stacks.cache import cache_dir
from timetrial.stacks.command import run_command
from timetrial.stacks.environment import EnvironmentMaker


def variants_of(
    projects: Sequence[Project], revisions: Sequence[str], until: ExitStack
) -> tuple[Variant, ...]:
    """Return a variant for each Python and commit; commits stay checked out until `until` ends.

    Raises BadInput for a commit that does not exist, and for code that is imported from elsewhere.
    """
    variants = on_pythons(projects)
    if not revisions:
        return variants
    root = projects[0].root.resolve()
    folder = Path(until.enter_context(OwnFolder("revisions")))
    checkouts = until.enter_context(checked_out(root, revisions, folder))
    found = at_checkouts(variants, checkouts, root, top_of(root))
    for index, variant in enumerate(found):
        require_own_code(variant.project, checkouts[index % len(checkouts)])
    return found


def with_variants(
    catalog: Catalog, project: Project, variants: Sequence[Variant], workload: Workload
) -> Catalog:
    """Return the catalog with the project and its variants as its only apps."""
    projects = (project, *(variant.project for variant in variants))
    return replace(catalog, apps={variant.name: variant.app(workload) for variant in projects})


def environments_of(variants: Sequence[Variant]) -> dict[str, EnvironmentMaker]:
    return {
        variant.project.name: OverlaidEnvironments(variant.project, cache_dir())
        for variant in variants
    }


_WITHIN_S = 60.0
_FIND = (
    "import importlib.util, sys; found = importlib.util.find_spec(sys.argv[1]); "
    "print(found.origin if found and found.origin else '')"
)


def require_own_code(project: Project, checkout: Checkout) -> None:
    """Raise BadInput if the app is not imported from its checkout, as with an editable install."""
    targets = (project.factory,) if project.factory else tuple(project.targets.values())
    for module in dict.fromkeys(target.partition(":")[0] for target in targets):
        package = module.partition(".")[0]
        origin = _origin(package, project)
        if origin is not None and not origin.is_relative_to(checkout.top.resolve()):
            raise BadInput(
                f"--rev {checkout.revision}: {package!r} is imported from {origin}, whatever "
                "commit is checked out; it must be importable from the project's folder"
            )


def _origin(package: str, project: Project) -> Path | None:
    """Return the file of a top-level module without importing it; None if it is unknown."""
    folders = [str(project.root), project.env.get("PYTHONPATH", "")]
    outcome = run_command(
        [str(project.python), "-c", _FIND, package],
        env={"PYTHONPATH": ":".join(filter(None, folders)), "PYTHONDONTWRITEBYTECODE": "1"},
        cwd=project.root,
        timeout_s=_WITHIN_S,
    )
    file = outcome.output.strip() if outcome.ok else ""
    return Path(file).resolve() if file else None
