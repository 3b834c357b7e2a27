"""Readings of counters: what lies between two of them, and how they are kept."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timetrial.model import BadInput
from timetrial.stacks.counters import choice, tool
from timetrial.stacks.counters.callgrind import dump_totals
from timetrial.stacks.counters.counter import MULTIPLIER, ProcessCounts, between
from timetrial.stacks.counters.pages import read_counts, read_functions
from timetrial.stacks.counters.valgrind import Valgrind, require_tried

CALLS = st.lists(st.integers(0, 400), max_size=30)
FOUND = Valgrind(Path("/usr/bin/valgrind"), "3.19.0", "amd64-linux")


def after(calls: list[int], instructions: int = 0) -> ProcessCounts:
    """Count as the tool does."""
    sequence = 0
    for number in calls:
        sequence = (sequence * MULTIPLIER + number + 1) % 2**64
    return ProcessCounts(instructions, len(calls), sequence)


@given(CALLS, CALLS, CALLS)
def test_a_signature_is_that_of_the_calls_in_between(
    before: list[int], other: list[int], calls: list[int]
) -> None:
    here = between({1: after(before)}, {1: after([*before, *calls], 1)})
    there = between({2: after(other)}, {2: after([*other, *calls], 1)})
    assert here.signature == there.signature
    assert here.system_calls == len(calls)


def test_the_order_of_calls_matters() -> None:
    one, two = (between({}, {1: after(calls)}) for calls in ([0, 1], [1, 0]))
    assert one.signature != two.signature


def test_all_processes_are_added_up_and_idle_ones_leave_no_trace() -> None:
    idle = ProcessCounts(5, 1, 3, 0)
    before = {1: idle, 2: ProcessCounts(10, 2, 0, 4)}
    executed = between(
        before, {1: idle, 2: ProcessCounts(30, 3, 9, 6), 3: ProcessCounts(7, 1, 2, 1)}
    )
    assert (executed.instructions, executed.system_calls, executed.probing) == (27, 2, 3)
    assert len(executed.signature) == 2


def test_files_of_the_tool_are_read_and_others_ignored(tmp_path: Path) -> None:
    magic = int.from_bytes(b"ttcount1", "little")
    head = struct.pack("=7Q", magic, 1_000, 20, 7, 50, 1, 2)
    names = (struct.pack("=Q120s", n, text) for n, text in ((30, b"f (libpython)"), (5, b"g")))
    (tmp_path / "12").write_bytes(head.ljust(4096, b"\0") + b"".join(names))
    (tmp_path / "13").write_bytes(b"")
    (tmp_path / "13.begun").touch()
    assert read_counts(tmp_path) == {12: ProcessCounts(1_000, 20, 7, 50)}
    assert read_functions(tmp_path) == {"f (libpython)": 30, "g": 5}


def test_without_symbols_nothing_is_known_of_probing(tmp_path: Path) -> None:
    magic = int.from_bytes(b"ttcount1", "little")
    (tmp_path / "12").write_bytes(struct.pack("=7Q", magic, 1_000, 20, 7, 0, 0, 0))
    assert read_counts(tmp_path)[12].probing is None


def test_totals_of_a_dump_of_callgrind() -> None:
    lines = ["version: 1", "events: Ir sysCount sysTime", "fn=(1) main", "totals: 9507 31"]
    assert dump_totals(lines) == (9_507, 31)
    assert dump_totals(["events: Ir"]) == (0, 0)


@pytest.mark.parametrize("version", ["3.18.1", "3.20.0", "3.190.0"])
def test_another_valgrind_is_refused_by_name_unless_it_is_to_be_tried(version: str) -> None:
    other = Valgrind(Path("/usr/bin/valgrind"), version, "amd64-linux")
    with pytest.raises(BadInput, match=rf"Valgrind {version} .* 3\.19 alone; --try-valgrind"):
        require_tried(other, tries_others=False)
    require_tried(other, tries_others=True)
    require_tried(FOUND, tries_others=False)


@pytest.fixture(autouse=True)
def no_cpu_that_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "cpu_counts", lambda: False)


def test_without_valgrind_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "find_valgrind", lambda: None)
    with pytest.raises(BadInput, match="apt install valgrind"):
        choice.find_counter()


def test_without_a_compiler_callgrind_counts_and_it_is_said_why(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(choice, "find_valgrind", lambda: FOUND)
    monkeypatch.setattr(tool, "building_parts", lambda _: "there is no C compiler")
    counter, why = choice.find_counter()
    assert counter.name == "callgrind of Valgrind 3.19.0"
    assert why.startswith("there is no C compiler")
