"""Configurations that nobody has seen, for tests of what is made of them."""

from __future__ import annotations

import dataclasses

from runs import CHARACTERS, some_facts
from timetrial.model.effective_config import (
    DeclaredConfig,
    InsideView,
    KeepAlive,
    Listening,
    ProcessView,
    StackConfiguration,
)
from timetrial.model.run import MachineSettings, Run

SOME_SETTINGS = MachineSettings(
    architecture="x86_64",
    kernel_build="#1 SMP",
    hypervisor=True,
    governor=None,
    turbo=None,
    clock_source="tsc",
    cgroup="v2",
    cpu_quota=None,
    memory_limit_bytes=None,
    transparent_huge_pages="madvise",
    sysctls={"net.core.somaxconn": "4096"},
)
A_VIEW = InsideView(
    python="CPython 3.11.7",
    build="main [GCC 12.2.0]",
    gil=True,
    event_loop="uvloop.Loop",
    http_parser="httptools (C)",
    server="",
    interface="ASGI 3.0",
    http_version="1.1",
    garbage_collection="700, 10, 10",
    switch_interval_s=0.005,
    packages=("Django==5.2.9", "uvicorn==0.38.0"),
    environment={"PYTHONUNBUFFERED": "1", "WEB_CONCURRENCY": "2"},
)


def a_process(*, serves: bool = True, threads: int = 2) -> ProcessView:
    return ProcessView(
        name="uvicorn" if serves else "python",
        serves=serves,
        threads=threads,
        serving_threads=int(serves),
        cpus=(0,),
        policy="other, nice 0",
        open_files=1024,
    )


def a_configuration(
    stack: str = "uvicorn",
    *,
    declared: DeclaredConfig | None = None,
    inside: InsideView | None = A_VIEW,
    workers: int = 2,
    notes: tuple[str, ...] = (),
) -> StackConfiguration:
    return StackConfiguration(
        stack=stack,
        declared=declared or DeclaredConfig(2, 1, "uvloop", "httptools", 2048),
        command=("{bin}/" + stack, "--port", "{port}"),
        inside=inside,
        processes=(a_process(serves=False), *(a_process() for _ in range(workers))),
        listening=Listening(1, 2048),
        tcp_nodelay=True,
        keep_alive=KeepAlive(10, 10),
        notes=notes,
    )


def looked_at(run: Run) -> Run:
    """Give a run what would have been seen of its stacks and its machine."""
    return dataclasses.replace(
        run,
        machine=dataclasses.replace(run.machine, settings=SOME_SETTINGS),
        configurations=tuple(
            a_configuration(
                stack.name,
                inside=dataclasses.replace(
                    A_VIEW, packages=some_facts(stack.name, CHARACTERS).packages
                ),
                workers=stack.workers,
                declared=DeclaredConfig(stack.workers, stack.threads),
            )
            for stack in run.plan.suite.stacks
        ),
    )
