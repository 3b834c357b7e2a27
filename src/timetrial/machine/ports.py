"""Ports: choosing free ones, and seeing who else listens on one.

Several servers listen with SO_REUSEPORT, so that a second one, or a stale one, shares the port
without a word and takes part of the requests: that a server could bind proves nothing.
"""

from __future__ import annotations

import errno
import secrets
import socket
import threading
from collections import deque
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from timetrial.machine.procfs import descriptors, every_pid, process_name, tcp_sockets
from timetrial.model.errors import BadInput, PortTaken

LOWEST_PORT = 10_000
"""Below lie the ports of well-known services."""
HIGHEST_PORT = 65_535
REMEMBERED_PORTS = 1_000
ATTEMPTS = 1_000

_ESTABLISHED, _LISTEN = "01", "0A"
_LOCAL_ADDRESS, _REMOTE_ADDRESS, _STATE, _INODE = 1, 2, 3, 9


@dataclass(frozen=True, slots=True)
class Listener:
    """A process that holds a listening TCP socket."""

    pid: int | None
    """None where the kernel does not tell: the process belongs to another user."""
    name: str | None

    def __str__(self) -> str:
        return "another user's process" if self.pid is None else f"pid {self.pid}, {self.name}"


class _Chooser:
    """Hands out ports that differ, whoever asks at the same time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._recent: deque[int] = deque(maxlen=REMEMBERED_PORTS)

    def choose(self, host: str) -> int:
        candidates = _candidates()
        with self._lock:
            for _ in range(ATTEMPTS):
                port = secrets.choice(candidates)
                if port in self._recent or not _nobody_uses(host, port):
                    continue
                self._recent.append(port)
                return port
        raise PortTaken(f"{ATTEMPTS} ports of {host} were tried and all are in use")


_chooser = _Chooser()


def free_port(host: str = "127.0.0.1") -> int:
    """Choose a port that nobody uses and that no outgoing connection will be given.

    The last thousand ports that this process chose are not chosen again.
    """
    return _chooser.choose(host)


def require_free(host: str, port: int) -> None:
    """Raise PortTaken, naming who listens, unless a server can be started there."""
    holders = _holders(_listening_inodes(port))
    if holders:
        raise PortTaken(f"port {port} is taken by another process ({'; '.join(map(str, holders))})")
    try:
        _bind(host, port, reuse=True)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise PortTaken(f"port {port} of {host} is in use, though nobody listens") from error
        raise BadInput(f"cannot listen on {host} port {port}: {error.strerror}") from error


def foreign_listeners(port: int, own_pids: Collection[int]) -> tuple[Listener, ...]:
    """List who listens on a port, on whatever address, without being one of those processes."""
    inodes = _listening_inodes(port)
    return _holders(inodes - _sockets_of(own_pids, inodes).keys())


def listens(port: int, pids: Iterable[int]) -> bool:
    """Whether one of those processes listens on that port."""
    return bool(_sockets_of(pids, _listening_inodes(port)))


def connections_to(port: int, pids: Collection[int]) -> int:
    """Count the connections to a port, of whatever address, that those processes hold open."""
    inodes = _inodes(port, _REMOTE_ADDRESS, _ESTABLISHED)
    return len(_sockets_of(pids, inodes))


def _candidates() -> range:
    lowest, highest = map(
        int, Path("/proc/sys/net/ipv4/ip_local_port_range").read_text("ascii").split()
    )
    below, above = range(LOWEST_PORT, lowest), range(highest + 1, 65_536)
    everything = range(LOWEST_PORT, 65_536)
    enough = REMEMBERED_PORTS + ATTEMPTS
    return next((ports for ports in (below, above) if len(ports) >= enough), everything)


def _nobody_uses(host: str, port: int) -> bool:
    if _listening_inodes(port):
        return False
    try:
        _bind(host, port, reuse=False)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return False
        raise BadInput(f"cannot listen on {host}: {error.strerror}") from error
    return True


def _bind(host: str, port: int, *, reuse: bool) -> None:
    """Try an address; `reuse` passes over connections of the past that still linger there."""
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind, protocol) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, int(reuse))
        trial.bind(address)


def _listening_inodes(port: int) -> set[int]:
    return _inodes(port, _LOCAL_ADDRESS, _LISTEN)


def _inodes(port: int, field: int, state: str) -> set[int]:
    """List the sockets in a state that have a port as their own, or as their peer's."""
    return {
        int(fields[_INODE])
        for fields in tcp_sockets(port)
        if fields[_STATE] == state and fields[field].endswith(f":{port:04X}")
    }


def _holders(inodes: set[int]) -> tuple[Listener, ...]:
    """Find who holds sockets: one process for each, since its forks hold it too."""
    if not inodes:
        return ()
    found = _sockets_of(every_pid(), inodes)
    named = [
        Listener(pid, process_name(pid)) for pid in sorted({min(pids) for pids in found.values()})
    ]
    return tuple(named if found.keys() == inodes else [*named, Listener(None, None)])


def _sockets_of(pids: Iterable[int], inodes: set[int]) -> dict[int, list[int]]:
    """Map each of those sockets that is held to the processes that hold it."""
    links = {f"socket:[{inode}]": inode for inode in inodes}
    held: dict[int, list[int]] = {}
    for pid in pids:
        for inode in {links[link] for _, link in descriptors(pid) if link in links}:
            held.setdefault(inode, []).append(pid)
    return held
