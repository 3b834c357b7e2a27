"""Several daphnes on one inherited listening socket: each is the program itself, with --fd."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from prefork_workers import become_worker, listen, read_settings

HTTP_TIMEOUT_S = 120


def main() -> None:
    settings = read_settings()
    listener = listen(settings.host, settings.port)
    if become_worker(settings.workers):
        listener.set_inheritable(True)
        daphne = str(Path(sys.executable).with_name("daphne"))
        descriptor, timeout = str(listener.fileno()), str(HTTP_TIMEOUT_S)
        options = ["--fd", descriptor, "--verbosity", "0", "--http-timeout", timeout]
        os.execv(daphne, [daphne, *options, settings.app])  # noqa: S606 - becoming daphne is the point


if __name__ == "__main__":
    main()
