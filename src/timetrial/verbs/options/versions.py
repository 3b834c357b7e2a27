"""Other versions of a package, of Python or of the user's own code, side by side."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from timetrial.verbs.options.options import CommandLine, Options


class PackageOptions(Options):
    """Versions of packages."""

    instead: Annotated[
        tuple[str, ...],
        Field(description="Take this version of a package in place of the usual one."),
        CommandLine(("--with",), metavar="PACKAGE==VERSION"),
    ] = ()
    versions: Annotated[
        tuple[str, ...],
        Field(
            description="Measure stacks in these versions of a package, side by side: "
            "granian==2.8.5 granian==2.8.7."
        ),
        CommandLine(metavar="PACKAGE==VERSION…"),
    ] = ()


class VersionOptions(PackageOptions):
    """Versions of packages and of Python."""

    pythons: Annotated[
        tuple[str, ...],
        Field(
            description="The interpreter that servers run on: its path, or a version as 3.13; "
            "given more than once, stacks run on each of them, side by side.  [default: the one "
            "that runs Timetrial]"
        ),
        CommandLine(("--python",), metavar="PYTHON"),
    ] = ()


class RevisionOptions(Options):
    """Commits of the user's code."""

    revisions: Annotated[
        tuple[str, ...],
        Field(
            description="Race this commit of the project, beside others: --rev main --rev HEAD; "
            "'.' is what lies in the folder."
        ),
        CommandLine(("--rev",), metavar="REVISION"),
    ] = ()
