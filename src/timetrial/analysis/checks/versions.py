"""Different Pythons, or different versions of common packages, in one table.

Versions that were chosen for a comparison raise no finding.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from timetrial.analysis.checks.benchmark_context import BenchmarkContext
from timetrial.analysis.checks.thresholds import VERSIONS
from timetrial.analysis.config_labels import package_names, packages
from timetrial.model import Finding, StackFacts

_INSTALLERS = {"pip", "setuptools", "wheel"}
_SHOWN = 6


def find(benchmark: BenchmarkContext) -> tuple[Finding, ...]:
    here = [history.stack for history in benchmark.measured()]
    facts = [benchmark.facts[stack] for stack in here if stack in benchmark.facts]
    return (*_pythons(benchmark, facts), *_packages(benchmark, facts))


def _pythons(benchmark: BenchmarkContext, facts: Sequence[StackFacts]) -> Iterator[Finding]:
    by_python: dict[str, list[str]] = {}
    for of_stack in facts:
        if not of_stack.python_chosen:
            by_python.setdefault(of_stack.python, []).append(of_stack.stack)
    if len(by_python) > 1:
        listed = "; ".join(
            f"{python} ({', '.join(stacks)})" for python, stacks in by_python.items()
        )
        evidence = f"stacks of this table run on different Pythons: {listed}."
        yield from benchmark.finding(VERSIONS.name, "note", evidence, benchmark.measured())


def _packages(benchmark: BenchmarkContext, facts: Sequence[StackFacts]) -> Iterator[Finding]:
    of_servers = {name for of_stack in facts for name in package_names(of_stack.stack)}
    differing = {
        name: versions
        for name, versions in _by_package(facts).items()
        if len(versions) > 1 and name not in of_servers | _INSTALLERS
    }
    with_packages = sum(bool(of_stack.packages) for of_stack in facts)
    everywhere = any(sum(map(len, v.values())) == with_packages for v in differing.values())
    if not differing:
        return
    shown = [_told(name, differing[name]) for name in sorted(differing)[:_SHOWN]]
    rest = f"; and {len(differing) - _SHOWN} more" if len(differing) > _SHOWN else ""
    evidence = f"packages that stacks share differ in version: {'; '.join(shown)}{rest}."
    concerned = {s for v in differing.values() for stacks in v.values() for s in stacks}
    yield from benchmark.finding(
        VERSIONS.name,
        "doubtful" if everywhere else "note",
        evidence,
        (history for history in benchmark.measured() if history.stack in concerned),
    )


def _by_package(facts: Sequence[StackFacts]) -> dict[str, dict[str, list[str]]]:
    """List the stacks of every version of every package, without chosen versions."""
    found: dict[str, dict[str, list[str]]] = {}
    for of_stack in facts:
        for name, version in packages(of_stack.packages).items():
            if name not in of_stack.chosen:
                found.setdefault(name, {}).setdefault(version, []).append(of_stack.stack)
    return found


def _told(name: str, versions: Mapping[str, Sequence[str]]) -> str:
    return f"{name} " + ", ".join(f"{v} ({', '.join(stacks)})" for v, stacks in versions.items())
