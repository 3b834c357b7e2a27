"""A stack's effective configuration: read from its processes, not from its command line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class DeclaredConfig:
    """What a command line requests; None where the server decides."""

    workers: int
    threads: int
    """Of each worker."""
    event_loop: str | None = None
    """For example 'uvloop'."""
    http_parser: str | None = None
    """For example 'httptools'."""
    backlog: int | None = None
    """Connections that may wait to be accepted."""
    keep_alive: bool = True
    """Whether connections are to stay open after a response."""


@dataclass(frozen=True, slots=True)
class InsideView:
    """What a worker observes of its own process while it answers a request."""

    python: str
    """Implementation and version, as 'CPython 3.11.7'."""
    build: str
    """The interpreter's report of its build: compiler, and the options that make it faster."""
    gil: bool
    """Whether the global interpreter lock is held: a free-threaded build may have it, too."""
    event_loop: str | None
    """Module and class, as 'uvloop.Loop'; None where the app is called outside of any loop."""
    http_parser: str | None
    """None where neither the calling frames nor the loaded modules show it."""
    server: str
    """The server's name for itself; '' where it gives none."""
    interface: str
    """As 'WSGI 1.0', with the server's flags for threads and processes; 'ASGI 3.0'."""
    http_version: str
    garbage_collection: str
    """Thresholds, or 'off'."""
    switch_interval_s: float
    """How long a thread may hold the GIL while others wait for it."""
    packages: tuple[str, ...]
    """All distributions on the path of modules, as 'name==version', ordered."""
    environment: Mapping[str, str]
    """The set variables that interpreters, allocators and servers read."""


@dataclass(frozen=True, slots=True)
class ProcessView:
    """One process of the stack as the kernel shows it, idle after requests."""

    name: str
    serves: bool
    """Whether a request was answered in it."""
    threads: int
    """Native threads of any purpose."""
    serving_threads: int
    """Threads that answered requests, when several were sent at once."""
    cpus: tuple[int, ...]
    policy: str
    """Of the scheduler, with the nice value: 'other, nice 0'."""
    open_files: int | None
    """The limit; None: unlimited."""


@dataclass(frozen=True, slots=True)
class Listening:
    """The sockets on which a stack takes connections."""

    sockets: int
    """More than one where workers share the port (SO_REUSEPORT)."""
    backlog: int | None
    """Connections that may wait for each, as the kernel enforces it; None: unknown."""


@dataclass(frozen=True, slots=True)
class KeepAlive:
    """The outcome of one connection on which a client sent requests in sequence."""

    answered: int
    """Requests."""
    sent: int
    """The most that were tried."""
    announced: bool = False
    """Whether the last response said `Connection: close`."""

    @property
    def kept(self) -> bool:
        return self.answered > 1


@dataclass(frozen=True, slots=True)
class StackConfiguration:
    """The effective configuration of one stack, from a separate, unmeasured start."""

    stack: str
    declared: DeclaredConfig
    command: tuple[str, ...]
    """With placeholders for what differs from start to start: {bin}, {port}, {data}."""
    inside: InsideView | None
    """Of the worker that answered first; None where no worker could be inspected."""
    processes: tuple[ProcessView, ...] = ()
    listening: Listening | None = None
    tcp_nodelay: bool | None = None
    """On an accepted connection; None: unknown."""
    keep_alive: KeepAlive | None = None
    notes: tuple[str, ...] = field(default=())
    """What could not be observed, and why, a sentence each."""

    @property
    def workers(self) -> int:
        """Processes in which requests were answered."""
        return sum(process.serves for process in self.processes)
