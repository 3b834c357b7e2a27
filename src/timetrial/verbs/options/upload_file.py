"""A file that is uploaded, as options name it."""

from __future__ import annotations

import re
from pathlib import Path

from timetrial.model import BadInput, Upload

UPLOAD_FIELD = re.compile(r"[^\r\n\0]+")
"""The name of a field of a form."""
MOST_FILE_BYTES = 1_000_000_000


def upload_of(file: Path, flag: str, field: str = "") -> Upload:
    """Look at the file. Raises BadInput if it cannot be read, is empty or is too large."""
    try:
        with file.open("rb") as stream:
            size = stream.seek(0, 2)
    except OSError as error:
        raise BadInput(f"{flag} {file}: {error.strerror}") from error
    if not size:
        raise BadInput(f"{flag} {file} is empty: an upload has a byte at least")
    if size > MOST_FILE_BYTES:
        raise BadInput(f"{flag} {file} has {size:,} bytes; {MOST_FILE_BYTES:,} at most are sent")
    return Upload(size, str(file.absolute()), field=field)
