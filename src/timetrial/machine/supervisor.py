"""Start one server, supervise it, and end all of its processes.

A separate program, run as `python -I -S supervisor.py PARENT_PID`: it imports nothing slow, and
nothing of timetrial. It adopts every descendant of the server that loses its parent
(PR_SET_CHILD_SUBREAPER, man 2 prctl), so that forks, daemons and new sessions do not escape.

Orders come as JSON lines on standard input, reports leave as JSON lines on standard output:

    order   {"command": […], "env": {…}, "cwd": "…", "cpus": […]}     first, once; "output": "…",
            "fixed_addresses": true
    report  {"pid": 12, "started_ns": 34, "fixed_addresses": false}
            or    {"failed": "…"}, and the supervisor ends
    report  {"exit_code": 3}                                          when the main process ends
    order   {"grace_s": 5.0}                                          stop it
    report  {"stopped": "TERM", "exit_code": 0, "left": []}           and the supervisor ends

When standard input or the parent ends, all remaining processes are killed at once. The output of
the server goes to the supervisor's standard error; if that is a file, its middle is given back to
the disk as it grows, and its length stays what was written. Its standard output goes to the file
`output`, if the order names one.
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
ADDR_NO_RANDOMIZE = 0x0040000
ASK_PERSONALITY = 0xFFFFFFFF
KILL_WITHIN_S = 5.0
"""Longest wait for the end of killed processes: one may hang inside the kernel."""
LOOK_AGAIN_S = 0.05
"""Pause between looks at a stopping server: a subreaper gets no signal for an adopted process."""
LOOK_AT_LOG_S = 0.25
LOG_HEAD_BYTES = LOG_TAIL_BYTES = 2**20
"""What is kept of a log."""
LOG_CUT_BYTES = 2**20
"""The least that is cut out at once."""
LOG_BLOCK_BYTES = 4096
FALLOC_FL_KEEP_SIZE, FALLOC_FL_PUNCH_HOLE = 1, 2
LOG_NOTICE = b"\n[timetrial: what follows was cut out, up to the last part of the log]\n"

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
        about = f": {error.filename!r}" if error.filename else ""
        report({"failed": f"{error.strerror}{about}"})
        return
    try:
        keep(server, watch)
    finally:
        kill_all(server)


def keep(server: Server, watch: Watch) -> None:
    log = Log()
    while not watch.orders:
        watch.wait(LOOK_AT_LOG_S)
        if watch.abandoned:
            return
        server.reap()
        log.cut()
    stopped = "TERM" if ask_to_stop(server, watch, watch.orders.pop(0)["grace_s"]) else "KILL"
    left = kill_all(server)
    report({"stopped": stopped, "exit_code": server.exit_code, "left": left})


def ask_to_stop(server: Server, watch: Watch, grace_s: float) -> bool:
    """Send SIGTERM to the group and to orphans outside it; return whether all ended in time."""
    deadline = time.monotonic() + grace_s
    signal_group(server, signal.SIGTERM)
    signalled: set[int] = set()
    while server.reap():
        patience_s = deadline - time.monotonic()
        if patience_s <= 0 or watch.abandoned:
            return False
        for pid in descendants(os.getpid()):
            fields = stat_fields(pid)
            is_orphan = fields and int(fields[PARENT]) == os.getpid()
            if fields and is_orphan and int(fields[GROUP]) != server.pid and pid not in signalled:
                signalled.add(pid)
                send(pid, signal.SIGTERM)
        watch.wait(min(patience_s, LOOK_AGAIN_S))
    return True


def kill_all(server: Server) -> list[int]:
    """Kill every descendant, including new ones; return the pids of those that remain."""
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
    """The main process of a server, and its descendants."""

    def __init__(self, job: dict[str, Any]) -> None:
        self.exit_code: int | None = None
        prctl(PR_SET_CHILD_SUBREAPER, 1)
        fixed = job.pop("fixed_addresses", False) and fix_addresses()
        started_ns = time.monotonic_ns()
        self.pid = spawn(**job)
        report({"pid": self.pid, "started_ns": started_ns, "fixed_addresses": fixed})

    def reap(self) -> bool:
        """Collect the children that ended; return whether others are left."""
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


class Log:
    """The file that the server writes to. Its middle is cut out: the disk may not become full."""

    def __init__(self) -> None:
        self._kept_from = LOG_HEAD_BYTES + LOG_BLOCK_BYTES
        """Where what was cut out ends, up to now."""
        self._is_cut = False

    def cut(self) -> None:
        size = os.fstat(SERVER_OUTPUT).st_size
        end = (size - LOG_TAIL_BYTES) // LOG_BLOCK_BYTES * LOG_BLOCK_BYTES
        length = end - self._kept_from
        if length < LOG_CUT_BYTES:
            return
        # A file system that has no holes keeps all.
        _libc.fallocate(
            SERVER_OUTPUT,
            FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE,
            ctypes.c_int64(self._kept_from),
            ctypes.c_int64(length),
        )
        self._kept_from = end
        if not self._is_cut:
            self._is_cut = True
            with contextlib.suppress(
                OSError
            ):  # opened for appending, it can be written there alone
                again = os.open(f"/proc/self/fd/{SERVER_OUTPUT}", os.O_WRONLY)
                os.pwrite(again, LOG_NOTICE, LOG_HEAD_BYTES)
                os.close(again)


class Watch:
    """Waits for orders, for the end of the parent and for the end of a child."""

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


def spawn(
    command: list[str], env: dict[str, str], cwd: str, cpus: list[int], output: str = ""
) -> int:
    """Start a command in its own session. Raises OSError, with the reason."""
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
            if os.getppid() != supervisor:  # it ended before prctl took effect
                os._exit(127)
            # The server would inherit the signals that the supervisor, Python or a shell ignores.
            for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
                signal.signal(number, signal.SIG_DFL)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            about = output
            os.dup2(os.open(output, os.O_WRONLY | os.O_APPEND) if output else SERVER_OUTPUT, 1)
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
    by_parent = None if HAS_CHILDREN_FILES else _children_by_parent()
    found: list[int] = []
    to_visit = [root]
    while to_visit:
        pid = to_visit.pop()
        children = _children(pid) if by_parent is None else by_parent.get(pid, [])
        found += children
        to_visit += children
    return found


def _children(pid: int) -> list[int]:
    found: list[int] = []
    with contextlib.suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208 - pathlib is slow to import
            found += map(int, _read(f"/proc/{pid}/task/{thread}/children").split())
    return found


def _children_by_parent() -> dict[int, list[int]]:
    """Read every process, for a kernel without CONFIG_PROC_CHILDREN."""
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):  # noqa: PTH208 - pathlib is slow to import
        if name.isdigit() and (fields := stat_fields(int(name))):
            children.setdefault(int(fields[PARENT]), []).append(int(name))
    return children


def stat_fields(pid: int) -> list[str] | None:
    """Return /proc/PID/stat from the third field on; None without such a process."""
    try:
        text = _read(f"/proc/{pid}/stat")
    except OSError:
        return None
    # The second field is a name in parentheses, which may contain ")" and spaces.
    return text.rpartition(")")[2].split()


def _read(path: str) -> str:
    with open(path, encoding="utf-8", errors="replace") as file:  # noqa: PTH123 - pathlib is slow to import
        return file.read()


def signal_group(server: Server, number: int) -> None:
    """Signal the server's process group at once, if one of its members is a descendant."""
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


def fix_addresses() -> bool:
    """Have the kernel not randomize the addresses of programs from now on (man 2 personality).

    Returns whether it does that: some containers forbid it.
    """
    before = _libc.personality(ctypes.c_ulong(ASK_PERSONALITY))
    if before < 0 or _libc.personality(ctypes.c_ulong(before | ADDR_NO_RANDOMIZE)) < 0:
        return False
    return bool(_libc.personality(ctypes.c_ulong(ASK_PERSONALITY)) & ADDR_NO_RANDOMIZE)


def report(message: dict[str, object]) -> None:
    with contextlib.suppress(OSError):  # the parent ended: the next wait notices it
        os.write(REPORTS, json.dumps(message).encode() + b"\n")


if __name__ == "__main__":
    main()
