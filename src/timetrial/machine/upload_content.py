"""What is uploaded: the bytes of a file, or generated ones."""

from __future__ import annotations

from pathlib import Path

from timetrial._engine import generated_block
from timetrial.model import BadInput, Upload


def file_content(upload: Upload) -> bytes:
    """Read the file of an upload. Raises BadInput if that fails, or it has another size now."""
    try:
        content = Path(upload.file).read_bytes()
    except OSError as error:
        raise BadInput(f"the file to upload, {upload.file}: {error.strerror}") from error
    if len(content) != upload.size:
        raise BadInput(
            f"the file to upload, {upload.file}, has {len(content):,} bytes; it had "
            f"{upload.size:,} when the load was planned"
        )
    return content


def content_of(upload: Upload) -> bytes:
    """Return the bytes of a file, or those that the load engine generates."""
    if upload.file:
        return file_content(upload)
    block = generated_block()
    return (block * (upload.size // len(block) + 1))[: upload.size]
