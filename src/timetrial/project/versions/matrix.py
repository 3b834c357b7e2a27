"""From stacks to the same stacks in several versions. Pure."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from timetrial.model.errors import BadInput, UnknownName
from timetrial.model.suite import Benchmark, DraftSuite, Stack
from timetrial.project.versions.interpreters import Interpreter
from timetrial.project.versions.requirement import Requirement


@dataclass(frozen=True, slots=True)
class Axes:
    """In what stacks are to differ, or to be changed."""

    instead: tuple[Requirement, ...] = ()
    """Versions that take the place of the usual ones, one a package: `--with`."""
    versions: tuple[Requirement, ...] = ()
    """Versions that are measured side by side: `--versions`."""
    pythons: tuple[Interpreter, ...] = ()
    """Interpreters that are measured side by side."""


@dataclass(frozen=True, slots=True)
class Installed:
    """What is known of packages before anything is installed."""

    named: Mapping[str, frozenset[str]]
    """By stack: the packages that its server and its app name themselves, normalised."""
    own: Mapping[str, str]
    """By stack: the package that is its server's own, which needs no naming in a table."""
    known: frozenset[str]
    """All packages that there may be: these, and those that they depend on."""


def side_by_side(suite: DraftSuite, axes: Axes, installed: Installed) -> DraftSuite:
    """Put each stack that an axis concerns in the place of itself in all of its versions.

    A version concerns the stacks that name its package, or, where none does, all of them: it may
    be what they depend on. Raises UnknownName for a package that nothing here depends on, and
    BadInput for an axis with a single place on it, or with the same place twice.
    """
    for each in (*axes.instead, *axes.versions):
        if each.name not in installed.known:
            raise UnknownName("package", each.name, installed.known)
    packages = _by_package(axes.versions)
    _check_pythons(axes.pythons)
    variants = {
        stack.name: tuple(_variants(stack, axes, packages, installed)) for stack in suite.stacks
    }
    _check_unique([variant for each in variants.values() for variant in each])
    return replaced(suite, variants)


def _by_package(versions: Sequence[Requirement]) -> dict[str, list[Requirement]]:
    packages: dict[str, list[Requirement]] = {}
    for each in versions:
        packages.setdefault(each.name, []).append(each)
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
    paths = [each.path for each in pythons]
    for each in pythons:
        if paths.count(each.path) > 1:
            raise BadInput(f"--python names {each.path} twice")


def _variants(
    stack: Stack,
    axes: Axes,
    packages: Mapping[str, Sequence[Requirement]],
    installed: Installed,
) -> Iterator[Stack]:
    instead = tuple(str(each) for each in axes.instead if _concerns(each.name, stack, installed))
    own_axes = [listed for name, listed in packages.items() if _concerns(name, stack, installed)]
    for chosen in itertools.product(*own_axes):
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
    name = " ".join([stack.name, *(each.version for each in chosen if each.name == own)])
    rest = [f"{each.name} {each.version}" for each in chosen if each.name != own]
    return ", ".join([name, *rest, *([python.label] if python else [])])


def _check_unique(stacks: Sequence[Stack]) -> None:
    names = [stack.name for stack in stacks]
    for name in names:
        if names.count(name) > 1:
            raise BadInput(f"two stacks would be called {name!r}; give one of them another name")


def replaced(suite: DraftSuite, variants: Mapping[str, Sequence[Stack]]) -> DraftSuite:
    """Put other stacks in the place of each stack (by its name), wherever it takes part."""
    names = {name: tuple(each.name for each in own) for name, own in variants.items()}
    return replace(
        suite,
        stacks=tuple(stack for own in variants.values() for stack in own),
        benchmarks=tuple(_benchmark(benchmark, names) for benchmark in suite.benchmarks),
        control=None if suite.control is None else names[suite.control][0],
    )


def _benchmark(benchmark: Benchmark, names: Mapping[str, Sequence[str]]) -> Benchmark:
    return replace(
        benchmark, stacks=tuple(name for each in benchmark.stacks for name in names[each])
    )
