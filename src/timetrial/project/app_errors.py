"""Why an app cannot be served, in one sentence, from the result of its import probe. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from timetrial.model import AppImportError, BadInput
from timetrial.model.redaction import without_secrets
from timetrial.project.entry_points import NAMES
from timetrial.project.import_probe import ProbeResult, Problem


@dataclass(frozen=True, slots=True)
class ImportContext:
    """How an app was imported: what an error message needs beside the probe's result."""

    target: str
    """`module:attribute` or a module, as the user wrote it or as it was found."""
    root: Path
    """The folder that imports start from."""
    python_note: str
    """A sentence: which Python the app runs on, and why."""
    env: Mapping[str, str]
    """The environment of the import. Its secrets are never shown."""
    env_file: Path | None
    """The value of --env-file."""


def app_error(result: ProbeResult, context: ImportContext) -> BadInput | None:
    """Return the error for an app that cannot be served; None if it can be."""
    if result.problem is not None:
        missing = result.problem.missing_module
        module = context.target.partition(":")[0]
        # The module itself, or a package of it; not a module that it imports.
        if missing is not None and f"{module}.".startswith(f"{missing}."):
            return AppImportError(
                f"there is no module {missing!r} in {context.root}{_modules_in(context.root)}"
            )
        lines = [*result.problem.traceback, *_last_output(result.problem)]
        detail = without_secrets("\n".join(lines), context.env)
        return AppImportError(
            without_secrets(_import_failure(result, result.problem, context), context.env), detail
        )
    if result.missing is not None:
        return BadInput(_missing_attribute(result, context))
    if result.trouble is not None:
        words = {
            "kind": result.kind.removeprefix("builtins."),
            "framework": result.framework,
            "signature": result.signature,
        }
        return BadInput(f"{result.target!r} {_TROUBLES[result.trouble].format_map(words)}")
    if not result.interfaces:
        return BadInput(f"{result.target!r} speaks no interface that a server could call")
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


def _import_failure(result: ProbeResult, problem: Problem, context: ImportContext) -> str:
    inside = f"inside {problem.package}" if problem.package else ""
    places = ", ".join(filter(None, (problem.where, inside)))
    where = f" ({places})" if places else ""
    if problem.variables:
        return _missing_variables(problem, where, context)
    if problem.missing_module is not None:
        return (
            f"{context.target!r} does not import: it needs the module "
            f"{problem.missing_module!r}{where}, which is not installed. "
            f"{context.python_note} Name another one with --python."
        )
    if problem.missing_metadata is not None:
        return (
            f"{context.target!r} does not import: it asks for metadata of the package "
            f"{problem.missing_metadata!r}{where}, which is not installed. {context.python_note} "
            "Install the project into a virtual environment, as by `pip install -e .`, and name "
            "that with --python."
        )
    advice = (
        f"; if that is too old for {result.python}, name another Python with --python"
        if problem.package
        else ""
    )
    return f"{context.target!r} does not import: it raises {problem.line}{where}{advice}"


def _last_output(problem: Problem) -> tuple[str, ...]:
    return ("Before that it wrote:", *problem.output) if problem.output else ()


def _missing_variables(problem: Problem, where: str, context: ImportContext) -> str:
    plural, pronoun = ("", "it") if len(problem.variables) == 1 else ("s", "them")
    default = context.root / ".env"
    file = default if context.env_file is None and default.is_file() else "FILE"
    return (
        f"{context.target!r} needs the environment variable{plural} "
        f"{', '.join(problem.variables)}{where}: give {pronoun} with "
        f"--env {problem.variables[0]}=VALUE or --env-file {file}"
    )


def _missing_attribute(result: ProbeResult, context: ImportContext) -> str:
    module = context.target.partition(":")[0]
    offers = [f"'{module}:{name}'" for name in result.offers]
    if result.missing:
        hint = f"; did you mean {' or '.join(offers)}?" if offers else ""
        return f"the module {module!r} has no {result.missing!r}{hint}"
    if offers:
        return f"the module {module!r} has more than one app: name {' or '.join(offers)}"
    return (
        f"the module {module!r} has none of {', '.join(NAMES)}; name the app as "
        f"'{module}:ATTRIBUTE', or what makes it, with --factory"
    )


def _modules_in(root: Path) -> str:
    files = {file.stem for file in root.glob("*.py")}
    packages = {file.parent.name for file in root.glob("*/__init__.py")}
    names = sorted(name for name in files | packages if not name.startswith("_"))
    if not names:
        return "; --folder names the one that imports start from"
    shown = ", ".join(names[:8]) + (", …" if len(names) > 8 else "")  # noqa: PLR2004 - as many as a line takes
    return f" (modules there: {shown}); --folder names another one"
