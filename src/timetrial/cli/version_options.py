"""`--with`, `--versions` and `--python`: other versions of a package or of Python, side by side."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from timetrial.catalog.registry import Catalog
from timetrial.cli.derived_options import options_in
from timetrial.suite import Suite
from timetrial.verbs.options.versions import PackageOptions, VersionOptions
from timetrial.versions.installed import what_is_installed
from timetrial.versions.interpreters import Interpreter, find_interpreters
from timetrial.versions.requirement import one_version_each, read_requirements
from timetrial.versions.side_by_side import Axes, side_by_side

_VERSIONS = "--versions"


class VersionedCommand(click.Command):
    """A verb whose `--versions` takes several words: `--versions granian==2.8.5 granian==2.8.7`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, spread(args))


def spread(args: Sequence[str]) -> list[str]:
    """Put `--versions` before each further word that is a package in one version."""
    found: list[str] = []
    follows = False
    for index, word in enumerate(args):
        if word == "--":
            return [*found, *args[index:]]
        is_value = index > 0 and args[index - 1] == _VERSIONS
        if follows and not is_value and "==" in word and not word.startswith("-"):
            found.append(_VERSIONS)
        elif not is_value:
            follows = word == _VERSIONS or word.startswith(f"{_VERSIONS}=")
        found.append(word)
    return found


version_options = options_in(VersionOptions)
package_options = options_in(PackageOptions)
"""Those about packages alone."""


@dataclasses.dataclass(frozen=True, slots=True)
class Versions:
    """What was asked for."""

    axes: Axes
    python: Path | None
    """The interpreter of all stacks, where one was named."""

    def of(self, suite: Suite, catalog: Catalog, behind: Iterable[str] = ()) -> Suite:
        """Expand a suite; `behind` are packages that its app brings along."""
        if self.axes == Axes():
            return suite
        return side_by_side(suite, self.axes, what_is_installed(suite, catalog, behind))


def read_versions(
    instead: Sequence[str], versions: Sequence[str], pythons: Sequence[str]
) -> Versions:
    """Raise BadInput for what is no version, and for an interpreter that is not there."""
    found: tuple[Interpreter, ...] = find_interpreters(pythons)
    several = found if len(found) > 1 else ()
    return Versions(
        Axes(one_version_each(read_requirements(instead)), read_requirements(versions), several),
        found[0].path if len(found) == 1 else None,
    )
