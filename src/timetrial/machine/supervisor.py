"""Start one server, watch over it, and leave nothing of it behind.

A program of its own, run as `python -I -S supervisor.py PARENT_PID`: it imports nothing slow, and
nothing of timetrial. It adopts every descendant of the server that loses its parent
(PR_SET_CHILD_SUBREAPER), so a server can fork, daemonise and change sessions without getting away.

Orders come as JSON lines on standard input, reports leave as JSON lines on standard output:

    order   {"command": […], "env": {…}, "cwd": "…", "cpus": […]}     first, once
    report  {"pid": 12, "started_ns": 34}    or    {"failed": "…"}, and the supervisor ends
    report  {"exit_code": 3}                                          when the main process ends
    order   {"grace_s": 5.0}                                          stop it
    report  {"stopped": "TERM", "exit_code": 0, "left": []}           and the supervisor ends

When standard input ends, or the parent does, all that is left is killed at once. What the server
writes goes where the supervisor's standard error goes.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import select
import signal
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

ORDERS = 0
REPORTS = 1
SERVER_OUTPUT = 2
PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
KILL_WITHIN_S = 5.0
"""Longest wait for killed processes to be gone: one may hang inside the kernel."""
LOOK_AGAIN_S = 0.05
"""While a server stops: nothing tells a subreaper that it has adopted somebody."""

# Positions in the list that `stat_fields` returns.
STATE, PARENT, GROUP, SESSION, STARTED_TICKS = 0, 1, 2, 3, 19
CHILDREN_USER_TICKS, CHILDREN_SYSTEM_TICKS = 13, 14

HAS_CHILDREN_FILES = os.path.exists("/proc/thread-self/children")  # noqa: PTH110 - pathlib is slow to import

_libc = ctypes.CDLL(None, use_errno=True)


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    watch = Watch(parent=int(sys.argv[1]))
    while not watch.orders:
        watch.wait(None)
        if watch.abandoned:
            return
    job = watch.orders.pop(0)
    try:
        server = Server(job)
    except OSError as error:
        report({"failed": describe(error)})
        return
    try:
        keep(server, watch)
    finally:
        kill_all(server)


def keep(server: Server, watch: Watch) -> None:
    while not watch.orders:
        watch.wait(None)
        if watch.abandoned:
            return
        server.reap()
    stopped = "TERM" if ask_to_stop(server, watch, watch.orders.pop(0)["grace_s"]) else "KILL"
    left = kill_all(server)
    report({"stopped": stopped, "exit_code": server.exit_code, "left": left})


def ask_to_stop(server: Server, watch: Watch, grace_s: float) -> bool:
    """Send SIGTERM to the group and to orphans outside it; return whether all went in time."""
    deadline = time.monotonic() + grace_s
    signal_group(server, signal.SIGTERM)
    asked: set[int] = set()
    while server.reap():
        patience_s = deadline - time.monotonic()
        if patience_s <= 0 or watch.abandoned:
            return False
        for pid in descendants(os.getpid()):
            fields = stat_fields(pid)
            if fields and is_orphan_outside(fields, server) and pid not in asked:
                asked.add(pid)
                send(pid, signal.SIGTERM)
        watch.wait(min(patience_s, LOOK_AGAIN_S))
    return True


def kill_all(server: Server) -> list[int]:
    """Kill every descendant, those too that are born meanwhile; return those that stay."""
    deadline = time.monotonic() + KILL_WITHIN_S
    while server.reap():
        signal_group(server, signal.SIGKILL)
        left = descendants(os.getpid())
        for pid in left:
            send(pid, signal.SIGKILL)
        if time.monotonic() > deadline:
            return left
        time.sleep(0.002)
    return []


class Server:
    """The process that was started, and every other one that came of it."""

    def __init__(self, job: dict[str, Any]) -> None:
        self.exit_code: int | None = None
        prctl(PR_SET_CHILD_SUBREAPER, 1)
        started_ns = time.monotonic_ns()
        self.pid = spawn(**job)
        report({"pid": self.pid, "started_ns": started_ns})

    def reap(self) -> bool:
        """Collect the children that ended; return whether any others are left."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return False
            if pid == 0:
                return True
            if pid == self.pid:
                self.exit_code = os.waitstatus_to_exitcode(status)
                report({"exit_code": self.exit_code})


class Watch:
    """What the supervisor wakes up for: orders, the end of its parent, the end of a child."""

    def __init__(self, parent: int) -> None:
        self.orders: list[dict[str, Any]] = []
        self.abandoned = False
        self._unread = b""
        self._poll = select.poll()
        self._poll.register(ORDERS, select.POLLIN)
        self._child_ended, wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self._poll.register(self._child_ended, select.POLLIN)
        self._parent = None
        # A fork of the parent may hold the other end of ORDERS open, so that it never ends.
        with contextlib.suppress(OSError):
            self._parent = os.pidfd_open(parent)
            self._poll.register(self._parent, select.POLLIN)
        if os.getppid() != parent:
            self.abandoned = True

    def wait(self, timeout_s: float | None) -> None:
        if self.abandoned:
            return
        for fd, _ in self._poll.poll(None if timeout_s is None else timeout_s * 1000):
            if fd == ORDERS:
                self._read_orders()
            elif fd == self._child_ended:
                os.read(fd, 4096)
            else:
                self.abandoned = True

    def _read_orders(self) -> None:
        data = os.read(ORDERS, 65536)
        self.abandoned = self.abandoned or not data
        *lines, self._unread = (self._unread + data).split(b"\n")
        self.orders.extend(json.loads(line) for line in lines)


def spawn(command: list[str], env: dict[str, str], cwd: str, cpus: list[int]) -> int:
    """Start a command in a session of its own; OSError says why it could not be."""
    try:
        os.sched_setaffinity(0, cpus)
    except OSError as error:
        raise OSError(error.errno, f"{error.strerror} for the CPU set {cpus}") from error
    supervisor = os.getpid()
    why_not, complain = os.pipe2(os.O_CLOEXEC)
    pid = os.fork()
    if pid == 0:
        about = None
        try:
            os.setsid()
            prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != supervisor:  # it died before it could be tied to us
                os._exit(127)
            # What is ignored here, by us, by Python or by the shell that started all this in the
            # background, would be ignored by the server.
            for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
                signal.signal(number, signal.SIG_DFL)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.dup2(SERVER_OUTPUT, 1)
            about = cwd
            os.chdir(cwd)
            about = command[0]
            os.execvpe(command[0], command, env)  # noqa: S606 - no shell is wanted
        except OSError as error:
            os.write(complain, json.dumps([error.errno, error.strerror, about]).encode())
        finally:
            os._exit(127)
    os.close(complain)
    reason = os.read(why_not, 65536)
    os.close(why_not)
    if reason:
        os.waitpid(pid, 0)
        raise OSError(*json.loads(reason))
    return pid


def descendants(root: int) -> list[int]:
    """List the children of a process, their children, and so on; zombies too."""
    if not HAS_CHILDREN_FILES:
        return _descendants_by_parent(root)
    found: list[int] = []
    to_visit = [root]
    while to_visit:
        pid = to_visit.pop()
        with contextlib.suppress(OSError):
            for thread in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208 - pathlib is slow to import
                listed = _read(f"/proc/{pid}/task/{thread}/children").split()
                children = [int(child) for child in listed]
                found += children
                to_visit += children
    return found


def _descendants_by_parent(root: int) -> list[int]:
    """Do the same on a kernel without CONFIG_PROC_CHILDREN, by a look at every process."""
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):  # noqa: PTH208 - pathlib is slow to import
        if name.isdigit() and (fields := stat_fields(int(name))):
            children.setdefault(int(fields[PARENT]), []).append(int(name))
    found: list[int] = []
    to_visit = [root]
    while to_visit:
        here = children.get(to_visit.pop(), [])
        found += here
        to_visit += here
    return found


def stat_fields(pid: int) -> list[str] | None:
    """Return /proc/PID/stat from the third field on, None if there is no such process."""
    try:
        text = _read(f"/proc/{pid}/stat")
    except OSError:
        return None
    # The second field is a name in parentheses that may hold anything, ")" and spaces included.
    return text.rpartition(")")[2].split()


def _read(path: str) -> str:
    with open(path, encoding="utf-8", errors="replace") as file:  # noqa: PTH123 - pathlib is slow to import
        return file.read()


def is_orphan_outside(fields: list[str], server: Server) -> bool:
    return int(fields[PARENT]) == os.getpid() and int(fields[GROUP]) != server.pid


def signal_group(server: Server, number: int) -> None:
    """Signal the server's process group in one go, if it still has a member of ours."""
    for pid in descendants(os.getpid()):
        fields = stat_fields(pid)
        if fields and int(fields[GROUP]) == server.pid:
            with contextlib.suppress(OSError):
                os.killpg(server.pid, number)
            return


def send(pid: int, number: int) -> None:
    with contextlib.suppress(OSError):
        os.kill(pid, number)


def prctl(option: int, value: int) -> None:
    if _libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def report(message: dict[str, object]) -> None:
    with contextlib.suppress(OSError):  # nobody reads any more: the next wait will say so
        os.write(REPORTS, json.dumps(message).encode() + b"\n")


def describe(error: OSError) -> str:
    about = f": {error.filename!r}" if error.filename else ""
    return f"{error.strerror}{about}"


if __name__ == "__main__":
    main()
