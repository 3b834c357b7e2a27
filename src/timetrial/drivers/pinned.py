"""Run a command on certain CPUs that ends with its parent.

A separate program, run as `python -I -S pinned.py PARENT_PID CPUS COMMAND…` with CPUs as '0,2' or
''. Before it executes the command it writes one line to standard output: the reading of
CLOCK_MONOTONIC, and its own CPU time so far, both in ns.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time

PR_SET_PDEATHSIG = 1


def main() -> None:
    parent, cpus, *command = sys.argv[1:]
    if cpus:
        os.sched_setaffinity(0, [int(cpu) for cpu in cpus.split(",")])
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, ctypes.c_ulong(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != int(parent):  # it ended before prctl took effect
        return
    # The command would inherit ignored signals.
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_DFL)
    os.write(1, b"%d %d\n" % (time.monotonic_ns(), time.process_time_ns()))
    os.execvp(command[0], command)  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    main()
