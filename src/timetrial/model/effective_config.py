"""What a stack really is when it runs: asked of its processes, not read off its command line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class DeclaredConfig:
    """What a command line asks for; None where it leaves that to the server."""

    workers: int
    threads: int
    """A worker."""
    event_loop: str | None = None
    """As 'uvloop'."""
    http_parser: str | None = None
    """As 'httptools'."""
    backlog: int | None = None
    """Connections that may wait to be accepted."""
    keep_alive: bool = True
    """Whether connections are to stay open after a response."""


@dataclass(frozen=True, slots=True)
class InsideView:
    """What a worker sees around itself while it answers a request."""

    python: str
    """Implementation and version, as 'CPython 3.11.7'."""
    build: str
    """What the interpreter says of its build: compiler, and the options that make it faster."""
    gil: bool
    """Whether the global interpreter lock is held: a free-threaded build may have it, too."""
    event_loop: str | None
    """Module and class, as 'uvloop.Loop'; None where the app is called outside of any loop."""
    http_parser: str | None
    """None where neither the frames that call the app nor the modules tell."""
    server: str
    """As it calls itself; '' where it does not."""
    interface: str
    """As 'WSGI 1.0', with what the server says of threads and processes; 'ASGI 3.0'."""
    http_version: str
    garbage_collection: str
    """Thresholds, or 'off'."""
    switch_interval_s: float
    """How long a thread may hold the GIL while others wait for it."""
    packages: tuple[str, ...]
    """All distributions on the path of modules, as 'name==version', ordered."""
    environment: Mapping[str, str]
    """The variables that interpreters, allocators and servers heed, of those that are set."""


@dataclass(frozen=True, slots=True)
class ProcessView:
    """One process of the stack as the kernel shows it, idle after it has answered."""

    name: str
    serves: bool
    """Whether a request was answered in it."""
    threads: int
    """Native ones, whatever they are for."""
    serving_threads: int
    """Threads in which requests were answered, of some sent at once."""
    cpus: tuple[int, ...]
    policy: str
    """Of the scheduler, with the nice value: 'other, nice 0'."""
    open_files: int | None
    """The most that it may have; None for no limit."""


@dataclass(frozen=True, slots=True)
class Listening:
    """The sockets on which a stack takes connections."""

    sockets: int
    """More than one where workers share the port (SO_REUSEPORT)."""
    backlog: int | None
    """Connections that may wait for each, as the kernel holds to; None where it does not tell."""


@dataclass(frozen=True, slots=True)
class KeepAlive:
    """What became of a connection on which a client sent one request after the other."""

    answered: int
    """Requests."""
    sent: int
    """No more than that were tried."""
    announced: bool = False
    """Whether the last response said `Connection: close`."""

    @property
    def kept(self) -> bool:
        return self.answered > 1


@dataclass(frozen=True, slots=True)
class StackConfiguration:
    """The effective configuration of one stack, from a start of its own that is not measured."""

    stack: str
    declared: DeclaredConfig
    command: tuple[str, ...]
    """With placeholders for what differs from start to start: {bin}, {port}, {data}."""
    inside: InsideView | None
    """Of the worker that answered first; None where no worker could be asked."""
    processes: tuple[ProcessView, ...] = ()
    listening: Listening | None = None
    tcp_nodelay: bool | None = None
    """On an accepted connection; None where it does not show."""
    keep_alive: KeepAlive | None = None
    notes: tuple[str, ...] = field(default=())
    """What could not be seen, and why, a sentence each."""

    @property
    def workers(self) -> int:
        """Processes in which requests were answered."""
        return sum(process.serves for process in self.processes)
