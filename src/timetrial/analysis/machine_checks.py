"""Checks of a machine's settings and activity. Pure functions; thresholds first."""

from __future__ import annotations

from collections.abc import Iterator

from timetrial.analysis.checks.thresholds import GENERATOR_CEILING
from timetrial.model import (
    NS_PER_S,
    Ceiling,
    Fit,
    IdleFacts,
    MachineCheck,
    MachineFacts,
    comma_separated,
    duration,
    significant,
)

FAST_CLOCKS = frozenset({"tsc", "kvm-clock", "arch_sys_counter", "hyperv_clocksource_tsc_page"})
"""Clocks that are read without a system call."""
STEADY_GOVERNORS = frozenset({"performance"})
FOREIGN_CPU_DOUBTFUL, FOREIGN_CPU_UNFIT = 0.05, 0.50
STEAL_DOUBTFUL, STEAL_UNFIT = 0.01, 0.05
CPU_PRESSURE_DOUBTFUL = 0.05
MEMORY_PRESSURE_DOUBTFUL = 0.01
LATE_DOUBTFUL_S, LATE_UNFIT_S = 0.001, 0.010
"""p99 of the lateness of a sleep's end."""
SPARE_FILES = 256
"""Descriptors for everything but connections."""
_STOP_OTHERS = "stop what else runs on this machine (`top` shows it)"


def judge_settings(
    facts: MachineFacts, connections: int, stacks: int = 1
) -> tuple[MachineCheck, ...]:
    """Judge the settings, for a load of `connections` connections to each of `stacks` stacks."""
    return (
        _cores(facts),
        _quota(facts),
        _clock(facts),
        _frequency(facts),
        _open_files(facts, connections * stacks + SPARE_FILES),
        _backlog(facts, connections),
        _ports(facts, connections * stacks),
    )


def judge_idle(idle: IdleFacts) -> tuple[MachineCheck, ...]:
    """Judge the activity of other processes."""
    return (_foreign(idle), _steal(idle), *_pressure(idle), _timer(idle))


def judge_ceiling(ceiling: Ceiling, fastest_per_s: float) -> MachineCheck:
    """Judge the generator's head-room over the fastest stack."""
    times = ceiling.per_s / fastest_per_s
    if times < 1:
        said = (
            f"the load engine got {significant(ceiling.per_s)} responses a second from a server "
            f"that answers at once, fewer than from a real one: something disturbed it"
        )
        return MachineCheck("generator head-room", "doubtful", said, _STOP_OTHERS)
    said = (
        f"the load engine gets {significant(ceiling.per_s)} responses a second from a server that "
        f"answers at once, {significant(times)} times what the fastest stack gave"
    )
    if GENERATOR_CEILING.judge(times) is None:
        return MachineCheck("generator head-room", "ok", said)
    remedy = (
        f"give the generator more CPUs: it must be {GENERATOR_CEILING.doubtful:g} times as fast"
    )
    return MachineCheck("generator head-room", "doubtful", said, remedy)


def _cores(facts: MachineFacts) -> MachineCheck:
    used = len({*facts.server_cpus, *facts.generator_cpus})
    of_all = f"{used} of {facts.cpus} CPUs" if used < facts.cpus else f"{used} CPUs"
    said = (
        f"{of_all}: server on {comma_separated(facts.server_cpus)}, generator on "
        f"{comma_separated(facts.generator_cpus)}"
    )
    if used == 1:
        said = "server and generator share the only CPU"
        return MachineCheck("CPU sets", "unfit", said, "use a machine with two CPUs or more")
    if facts.shares_core:
        said += ", threads of one physical core"
        return MachineCheck("CPU sets", "doubtful", said, "use a machine with two cores or more")
    return MachineCheck("CPU sets", "ok", said)


def _quota(facts: MachineFacts) -> MachineCheck:
    used = len({*facts.server_cpus, *facts.generator_cpus})
    if facts.quota_cpus is None:
        return MachineCheck("CPU quota", "ok", "the control group has none")
    said = f"the control group may use the time of {facts.quota_cpus:g} CPUs, {used} are used"
    if facts.quota_cpus >= used:
        return MachineCheck("CPU quota", "ok", said)
    remedy = "raise the quota (docker run --cpus): what uses it up is stopped for milliseconds"
    return MachineCheck("CPU quota", "unfit" if facts.quota_cpus < 1 else "doubtful", said, remedy)


def _clock(facts: MachineFacts) -> MachineCheck:
    if facts.clock_source is None:
        return MachineCheck("clock source", "ok", "the system does not show it")
    if facts.clock_source in FAST_CLOCKS:
        return MachineCheck("clock source", "ok", facts.clock_source)
    said = f"{facts.clock_source}, of which each reading costs a system call"
    remedy = "choose tsc or kvm-clock in /sys/devices/system/clocksource, or at boot"
    return MachineCheck("clock source", "doubtful", said, remedy)


def _frequency(facts: MachineFacts) -> MachineCheck:
    if not facts.governors and facts.turbo is None:
        return MachineCheck("frequency", "ok", "the system does not show it: the host decides")
    parts, remedies = [], []
    if facts.governors:
        parts.append(f"governor {' and '.join(facts.governors)}")
        if not set(facts.governors) <= STEADY_GOVERNORS:
            remedies.append("set the governor 'performance' (cpupower frequency-set -g)")
    if facts.turbo is not None:
        parts.append(f"turbo {'on' if facts.turbo else 'off'}")
        if facts.turbo:
            remedies.append("switch turbo off: it makes speed depend on heat and neighbours")
    judged: Fit = "doubtful" if remedies else "ok"
    return MachineCheck("frequency", judged, ", ".join(parts), "; ".join(remedies))


def _open_files(facts: MachineFacts, needed: int) -> MachineCheck:
    said = f"{facts.open_files:,} a process, {needed:,} are needed"
    if facts.open_files >= needed:
        return MachineCheck("open files", "ok", said)
    remedy = f"raise the hard limit (ulimit -Hn {needed})"
    return MachineCheck("open files", "unfit", said, remedy)


def _backlog(facts: MachineFacts, connections: int) -> MachineCheck:
    if facts.somaxconn is None:
        return MachineCheck("somaxconn", "ok", "the system does not show it")
    said = f"{facts.somaxconn:,} connections may wait to be accepted, {connections:,} may come"
    if facts.somaxconn >= connections:
        return MachineCheck("somaxconn", "ok", said)
    remedy = f"sysctl -w net.core.somaxconn={max(4096, connections)}"
    return MachineCheck("somaxconn", "doubtful", said, remedy)


def _ports(facts: MachineFacts, connections: int) -> MachineCheck:
    if facts.ports is None:
        return MachineCheck("ports", "ok", "the system does not show them")
    said = f"{facts.ports:,} for connections, {connections:,} are needed at once"
    if facts.ports >= 2 * connections:
        return MachineCheck("ports", "ok", said)
    # Ports of closed connections are not free at once.
    remedy = "sysctl -w net.ipv4.ip_local_port_range='1024 65535'"
    return MachineCheck("ports", "unfit" if facts.ports < connections else "doubtful", said, remedy)


def _foreign(idle: IdleFacts) -> MachineCheck:
    said = f"they used {100 * idle.foreign_cpu:.0f} % of a core in {idle.length_s:.1f} s"
    judged = _beyond(idle.foreign_cpu, FOREIGN_CPU_DOUBTFUL, FOREIGN_CPU_UNFIT)
    remedy = "" if judged == "ok" else _STOP_OTHERS
    return MachineCheck("other processes", judged, said, remedy)


def _steal(idle: IdleFacts) -> MachineCheck:
    said = f"{100 * idle.steal:.1f} % of the time went to other machines on this host"
    judged = _beyond(idle.steal, STEAL_DOUBTFUL, STEAL_UNFIT)
    remedy = "" if judged == "ok" else "measure at another time, or on a host of your own"
    return MachineCheck("steal", judged, said, remedy)


def _pressure(idle: IdleFacts) -> Iterator[MachineCheck]:
    if idle.cpu_pressure is not None:
        said = f"something waited for a CPU {100 * idle.cpu_pressure:.0f} % of the time"
        calm = idle.cpu_pressure <= CPU_PRESSURE_DOUBTFUL
        remedy = "" if calm else _STOP_OTHERS
        yield MachineCheck("CPU pressure", "ok" if calm else "doubtful", said, remedy)
    if idle.memory_pressure is not None:
        said = f"everything waited for memory {100 * idle.memory_pressure:.0f} % of the time"
        calm = idle.memory_pressure <= MEMORY_PRESSURE_DOUBTFUL
        remedy = "" if calm else "free memory: pages are being fetched back from disk"
        yield MachineCheck("memory pressure", "ok" if calm else "doubtful", said, remedy)


def _timer(idle: IdleFacts) -> MachineCheck:
    p50, p99 = (duration(late_s * NS_PER_S) for late_s in (idle.late_p50_s, idle.late_p99_s))
    said = f"a short sleep ends {p50} late (p99 {p99})"
    judged = _beyond(idle.late_p99_s, LATE_DOUBTFUL_S, LATE_UNFIT_S)
    remedy = "" if judged == "ok" else _STOP_OTHERS
    return MachineCheck("timer floor", judged, said, remedy)


def _beyond(value: float, doubtful: float, unfit: float) -> Fit:
    if value > unfit:
        return "unfit"
    return "doubtful" if value > doubtful else "ok"
