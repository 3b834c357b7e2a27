"""A machine's settings, from files such as its kernel shows, and what happens while one sleeps."""

from __future__ import annotations

import os
from pathlib import Path

from timetrial.machine.machine_facts import read_facts, watch_idle
from timetrial.machine.placement import Placement, available_cpus
from timetrial.model.machine_check import MachineFacts

PLACEMENT = Placement((0,), (1,))
CPU = "sys/devices/system/cpu"


def facts(root: Path, **files: str) -> MachineFacts:
    for name, text in files.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text + "\n")
    return read_facts(PLACEMENT, root)


def test_what_is_not_shown_is_unknown(tmp_path: Path) -> None:
    found = facts(tmp_path)
    assert (found.clock_source, found.governors, found.turbo) == (None, (), None)
    assert (found.quota_cpus, found.somaxconn, found.ports) == (None, None, None)
    assert found.open_files > 0


def test_settings_are_read(tmp_path: Path) -> None:
    found = facts(
        tmp_path,
        **{
            "sys/devices/system/clocksource/clocksource0/current_clocksource": "hpet",
            f"{CPU}/cpu0/cpufreq/scaling_governor": "powersave",
            f"{CPU}/cpu1/cpufreq/scaling_governor": "performance",
            "proc/sys/net/core/somaxconn": "4096",
            "proc/sys/net/ipv4/ip_local_port_range": "32768\t60999",
        },
    )
    assert found.clock_source == "hpet"
    assert found.governors == ("performance", "powersave")
    assert (found.somaxconn, found.ports) == (4_096, 28_232)


def test_this_machine_can_be_read() -> None:
    cpus = available_cpus()
    found = read_facts(Placement(cpus[:1], cpus[-1:]))
    assert found.cpus == os.cpu_count()
    assert found.server_cpus == cpus[:1]


def test_a_moment_of_this_machine_is_watched() -> None:
    idle = watch_idle(available_cpus(), 0.1)
    assert idle.length_s >= 0.1
    assert idle.foreign_cpu >= 0
    assert 0 <= idle.steal <= 1
    assert idle.cpu_pressure is None or 0 <= idle.cpu_pressure <= 1
    assert 0 <= idle.late_p50_s <= idle.late_p99_s


def test_others_on_other_cpus_do_not_count(tmp_path: Path) -> None:
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/stat").write_text("cpu0 1 2 3 4 5 6 7 8 0 0\ncpu1 9 9 9 9 9 9 9 9 0 0\n")
    idle = watch_idle((0,), 0.01, tmp_path)
    assert (idle.foreign_cpu, idle.steal, idle.cpu_pressure) == (0, 0, None)
