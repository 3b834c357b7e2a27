"""bjoern, forked: one process has one thread."""

from __future__ import annotations

import bjoern
from prefork_workers import become_worker, listen, load_app, read_settings


def main() -> None:
    settings = read_settings()
    listener = listen(settings.host, settings.port)
    if become_worker(settings.workers):
        bjoern.server_run(listener, load_app(settings.app))


if __name__ == "__main__":
    main()
