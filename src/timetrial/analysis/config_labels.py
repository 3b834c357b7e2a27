"""Configurations as labelled texts, for reports and for the comparison of runs. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from timetrial.model import (
    InsideView,
    KeepAlive,
    Machine,
    MachineSettings,
    ProcessView,
    Run,
    Stack,
    StackConfiguration,
    StackFacts,
    comma_separated,
    size,
)

NOT_SHOWN = "not shown"
NONE = "none"

Facts = Mapping[str, str]
"""Values by label, in the order of display."""


def stack_facts(configuration: StackConfiguration) -> Facts:
    """Label the configuration of a stack, without its packages and variables."""
    inside = configuration.inside
    processes = configuration.processes
    return {
        **(_inside_facts(inside) if inside else {}),
        **({"workers": _workers(configuration)} if inside else {}),
        "processes": _shown(_processes(processes)),
        "threads a worker": _threads(processes),
        **({"threads that answered": _answering(processes)} if inside else {}),
        "keep-alive": _keep_alive(configuration.keep_alive),
        "listen queue": _listening(configuration),
        "TCP_NODELAY": _switch(configuration.tcp_nodelay),
        "CPUs": _shown(_distinct(",".join(map(str, process.cpus)) for process in processes)),
        "scheduling": _shown(_distinct(process.policy for process in processes)),
        "open files": _shown(_distinct(_or_no_limit(process.open_files) for process in processes)),
        "command": " ".join(configuration.command),
    }


def of(run: Run, stack: str) -> StackConfiguration | None:
    """Look up a stack's configuration in a run; None where its processes were not inspected."""
    return next((c for c in run.configurations if c.stack == stack and c.processes), None)


def variables(configuration: StackConfiguration) -> Facts:
    return configuration.inside.environment if configuration.inside else {}


def packages(listed: Sequence[str]) -> Facts:
    """Write 'name==version' as versions by name."""
    parts = (package.partition("==") for package in listed)
    return {name.lower().replace("_", "-"): version for name, _, version in parts}


def machine_facts(machine: Machine) -> Facts:
    """Label the hardware and settings of a machine."""
    settings = machine.settings
    return {
        "processor": machine.cpu_model,
        "cores": str(machine.cores),
        "memory": size(machine.memory_bytes),
        "kernel": machine.kernel,
        "server on CPU": comma_separated(machine.server_cpus),
        "generator on CPU": comma_separated(machine.generator_cpus),
        **(settings_facts(settings) if settings else {}),
    }


def settings_facts(settings: MachineSettings) -> Facts:
    quota, limit = settings.cpu_quota, settings.memory_limit_bytes
    return {
        "architecture": settings.architecture,
        "kernel build": settings.kernel_build,
        "virtual machine": _switch(settings.hypervisor, "yes", "no"),
        "frequency governor": settings.governor or NOT_SHOWN,
        "turbo": _switch(settings.turbo),
        "clock source": settings.clock_source or NOT_SHOWN,
        "cgroup": settings.cgroup or NOT_SHOWN,
        "CPU quota": NONE if quota is None else f"{quota:g} CPUs",
        "memory limit": NONE if limit is None else size(limit),
        "transparent huge pages": settings.transparent_huge_pages or NOT_SHOWN,
        **settings.sysctls,
    }


def _inside_facts(inside: InsideView) -> Facts:
    return {
        "Python": inside.python,
        "build": inside.build,
        "GIL": _switch(inside.gil),
        "interface": inside.interface,
        "event loop": inside.event_loop or NONE,
        "HTTP parser": inside.http_parser or NOT_SHOWN,
        "HTTP version": inside.http_version or NOT_SHOWN,
        "garbage collection": inside.garbage_collection,
        "switch interval": f"{inside.switch_interval_s * 1000:g} ms",
    }


def _workers(configuration: StackConfiguration) -> str:
    declared, actual = configuration.declared.workers, configuration.workers
    return str(actual) if actual == declared else f"{actual} (asked: {declared})"


def _processes(processes: Sequence[ProcessView]) -> Iterator[str]:
    """Count them by name, as '3 gunicorn'."""
    for name, count in Counter(process.name for process in processes).items():
        yield f"{count} {name}"


def _threads(processes: Sequence[ProcessView]) -> str:
    """Return the numbers of threads in a worker, as the kernel shows them."""
    workers = [process for process in processes if process.serves] or processes
    return _shown(_distinct(str(process.threads) for process in workers))


def _answering(processes: Sequence[ProcessView]) -> str:
    return _shown(
        _distinct(str(process.serving_threads) for process in processes if process.serves)
    )


def _keep_alive(observed: KeepAlive | None) -> str:
    if observed is None or not observed.answered:
        return NOT_SHOWN
    if observed.answered == observed.sent:
        return f"{observed.sent} of {observed.sent} requests on one connection"
    how = "says so" if observed.announced else "does not say so"
    return f"closes after {observed.answered}, and {how}"


def _listening(configuration: StackConfiguration) -> str:
    listening = configuration.listening
    if listening is None:
        return NOT_SHOWN
    sockets = f" on each of {listening.sockets} sockets" if listening.sockets > 1 else ""
    return f"{listening.backlog}{sockets}"


def _switch(state: bool | None, on: str = "on", off: str = "off") -> str:  # noqa: FBT001 - a value, not a flag
    return NOT_SHOWN if state is None else on if state else off


def _or_no_limit(number: int | None) -> str:
    return "no limit" if number is None else str(number)


def _distinct(texts: Iterator[str]) -> Iterator[str]:
    return iter(dict.fromkeys(texts))


def _shown(texts: Iterator[str]) -> str:
    return comma_separated(texts) or NOT_SHOWN


def version(stack: Stack, facts: StackFacts | None) -> str:
    """Look up the version of the server, which may be that of a package of its environment."""
    if facts is not None and facts.version:
        return facts.version
    installed = packages(facts.packages if facts else ())
    return next(
        (installed[name] for name in package_names(stack.server) if installed.get(name)), ""
    )


def package_names(server: str) -> list[str]:
    """List the packages that may be a server's own, the longest name first.

    A server may be named after its package and a mode of it: 'gunicorn-gthread'.
    """
    parts = server.lower().replace("_", "-").split("-")
    return ["-".join(parts[:end]) for end in range(len(parts), 0, -1)]
