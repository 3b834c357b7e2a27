"""Why an app cannot be served, in one sentence: by what a look at it has found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from timetrial.model.errors import AppImportError, BadInput
from timetrial.model.redaction import without_secrets
from timetrial.project.entry_points import NAMES
from timetrial.project.import_probe import Problem, Seen


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a sentence needs to know beside what was seen."""

    asked: str
    """As the user wrote it, or as it was found: a target or a module."""
    root: Path
    """That imports start from."""
    python_note: str
    """Which Python it runs on, and why."""
    env: Mapping[str, str]
    """That it was imported with; what is secret in it is shown nowhere."""
    env_file: Path | None
    """That the user named."""


def refusal(seen: Seen, at: Circumstances) -> BadInput | None:
    """Say why this cannot be served; None if it can."""
    if seen.problem is not None and _is_of_target(seen.problem.missing_module, at):
        missing = seen.problem.missing_module
        return AppImportError(f"there is no module {missing!r} in {at.root}{_there(at.root)}")
    if seen.problem is not None:
        detail = without_secrets("\n".join(seen.problem.traceback), at.env)
        return AppImportError(without_secrets(_of_import(seen.problem, at), at.env), detail)
    if seen.missing is not None:
        return BadInput(_of_attribute(seen, at))
    if seen.trouble is not None:
        return BadInput(f"{seen.target!r} {_TROUBLES[seen.trouble].format_map(_words(seen))}")
    if not seen.interfaces:
        return BadInput(f"{seen.target!r} speaks no interface that a server could call")
    return None


_TROUBLES = {
    "not callable": "is a {kind}, which cannot be called",
    "serves itself": (
        "is an app of {framework}, which is a server of its own: it speaks neither WSGI nor ASGI, "
        "so that no other server can race with it"
    ),
    "unclear": (
        "takes {signature}: that is neither WSGI, (environ, start_response), nor ASGI, "
        "async (scope, receive, send)"
    ),
    "asgi2": (
        "speaks ASGI 2, which servers no longer do; wrap it in "
        "asgiref.compatibility.guarantee_single_callable"
    ),
    "factory": "can be called without arguments, as a function that makes an app; say --factory",
    "class": "is a class; name an instance of it, or say --factory if calling it makes the app",
}


def _words(seen: Seen) -> dict[str, str]:
    return {
        "kind": seen.kind.removeprefix("builtins."),
        "framework": seen.framework,
        "signature": seen.signature,
    }


def _is_of_target(missing: str | None, at: Circumstances) -> bool:
    """Whether the module itself is missing, not one that it needs."""
    module = at.asked.partition(":")[0]
    return missing is not None and f"{module}.".startswith(f"{missing}.")


def _of_import(problem: Problem, at: Circumstances) -> str:
    what = repr(at.asked)
    where = f" ({problem.where})" if problem.where else ""
    if problem.variables:
        return _of_variables(problem, at)
    if problem.missing_module is not None:
        return (
            f"{what} does not import: it needs the module {problem.missing_module!r}{where}, which "
            f"is not installed. {at.python_note} Name another one with --python."
        )
    return f"{what} does not import: it raises {problem.line}{where}"


def _of_variables(problem: Problem, at: Circumstances) -> str:
    one = len(problem.variables) == 1
    named = ", ".join(problem.variables)
    where = f" ({problem.where})" if problem.where else ""
    usual = at.root / ".env"
    file = usual if at.env_file is None and usual.is_file() else "FILE"
    return (
        f"{at.asked!r} needs the environment variable{'' if one else 's'} {named}{where}: give "
        f"{'it' if one else 'them'} with --env {problem.variables[0]}=VALUE or --env-file {file}"
    )


def _of_attribute(seen: Seen, at: Circumstances) -> str:
    module = at.asked.partition(":")[0]
    offers = [f"'{module}:{name}'" for name in seen.offers]
    if seen.missing:
        hint = f"; did you mean {' or '.join(offers)}?" if offers else ""
        return f"the module {module!r} has no {seen.missing!r}{hint}"
    if offers:
        return f"the module {module!r} has more than one app: name {' or '.join(offers)}"
    return (
        f"the module {module!r} has none of {', '.join(NAMES)}; name the app as "
        f"'{module}:ATTRIBUTE', or what makes it, with --factory"
    )


def _there(root: Path) -> str:
    files = {file.stem for file in root.glob("*.py")}
    packages = {file.parent.name for file in root.glob("*/__init__.py")}
    names = sorted(name for name in files | packages if not name.startswith("_"))
    if not names:
        return "; --folder names the one that imports start from"
    shown = ", ".join(names[:8]) + (", …" if len(names) > 8 else "")  # noqa: PLR2004 - as many as a line takes
    return f" (modules there: {shown}); --folder names another one"
