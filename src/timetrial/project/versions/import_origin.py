"""Whether the code that a checkout is to show is the code that is imported."""

from __future__ import annotations

from pathlib import Path

from timetrial.model.errors import BadInput
from timetrial.project.project import Project
from timetrial.project.versions.worktrees import Checkout
from timetrial.stacks.command import run_command

_WITHIN_S = 60.0
_FIND = (
    "import importlib.util, sys; found = importlib.util.find_spec(sys.argv[1]); "
    "print(found.origin if found and found.origin else '')"
)


def require_own_code(project: Project, checkout: Checkout) -> None:
    """Raise BadInput where the app is imported from elsewhere, as from an editable install."""
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
    """Find where a top-level module lies, without importing it; None where nothing tells."""
    folders = [str(project.root), project.env.get("PYTHONPATH", "")]
    outcome = run_command(
        [str(project.python), "-c", _FIND, package],
        env={"PYTHONPATH": ":".join(filter(None, folders)), "PYTHONDONTWRITEBYTECODE": "1"},
        cwd=project.root,
        timeout_s=_WITHIN_S,
    )
    said = outcome.output.strip() if outcome.ok else ""
    return Path(said).resolve() if said else None
