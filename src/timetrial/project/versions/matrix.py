"""From stacks to the same stacks in several versions. Pure."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from timetrial.model import BadInput, DraftSuite, Stack, UnknownName
from timetrial.project.versions.interpreters import Interpreter
from timetrial.project.versions.requirement import Requirement


@dataclass(frozen=True, slots=True)
class Axes:
    """The versions in which stacks differ, or that replace the usual ones."""

    instead: tuple[Requirement, ...] = ()
    """Versions that replace the usual ones, one for each package: `--with`."""
    versions: tuple[Requirement, ...] = ()
    """Versions that are measured side by side: `--versions`."""
    pythons: tuple[Interpreter, ...] = ()
    """Interpreters that are measured side by side."""


@dataclass(frozen=True, slots=True)
class Installed:
    """Packages of the stacks, as far as they are known before installing."""

    named: Mapping[str, frozenset[str]]
    """By stack: the packages that its server and its app name, normalised."""
    own: Mapping[str, str]
    """By stack: the package of its server, which tables do not name; '' if there is none."""
    known: frozenset[str]
    """The named packages and their dependencies."""


def side_by_side(suite: DraftSuite, axes: Axes, installed: Installed) -> DraftSuite:
    """Replace each stack that an axis concerns by its versions.

    A version concerns the stacks that name its package; all stacks if none does, because it may be
    a dependency. Raises UnknownName for a package that no stack depends on, and BadInput for an
    axis with a single version, or with the same one twice.
    """
    for requirement in (*axes.instead, *axes.versions):
        if requirement.name not in installed.known:
            raise UnknownName("package", requirement.name, installed.known)
    packages = _by_package(axes.versions)
    _check_pythons(axes.pythons)
    variants = {
        stack.name: tuple(_variants(stack, axes, packages, installed)) for stack in suite.stacks
    }
    names = Counter(variant.name for group in variants.values() for variant in group)
    for name, times in names.items():
        if times > 1:
            raise BadInput(f"two stacks would be called {name!r}; give one of them another name")
    return replaced(suite, variants)


def _by_package(versions: Sequence[Requirement]) -> dict[str, list[Requirement]]:
    packages: dict[str, list[Requirement]] = {}
    for requirement in versions:
        packages.setdefault(requirement.name, []).append(requirement)
    for name, listed in packages.items():
        if len(set(listed)) < len(listed):
            raise BadInput(f"--versions names the same version of {name} twice")
        if len(listed) == 1:
            raise BadInput(
                f"--versions names one version of {name} alone; name another to compare it with, "
                f"or replace the usual one by --with {listed[0]}"
            )
    return packages


def _check_pythons(pythons: Sequence[Interpreter]) -> None:
    for path, times in Counter(python.path for python in pythons).items():
        if times > 1:
            raise BadInput(f"--python names {path} twice")


def _variants(
    stack: Stack,
    axes: Axes,
    packages: Mapping[str, Sequence[Requirement]],
    installed: Installed,
) -> Iterator[Stack]:
    instead = [str(r) for r in axes.instead if _concerns(r.name, stack, installed)]
    package_axes = [
        listed for name, listed in packages.items() if _concerns(name, stack, installed)
    ]
    for chosen in itertools.product(*package_axes):
        for python in axes.pythons or (None,):
            yield replace(
                stack,
                name=_name(stack, chosen, python, installed),
                requirements=(*stack.requirements, *instead, *map(str, chosen)),
                python=stack.python if python is None else str(python.path),
            )


def _concerns(package: str, stack: Stack, installed: Installed) -> bool:
    named_anywhere = any(package in names for names in installed.named.values())
    return not named_anywhere or package in installed.named[stack.name]


def _name(
    stack: Stack,
    chosen: Sequence[Requirement],
    python: Interpreter | None,
    installed: Installed,
) -> str:
    own = installed.own.get(stack.name)
    name = " ".join([stack.name, *(r.version for r in chosen if r.name == own)])
    rest = [f"{r.name} {r.version}" for r in chosen if r.name != own]
    return ", ".join([name, *rest, *([python.label] if python else [])])


def replaced(suite: DraftSuite, variants: Mapping[str, Sequence[Stack]]) -> DraftSuite:
    """Replace each stack, by its name, by its variants in all benchmarks and as the control."""
    names = {name: [variant.name for variant in group] for name, group in variants.items()}
    return replace(
        suite,
        stacks=tuple(itertools.chain.from_iterable(variants.values())),
        benchmarks=tuple(
            replace(b, stacks=tuple(name for stack in b.stacks for name in names[stack]))
            for b in suite.benchmarks
        ),
        control=None if suite.control is None else names[suite.control][0],
    )
