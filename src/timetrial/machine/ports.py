"""Ports: choosing free ones, and finding other processes that listen on one.

Many servers listen with SO_REUSEPORT (man 7 socket): a second or a stale server shares the port
silently and takes part of the requests. A successful bind therefore proves nothing.
"""

from __future__ import annotations

import errno
import secrets
import socket
import threading
from collections import Counter, deque
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from timetrial.machine.procfs import descriptors, every_pid, process_name, tcp_sockets
from timetrial.model import BadInput, PortTaken

LOWEST_PORT = 10_000
"""Lower ports belong to well-known services."""
HIGHEST_PORT = 65_535
REMEMBERED_PORTS = 1_000
ATTEMPTS = 1_000

_ESTABLISHED, _LISTEN = "01", "0A"
_LOCAL_ADDRESS, _REMOTE_ADDRESS, _STATE, _INODE = 1, 2, 3, 9


@dataclass(frozen=True, slots=True)
class Listener:
    """A process that holds a listening TCP socket."""

    pid: int | None
    """None for a process of another user, which the kernel does not show."""
    name: str | None

    def __str__(self) -> str:
        return "another user's process" if self.pid is None else f"pid {self.pid}, {self.name}"


class _Chooser:
    """Chooses different ports for concurrent callers."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._recent: deque[int] = deque(maxlen=REMEMBERED_PORTS)

    def choose(self, host: str) -> int:
        candidates = _candidates()
        with self._lock:
            for _ in range(ATTEMPTS):
                port = secrets.choice(candidates)
                if port not in self._recent and _is_unused(host, port):
                    self._recent.append(port)
                    return port
        raise PortTaken(f"{ATTEMPTS} ports of {host} were tried and all are in use")


_chooser = _Chooser()


def free_port(host: str = "127.0.0.1") -> int:
    """Choose an unused port outside the range of outgoing connections, if possible.

    The last 1,000 ports that this process chose are not chosen again. Raises PortTaken and
    BadInput.
    """
    return _chooser.choose(host)


def require_free(host: str, port: int) -> None:
    """Raise PortTaken, with the listening process, or BadInput if no server can listen there."""
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
    """List other processes than `own_pids` that listen on a port, on any address."""
    inodes = _listening_inodes(port)
    return _holders(inodes - _sockets_of(own_pids, inodes).keys())


def listens(port: int, pids: Iterable[int]) -> bool:
    """Whether one of these processes listens on a port."""
    return bool(_sockets_of(pids, _listening_inodes(port)))


def is_listened_at(port: int) -> bool:
    """Whether any process listens on a port, on any address."""
    return bool(_listening_inodes(port))


def connections_to(port: int, pids: Collection[int]) -> int:
    """Count the open connections of these processes to a port, on any address."""
    inodes = _inodes(port, _REMOTE_ADDRESS, _ESTABLISHED)
    return len(_sockets_of(pids, inodes))


def connections_by_process(port: int, pids: Collection[int]) -> tuple[int, ...]:
    """Count the open connections at a port that each of these processes has accepted.

    Processes without any are left out; the largest number comes first. One that several hold is
    the youngest's.
    """
    held = _sockets_of(pids, _inodes(port, _LOCAL_ADDRESS, _ESTABLISHED))
    counts = Counter(max(holders) for holders in held.values())
    return tuple(sorted(counts.values(), reverse=True))


def _candidates() -> range:
    lowest, highest = map(
        int, Path("/proc/sys/net/ipv4/ip_local_port_range").read_text("ascii").split()
    )
    below, above = range(LOWEST_PORT, lowest), range(highest + 1, 65_536)
    everything = range(LOWEST_PORT, 65_536)
    enough = REMEMBERED_PORTS + ATTEMPTS
    return next((ports for ports in (below, above) if len(ports) >= enough), everything)


def _is_unused(host: str, port: int) -> bool:
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
    """Bind a socket; `reuse` ignores closed connections that linger there."""
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind, protocol) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, int(reuse))
        trial.bind(address)


def _listening_inodes(port: int) -> set[int]:
    return _inodes(port, _LOCAL_ADDRESS, _LISTEN)


def _inodes(port: int, field: int, state: str) -> set[int]:
    """List the inodes of sockets in a state with a local or remote port."""
    return {
        int(fields[_INODE])
        for fields in tcp_sockets(port)
        if fields[_STATE] == state and fields[field].endswith(f":{port:04X}")
    }


def _holders(inodes: set[int]) -> tuple[Listener, ...]:
    """Find one process for each socket: its forks hold it, too."""
    if not inodes:
        return ()
    found = _sockets_of(every_pid(), inodes)
    named = [
        Listener(pid, process_name(pid)) for pid in sorted({min(pids) for pids in found.values()})
    ]
    return tuple(named if found.keys() == inodes else [*named, Listener(None, None)])


def _sockets_of(pids: Iterable[int], inodes: set[int]) -> dict[int, list[int]]:
    """Map these inodes to the pids of the processes that hold them."""
    links = {f"socket:[{inode}]": inode for inode in inodes}
    held: dict[int, list[int]] = {}
    for pid in pids:
        for inode in {links[link] for _, link in descriptors(pid) if link in links}:
            held.setdefault(inode, []).append(pid)
    return held
