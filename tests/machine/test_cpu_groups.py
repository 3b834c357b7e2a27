"""CPU groups of equal weight: made, filled, emptied and removed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from timetrial.machine import cpu_groups
from timetrial.machine.cpu_groups import PREFIX, GroupLocation, equal_shares, group_locations
from timetrial.machine.procfs import living
from timetrial.model.measurement import ProcessStamp

V1 = "30 24 0:26 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid - cgroup cgroup rw,cpu,cpuacct\n"
V1_MEMORY = "31 24 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
V2 = "32 24 0:28 / /sys/fs/cgroup rw shared:9 - cgroup2 cgroup2 rw,nsdelegate\n"
IN_CONTAINER = "33 24 0:26 /docker/ab /sys/fs/cgroup/cpu ro - cgroup cgroup rw,cpu\n"


def test_version_1_has_groups_below_ones_own() -> None:
    own = "4:memory:/m\n3:cpu,cpuacct:/user/me\n0::/\n"
    home = Path("/sys/fs/cgroup/cpu,cpuacct/user/me")
    found = group_locations(V1 + V1_MEMORY, own, modest=False)
    assert found == (GroupLocation(home, home, "cpu.shares", 1_024),)


def test_version_2_has_groups_beside_ones_own() -> None:
    own = "0::/user.slice/app.slice/run-7.scope\n"
    above = Path("/sys/fs/cgroup/user.slice/app.slice")
    found = group_locations(V2, own, modest=False)
    assert found == (GroupLocation(above, above / "run-7.scope", "cpu.weight", 100),)


def test_the_uppermost_group_of_version_2_has_groups_below_it() -> None:
    root = Path("/sys/fs/cgroup")
    assert group_locations(V2, "0::/\n", modest=False) == (
        GroupLocation(root, root, "cpu.weight", 100),
    )


def test_a_container_sees_a_part_of_the_hierarchy() -> None:
    found = group_locations(IN_CONTAINER, "3:cpu:/docker/ab/inner\n", modest=False)
    assert found[0].home == Path("/sys/fs/cgroup/cpu/inner")


def test_groups_of_a_process_in_the_idle_class_weigh_as_little_as_it() -> None:
    assert [location.weight for location in group_locations(V1 + V2, "0::/\n", modest=True)] == [
        2,
        1,
    ]


def test_without_control_groups_there_is_no_place() -> None:
    assert group_locations("", "", modest=False) == ()


@pytest.fixture
def two_processes() -> Iterator[list[ProcessStamp]]:
    command = [sys.executable, "-c", "import sys; sys.stdin.read()"]
    with ExitStack() as stack:
        pids = [
            stack.enter_context(subprocess.Popen(command, stdin=subprocess.PIPE)).pid
            for _ in range(2)
        ]
        yield list(living(pids))


def groups_of(pid: int) -> str:
    return Path(f"/proc/{pid}/cgroup").read_text("ascii")


def test_each_tree_is_in_a_group_of_its_own_for_a_while(two_processes: list[ProcessStamp]) -> None:
    one, other = two_processes
    before = groups_of(one.pid)
    with equal_shares("hello", [[one], [other]]) as could:
        if not could:
            pytest.skip("no CPU groups can be made here: that takes root or a delegated cgroup")
        within = [groups_of(each.pid) for each in two_processes]
        made = [PREFIX in text for text in within]
    assert made == [True, True]
    assert within[0] != within[1]
    assert [groups_of(each.pid) for each in two_processes] == [before, before]
    assert not [
        each
        for location in group_locations()
        for each in location.parent.glob(f"{PREFIX}{os.getpid()}-*")
    ]


def test_a_process_that_has_ended_needs_no_group(two_processes: list[ProcessStamp]) -> None:
    gone = ProcessStamp(5_000_000, 1)
    with equal_shares("hello", [[two_processes[0]], [gone]]) as could:
        if not could:
            pytest.skip("no CPU groups can be made here: that takes root or a delegated cgroup")
        assert PREFIX in groups_of(two_processes[0].pid)


def test_where_no_group_can_be_made_nothing_changes(
    two_processes: list[ProcessStamp], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere = GroupLocation(tmp_path / "missing", tmp_path, "cpu.shares", 2)
    monkeypatch.setattr(cpu_groups, "group_locations", lambda: (nowhere,))
    before = groups_of(two_processes[0].pid)
    with equal_shares("hello", [[each] for each in two_processes]) as could:
        assert not could
        assert groups_of(two_processes[0].pid) == before


def test_what_goes_wrong_in_between_is_raised(two_processes: list[ProcessStamp]) -> None:
    with (
        pytest.raises(OSError, match="no space"),
        equal_shares("hello", [[each] for each in two_processes]),
    ):
        raise OSError("no space")
    assert PREFIX not in groups_of(two_processes[0].pid)
