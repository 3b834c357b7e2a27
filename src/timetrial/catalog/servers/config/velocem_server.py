"""velocem, which has no command line of its own."""

from __future__ import annotations

import velocem
from prefork_workers import load_app, read_settings


def main() -> None:
    settings = read_settings()
    velocem.run(load_app(settings.app), host=settings.host, port=settings.port)


if __name__ == "__main__":
    main()
