"""CPU time and memory are those of the whole tree, and nothing counts twice."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from small_stacks import eventually, launch_of
from timetrial.machine.procfs import living, living_descendants
from timetrial.model.errors import StackFailed
from timetrial.model.measurement import ProcessStamp
from timetrial.model.units import MIB
from timetrial.stacks import sampler
from timetrial.stacks.process import start
from timetrial.stacks.sampler import CpuMeter, CpuReading, difference, memory

BURN = """
import sys, time
for line in sys.stdin:
    until = time.process_time() + 0.2
    while time.process_time() < until:
        pass
    print("burnt", flush=True)
"""
HOLD = """
import mmap, os, sys
size = 16 * 2**20
kind, path = sys.argv[1:]
if kind == "file":
    with open(path, "rb") as file:
        held = mmap.mmap(file.fileno(), size, mmap.MAP_SHARED, mmap.PROT_READ)
elif kind == "modified":
    with open(path, "rb") as file:
        held = mmap.mmap(file.fileno(), size, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_WRITE)
    for page in range(0, size, 4096):
        held[page] = 1
elif kind == "own":
    held = bytearray(os.urandom(size))
elif kind == "shared":
    held = mmap.mmap(-1, size)
    held.write(os.urandom(size))
else:
    held, size = b"", 0
os.fork()
touched = sum(held[page] for page in range(0, size, 4096))
print("held", flush=True)
sys.stdin.read()
"""


@dataclass
class Tree:
    """Stands in for a stack."""

    pids: list[int]

    def processes(self) -> tuple[ProcessStamp, ...]:
        return living(self.pids)


@contextmanager
def running(program: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", program, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def holding(kind: str, path: Path) -> Iterator[list[int]]:
    """Run a process and its fork that both hold 16 MiB of some kind."""
    with running(HOLD, kind, str(path)) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        assert process.stdout.readline() == "held\n"
        yield [process.pid, *(stamp.pid for stamp in living_descendants(process.pid))]


@pytest.fixture
def big_file(tmp_path: Path) -> Path:
    path = tmp_path / "big"
    path.write_bytes(b"x" * 16 * MIB)
    return path


def test_cpu_time_of_a_busy_child_is_seen() -> None:
    with running(BURN) as process:
        meter = CpuMeter(Tree([process.pid]))
        before = meter.read()
        _burn(process)
        used_s = difference(before, meter.read())
    assert used_s is not None
    assert 0.1 < used_s < 2


def test_cpu_time_of_idle_processes_stands_still() -> None:
    with running(BURN) as process:
        _burn(process)
        meter = CpuMeter(Tree([process.pid]))
        assert eventually(lambda: difference(meter.read(), meter.read()) == 0)


def test_cpu_time_of_a_tree_is_the_sum() -> None:
    with running(BURN) as one, running(BURN) as two:
        _burn(one)
        _burn(two)
        meter = CpuMeter(Tree([one.pid, two.pid]))
        before = meter.read()
        _burn(one)
        _burn(two)
        used_s = difference(before, meter.read())
    assert used_s is not None
    assert 0.3 < used_s < 4


def test_a_process_that_vanished_leaves_no_difference() -> None:
    with running(BURN) as process:
        meter = CpuMeter(Tree([process.pid]))
        before = meter.read()
        process.kill()
        process.wait()
        after = meter.read()
    assert difference(before, after) is None
    assert difference(after, after) is None


def test_a_process_that_came_leaves_no_difference() -> None:
    with running(BURN) as one, running(BURN) as two:
        tree = Tree([one.pid])
        meter = CpuMeter(tree)
        before = meter.read()
        tree.pids.append(two.pid)
        meter.refresh()
        assert difference(before, meter.read()) is None


def test_a_process_that_took_a_number_over_is_another() -> None:
    before = CpuReading(((ProcessStamp(5, 100), 1_000),))
    after = CpuReading(((ProcessStamp(5, 200), 2_000),))
    assert difference(before, after) is None


def test_the_cost_of_a_stack_is_measured(tmp_path: Path) -> None:
    with start(launch_of("forks_two_workers", tmp_path)) as stack:
        assert eventually(lambda: len(stack.processes()) == 3)
        meter = CpuMeter(stack)
        used_s = difference(meter.read(), meter.read())
        held = memory(stamp.pid for stamp in stack.processes())
    assert used_s is not None
    assert used_s < 1
    assert held.anonymous_bytes > MIB
    assert held.file_bytes > MIB


def test_file_pages_are_counted_once(big_file: Path, tmp_path: Path) -> None:
    """Over processes of a tree, and no less when another stack maps the same files."""
    with holding("file", big_file) as pids:
        one, both = memory(pids[:1]), memory(pids)
        with holding("file", big_file):
            beside_another = memory(pids)
    assert one.file_bytes >= 16 * MIB or _in_memory(tmp_path)
    assert both.file_bytes - one.file_bytes < MIB
    assert abs(both.file_bytes - beside_another.file_bytes) < MIB


def test_file_pages_that_were_modified_privately_are_anonymous(
    big_file: Path, tmp_path: Path
) -> None:
    with holding("modified", big_file) as pids, holding("nothing", tmp_path) as bare_pids:
        modified, bare = memory(pids), memory(bare_pids)
    assert 15 * MIB < modified.anonymous_bytes - bare.anonymous_bytes < 18 * MIB
    assert abs(modified.file_bytes - bare.file_bytes) < MIB


@pytest.mark.parametrize("kind", ["own", "shared"])
def test_pages_that_processes_share_are_counted_once(kind: str, tmp_path: Path) -> None:
    """Workers share with the process that they were forked from what none of them changes."""
    with holding(kind, tmp_path) as pids:
        held = memory(pids)
    assert 16 * MIB < held.anonymous_bytes < 26 * MIB
    assert held.file_bytes < 16 * MIB


def test_processes_that_ended_hold_no_memory() -> None:
    assert memory([2**22 - 1]).total_bytes == 0


def test_memory_that_may_not_be_read_is_no_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    with running(BURN) as process:
        monkeypatch.setattr(sampler, "_mappings", refuse)
        with pytest.raises(StackFailed, match=f"process {process.pid} may not"):
            memory([process.pid])


@pytest.mark.parametrize("kind", ["own", "shared"])
def test_an_old_kernel_gives_nearly_the_same(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before 5.4 smaps_rollup has no Pss_Anon."""
    read = sampler._sizes
    with holding(kind, tmp_path) as pids:
        new = memory(pids)
        monkeypatch.setattr(
            sampler,
            "_sizes",
            lambda lines: {key: size for key, size in read(lines).items() if key != "Pss_Anon"},
        )
        old = memory(pids)
    assert old.anonymous_bytes == pytest.approx(new.anonymous_bytes, rel=0.1)
    assert old.file_bytes == new.file_bytes


def _burn(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("burn\n")
    process.stdin.flush()
    assert process.stdout.readline() == "burnt\n"


def _in_memory(path: Path) -> bool:
    """Files on a tmpfs are shared memory."""
    device = path.stat().st_dev
    return f"{device >> 8:02x}:{device & 0xFF:02x}" in sampler._tmpfs_devices()
