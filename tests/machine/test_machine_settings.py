"""How a machine is set up is read from the files that the kernel shows, where it shows them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from timetrial.machine.machine_settings import read_settings

V2 = {"proc/self/cgroup": "0::/jobs/one\n"}
V1 = {"proc/self/cgroup": "4:cpu,cpuacct:/jobs\n3:memory:/jobs\n"}


def write(root: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return root


def test_a_machine_that_shows_nothing_is_read_all_the_same(tmp_path: Path) -> None:
    settings = read_settings(tmp_path)
    assert (settings.governor, settings.turbo, settings.cgroup) == (None, None, None)
    assert (settings.cpu_quota, settings.memory_limit_bytes) == (None, None)
    assert settings.sysctls == {}


def test_this_machine_shows_its_limits_for_listen_queues() -> None:
    assert int(read_settings().sysctls["net.core.somaxconn"]) > 0


def test_the_least_quota_of_a_group_and_those_above_it_counts(tmp_path: Path) -> None:
    files = {
        "sys/fs/cgroup/jobs/cpu.max": "150000 100000\n",
        "sys/fs/cgroup/jobs/one/cpu.max": "max 100000\n",
        "sys/fs/cgroup/jobs/one/memory.max": "1073741824\n",
    }
    settings = read_settings(write(tmp_path, {**V2, **files}))
    assert settings.cgroup == "v2"
    assert settings.cpu_quota == 1.5
    assert settings.memory_limit_bytes == 1 << 30


def test_version_1_of_cgroups_is_read(tmp_path: Path) -> None:
    files = {
        "sys/fs/cgroup/cpu/jobs/cpu.cfs_quota_us": "50000\n",
        "sys/fs/cgroup/cpu/jobs/cpu.cfs_period_us": "100000\n",
        "sys/fs/cgroup/memory/jobs/memory.limit_in_bytes": "9223372036854771712\n",
    }
    settings = read_settings(write(tmp_path, {**V1, **files}))
    assert (settings.cgroup, settings.cpu_quota) == ("v1", 0.5)
    assert settings.memory_limit_bytes is None


@pytest.mark.parametrize(
    ("file", "text", "turbo"),
    [
        ("intel_pstate/no_turbo", "1\n", False),
        ("intel_pstate/no_turbo", "0\n", True),
        ("cpufreq/boost", "1\n", True),
    ],
)
def test_turbo_is_read_from_either_driver(
    file: str, text: str, *, turbo: bool, tmp_path: Path
) -> None:
    root = write(tmp_path, {f"sys/devices/system/cpu/{file}": text})
    assert read_settings(root).turbo is turbo


def test_governors_that_differ_are_all_named(tmp_path: Path) -> None:
    files = {
        "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor": "powersave\n",
        "sys/devices/system/cpu/cpu1/cpufreq/scaling_governor": "performance\n",
        "proc/cpuinfo": "flags\t\t: fpu hypervisor sse\n",
        "sys/kernel/mm/transparent_hugepage/enabled": "always [madvise] never\n",
    }
    settings = read_settings(write(tmp_path, files))
    assert settings.governor == "performance, powersave"
    assert settings.hypervisor
    assert settings.transparent_huge_pages == "madvise"


def test_in_a_container_the_topmost_group_is_its_own(tmp_path: Path) -> None:
    files = {"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "50000 100000\n"}
    assert read_settings(write(tmp_path, files)).cpu_quota == 0.5


@pytest.mark.parametrize(("quota", "cpus"), [("-1", None), ("200000", 2.0)])
def test_controllers_of_version_1_that_are_mounted_together_are_found(
    tmp_path: Path, quota: str, cpus: float | None
) -> None:
    files = {
        "proc/self/cgroup": "4:memory:/x\n3:cpu,cpuacct:/\n0::/x\n",
        "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": f"{quota}\n",
        "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
    }
    settings = read_settings(write(tmp_path, files))
    assert (settings.cgroup, settings.cpu_quota) == ("v1", cpus)
