"""The sockets of a stack in the kernel: its listen queue, and options of a connection.

The limit of the listen queue is in no file of /proc: the kernel's socket diagnosis has it, as shown
by `ss -ltn` (man 7 sock_diag). Options of another process's socket are read from a copy of its
descriptor (man 2 pidfd_getfd, Linux 5.6). That requires the right to trace the process, which a
parent has on most systems.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import socket
import struct
from collections.abc import Iterable, Iterator

from timetrial.machine.procfs import descriptors, tcp_sockets
from timetrial.model import Listening

_NETLINK_SOCK_DIAG = 4
_SOCK_DIAG_BY_FAMILY = 20
_REQUEST_DUMP = 0x301
_MESSAGE_ERROR, _MESSAGE_DONE = 2, 3
_STATE_LISTEN = 1 << 10
_HEADER = struct.Struct("=IHHII")
_REQUEST = struct.Struct("=BBBxI 2s2s16s16sI8s")
_FOUND = struct.Struct("=BBBB 2s2s16s16sI8s IIIII")
_ANSWERED_WITHIN_S = 1.0
_PIDFD_GETFD = 438
"""The number of the system call, the same on all architectures."""

_libc = ctypes.CDLL(None, use_errno=True)


def look_at_listeners(port: int) -> Listening | None:
    """Count the sockets that listen on a port; the backlog is the least limit of their queues."""
    try:
        backlogs = [
            backlog for family in (socket.AF_INET, socket.AF_INET6)
            for backlog in _backlogs(family, port)
        ]  # fmt: skip
    except OSError:  # some sandboxes lack this protocol
        backlogs = []
    if not backlogs:
        return None
    return Listening(len(backlogs), min(backlogs))


def tcp_nodelay(port: int, peer_port: int, pids: Iterable[int]) -> bool | None:
    """Return the option at the server's end of a connection; None if it cannot be read."""
    inode = _accepted(port, peer_port)
    if inode is None:
        return None
    for pid, descriptor in _holders(inode, pids):
        with contextlib.suppress(OSError), _copied(pid, descriptor) as accepted:
            return bool(accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
    return None


def _backlogs(family: int, port: int) -> Iterator[int]:
    """Yield the queue limits of all sockets that listen on a port."""
    kind = socket.SOCK_RAW | socket.SOCK_CLOEXEC
    with socket.socket(socket.AF_NETLINK, kind, _NETLINK_SOCK_DIAG) as kernel:
        kernel.settimeout(_ANSWERED_WITHIN_S)
        packed_port = struct.pack("!H", port)
        request = _REQUEST.pack(
            family, socket.IPPROTO_TCP, 0, _STATE_LISTEN, packed_port, b"", b"", b"", 0, b"\xff" * 8
        )
        length = _HEADER.size + len(request)
        header = _HEADER.pack(length, _SOCK_DIAG_BY_FAMILY, _REQUEST_DUMP, 1, 0)
        kernel.sendto(header + request, (0, 0))
        for payload in _payloads(kernel):
            found = _FOUND.unpack_from(payload)
            if found[4] == packed_port:
                yield found[12]


def _payloads(kernel: socket.socket) -> Iterator[bytes]:
    while True:
        data = kernel.recv(65536)
        while data:
            length, kind, *_ = _HEADER.unpack_from(data)
            if kind == _MESSAGE_DONE:
                return
            if kind == _MESSAGE_ERROR:
                raise OSError("the kernel refuses to tell of sockets")
            yield data[_HEADER.size : length]
            data = data[(length + 3) & ~3 :]


def _accepted(port: int, peer_port: int) -> int | None:
    """Return the inode of the server's end of a connection; None before it is accepted."""
    local, remote = f":{port:04X}", f":{peer_port:04X}"
    for fields in tcp_sockets(port):
        if fields[1].endswith(local) and fields[2].endswith(remote) and fields[9] != "0":
            return int(fields[9])
    return None


def _holders(inode: int, pids: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield the pids of processes that hold a socket, and their descriptors of it."""
    link = f"socket:[{inode}]"
    for pid in pids:
        yield from ((pid, number) for number, held in descriptors(pid) if held == link)


@contextlib.contextmanager
def _copied(pid: int, descriptor: int) -> Iterator[socket.socket]:
    """Open a copy of another process's descriptor as a socket."""
    process = os.pidfd_open(pid)
    try:
        copy = _libc.syscall(_PIDFD_GETFD, process, descriptor, 0)
        if copy < 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
    finally:
        os.close(process)
    with socket.socket(fileno=copy) as opened:
        yield opened
