"""Stacks are put in the place of themselves in all of their versions."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs import a_suite
from timetrial.model.errors import BadInput, UnknownName
from timetrial.model.suite import DraftSuite
from timetrial.project.versions.interpreters import Interpreter
from timetrial.project.versions.matrix import Axes, Installed, side_by_side
from timetrial.project.versions.requirement import Requirement, read_requirement

NAMES = [stack.name for stack in a_suite().stacks]
FIRST, SECOND = NAMES[:2]
INSTALLED = Installed(
    named={name: frozenset({name, "starlette"} if name == FIRST else {name}) for name in NAMES},
    own={name: name for name in NAMES},
    known=frozenset({*NAMES, "starlette", "h11"}),
)
PYTHONS = tuple(Interpreter(Path(f"/python{v}"), f"CPython {v}") for v in ("3.11", "3.13"))


def expanded(
    *versions: str, instead: Sequence[str] = (), pythons: Sequence[Interpreter] = ()
) -> DraftSuite:
    axes = Axes(
        tuple(map(read_requirement, instead)),
        tuple(map(read_requirement, versions)),
        tuple(pythons),
    )
    return side_by_side(a_suite(), axes, INSTALLED)


def names(suite: DraftSuite) -> list[str]:
    return [stack.name for stack in suite.stacks]


def test_the_stacks_of_a_server_come_in_each_version_of_it() -> None:
    suite = expanded(f"{FIRST}==1.0", f"{FIRST}==2.0")
    assert names(suite) == [f"{FIRST} 1.0", f"{FIRST} 2.0", *NAMES[1:]]
    assert suite.stack(f"{FIRST} 2.0").requirements == (f"{FIRST}==2.0",)
    assert suite.stack(SECOND).requirements == ()
    for benchmark in suite.benchmarks:
        assert set(benchmark.stacks) <= set(names(suite))
        assert f"{FIRST} 1.0" in benchmark.stacks


def test_another_package_is_named_beside_its_version() -> None:
    suite = expanded("starlette==0.4", "starlette==0.5")
    assert names(suite)[:2] == [f"{FIRST}, starlette 0.4", f"{FIRST}, starlette 0.5"]


def test_what_no_stack_names_itself_concerns_all_of_them() -> None:
    suite = expanded("h11==0.14", "h11==0.16")
    assert len(suite.stacks) == 2 * len(NAMES)
    assert all(stack.requirements for stack in suite.stacks)


def test_each_stack_runs_on_each_interpreter() -> None:
    suite = expanded(pythons=PYTHONS)
    assert names(suite)[:2] == [f"{FIRST}, CPython 3.11", f"{FIRST}, CPython 3.13"]
    assert [stack.python for stack in suite.stacks[:2]] == ["/python3.11", "/python3.13"]


def test_a_version_in_place_of_the_usual_one_changes_no_name() -> None:
    suite = expanded(instead=[f"{FIRST}==3.0"])
    assert names(suite) == NAMES
    assert suite.stack(FIRST).requirements == (f"{FIRST}==3.0",)
    assert suite.stack(SECOND).requirements == ()


@given(versions=st.integers(2, 4), others=st.integers(2, 3), pythons=st.integers(0, 2))
def test_axes_multiply_and_no_two_stacks_are_alike(
    versions: int, others: int, pythons: int
) -> None:
    listed = [
        *(f"{FIRST}=={index}" for index in range(versions)),
        *(f"starlette=={index}" for index in range(others)),
    ]
    suite = expanded(*listed, pythons=PYTHONS[:pythons])
    each = max(1, pythons)
    assert len(suite.stacks) == versions * others * each + (len(NAMES) - 1) * each
    assert len(set(names(suite))) == len(suite.stacks)
    made = [(s.server, s.requirements, s.python) for s in suite.stacks]
    assert len(set(made)) == len(made)
    for benchmark, before in zip(suite.benchmarks, a_suite().benchmarks, strict=True):
        assert list(benchmark.stacks) == list(
            itertools.chain.from_iterable(
                [s.name for s in suite.stacks if s.server == a_suite().stack(name).server]
                for name in before.stacks
            )
        )


@pytest.mark.parametrize(
    ("versions", "complaint"),
    [
        ((f"{FIRST}==1.0",), rf"one version of {FIRST} alone.*--with {FIRST}==1\.0"),
        ((f"{FIRST}==1.0", f"{FIRST}==1.0"), f"the same version of {FIRST} twice"),
    ],
)
def test_an_axis_needs_two_different_places(versions: Sequence[str], complaint: str) -> None:
    with pytest.raises(BadInput, match=complaint):
        expanded(*versions)


def test_a_package_that_nothing_depends_on_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(UnknownName, match="'starlette'") as refusal:
        expanded("starlete==1", "starlete==2")
    assert refusal.value.name == "starlete"


def test_an_interpreter_that_is_named_twice_is_refused() -> None:
    with pytest.raises(BadInput, match=r"--python names /python3\.11 twice"):
        expanded(pythons=[PYTHONS[0], PYTHONS[0]])


@pytest.mark.parametrize(
    "text", ["granian", "granian>=2", "granian==", "==2", "-r x==1", "a b==1", "granian==2.*"]
)
def test_what_is_no_package_in_one_version_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match=r"write it as granian==2\.8\.5"):
        read_requirement(text)


def test_names_of_packages_are_normalised() -> None:
    assert read_requirement("Gunicorn_H1C == 1.0") == Requirement("gunicorn-h1c", "1.0")
