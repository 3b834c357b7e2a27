"""Describes why an app does not import, by the lines of its own code. Python 3.8 and newer."""

from __future__ import annotations

import os
import re
import sys
import traceback
from importlib import metadata

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    Told = dict[str, Any]

HERE = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 - pathlib is slow to import
OF_DJANGO = "DJANGO_SETTINGS_MODULE"
OF_OS = (os.__file__, "<frozen os>")
MOST_FRAMES = 6
LONGEST_CHAIN = 8
NEEDS_VARIABLE = re.compile(
    r"[Ee]nvironment variable|\benvvar\b|\bSECRET_KEY\b|is missing, and has no default"
)
VARIABLE = re.compile(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b|(?<=['\"])[A-Z][A-Z0-9]+(?=['\"])")
"""Upper case with an underscore, or upper case in quotes."""
INSTALLED = re.compile(r"(?P<folder>.*[/\\](?:site|dist)-packages)[/\\](?P<file>.*)")


def told(error: BaseException, root: str) -> Told:
    only = traceback.format_exception_only(type(error), error)
    shown = list(_frames(error, root))
    lines = [line for _, _, of_frame in shown for line in of_frame]
    return {
        "type": type(error).__name__,
        "line": " ".join(only[-1].split()),
        "where": f"{shown[-1][0]}, line {shown[-1][1]}" if shown else "",
        "traceback": [*lines, *"".join(only).splitlines()],
        "missing_module": error.name if type(error) is ModuleNotFoundError else None,
        "missing_metadata": error.name if type(error) is metadata.PackageNotFoundError else None,
        "variables": list(dict.fromkeys(_variables(error))),
        "package": _package(error),
    }


def _frames(error: BaseException, root: str) -> Iterator[tuple[str, int, list[str]]]:
    """Yield the frames of the user's code; without one, the innermost frame."""
    every = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        # Frozen modules and code of `-c` have names in angle brackets.
        if not frame.filename.startswith((HERE, "<"))
    ]
    # The folder may be a link.
    root = os.path.realpath(root)
    users = [frame for frame in every if _is_users(frame.filename, root)]
    for frame in (users or every[-1:])[-MOST_FRAMES:]:
        file = os.path.relpath(os.path.realpath(frame.filename), root) if users else frame.filename
        lines = [f'File "{file}", line {frame.lineno}, in {frame.name}']
        if frame.line:
            lines.append(f"  {frame.line}")
        yield file, frame.lineno or 0, lines


def _is_users(file: str, root: str) -> bool:
    within = os.path.realpath(file).startswith(root.rstrip(os.sep) + os.sep)
    # The environment may be in the project's folder.
    installed = re.search(r"(site|dist)-packages", file) or file.startswith(sys.prefix + os.sep)
    return within and not installed


def _package(error: BaseException) -> str:
    """Name the installed package whose own code does not fit this Python or another package.

    '' for errors of other kinds: a package raises those for what the user has passed to it.
    """
    match = INSTALLED.match(_file_of_misfit(error))
    if match is None:
        return ""
    for distribution in metadata.distributions(path=[match["folder"]]):
        if any(str(file) == match["file"] for file in distribution.files or ()):
            return f"{distribution.metadata['Name']} {distribution.version}"
    return ""


def _file_of_misfit(error: BaseException) -> str:
    """Return the file whose code uses what is not there; '' if the error is of another kind."""
    if isinstance(error, SyntaxError):
        return error.filename or ""
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        # A module's own __getattr__ raises for the code that has asked.
        if not frame.filename.startswith("<") and frame.name != "__getattr__"
    ]
    is_misfit = (
        isinstance(error, TypeError)
        # An import statement gives the name, and `raise` seldom does.
        or (isinstance(error, ImportError) and error.name is not None)
        or (isinstance(error, AttributeError) and str(error).startswith("module "))
    )
    return frames[-1].filename if frames and is_misfit else ""


def _variables(error: BaseException | None) -> Iterator[str]:
    """Yield the environment variables that are missing, by an error and its causes."""
    for _ in range(LONGEST_CHAIN):
        if error is None:
            return
        yield from _variables_of(error)
        error = error.__cause__ or error.__context__


def _variables_of(error: BaseException) -> Iterator[str]:
    trail = traceback.extract_tb(error.__traceback__)
    innermost = trail[-1] if trail else None
    if isinstance(error, KeyError) and innermost and innermost.filename in OF_OS:
        # Its cause is the error of the underlying mapping, whose keys are bytes.
        yield from (argument for argument in error.args if isinstance(argument, str))
    elif hasattr(error, "errors") and any("pydantic_settings" in frame.filename for frame in trail):
        missing = (item for item in error.errors() if item.get("type") == "missing")
        yield from (str(item["loc"][-1]).upper() for item in missing if item.get("loc"))
    elif OF_DJANGO in str(error):
        yield OF_DJANGO
    elif NEEDS_VARIABLE.search(str(error)):
        yield from VARIABLE.findall(str(error))
