"""Unix sockets that a load generator connects to."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from timetrial.model import BadInput

_MOST_BYTES = 107
"""Of a path, as the kernel has room for."""


def check_unix_socket(path: Path) -> None:
    """Raise BadInput for what is no socket, or has a path that cannot be connected to."""
    if len(os.fsencode(path)) > _MOST_BYTES:
        raise BadInput(
            f"--unix {str(path)!r} is too long: the path of a socket has {_MOST_BYTES} bytes at "
            "most, and may be a relative one"
        )
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise BadInput(f"--unix {str(path)!r} cannot be reached: {error.strerror}") from error
    if not stat.S_ISSOCK(mode):
        raise BadInput(f"--unix {str(path)!r} is no socket")
