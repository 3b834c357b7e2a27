"""What `timetrial load` takes of large bodies, in both directions."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

from timetrial.model import BadInput, Upload
from timetrial.verbs.options.options import CommandLine, Options, Written
from timetrial.verbs.options.upload_file import UPLOAD_FIELD, upload_of

MOST_BYTES = 1_000_000_000
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")
_OF_UPLOADS = ("chunked", "expect_continue", "multipart")
Size = Annotated[int, Written.BYTES]


class LoadBodies(Options):
    """A body that is sent in pieces, and what that of the response is compared with."""

    section = "Bodies"

    upload: Annotated[
        Path | None,
        Written.FILE,
        Field(description="Send this file as the body, in pieces; a POST"),
        CommandLine(),
    ] = None
    upload_bytes: Annotated[
        Size | None,
        Field(ge=1, le=MOST_BYTES, description="Send a generated body of this size: 1MB; a POST"),
        CommandLine(),
    ] = None
    chunked: Annotated[
        bool, Field(description="Send it in chunks, without its length"), CommandLine()
    ] = False
    expect_continue: Annotated[
        bool, Field(description="Send it after 100 (Continue), or 1 s without"), CommandLine()
    ] = False
    multipart: Annotated[
        str | None,
        Field(description="Send it as a file of a form, in this field"),
        CommandLine(metavar="NAME"),
    ] = None
    expect_length: Annotated[
        Size | None,
        Field(ge=0, description="Expected length of the response's body"),
        CommandLine(),
    ] = None
    expect_digest: Annotated[
        str | None,
        Field(description="Expected SHA-256 of the response's body"),
        CommandLine(metavar="TEXT"),
    ] = None
    decode: Annotated[
        bool,
        Field(description="Accept gzip; length and digest are of what it stands for"),
        CommandLine(),
    ] = False

    @property
    def has_upload(self) -> bool:
        return self.upload is not None or self.upload_bytes is not None

    def body_in_pieces(self) -> Upload | None:
        """Return what is uploaded; None where nothing is. Raises BadInput for an unfit file."""
        field = self.multipart or ""
        if self.upload is not None:
            upload = upload_of(self.upload, "--upload", field)
        elif self.upload_bytes is not None:
            upload = Upload(self.upload_bytes, field=field)
        else:
            return None
        return Upload(
            upload.size, upload.file, self.chunked, waits=self.expect_continue, field=field
        )

    @model_validator(mode="after")
    def _check_bodies(self) -> Self:
        if self.upload is not None and self.upload_bytes is not None:
            raise BadInput("--upload and --upload-bytes exclude each other: a request has one body")
        if not self.has_upload and (given := self.given(*_OF_UPLOADS)) is not None:
            raise BadInput(f"{given} needs --upload FILE or --upload-bytes SIZE")
        if self.multipart is not None and UPLOAD_FIELD.fullmatch(self.multipart) is None:
            raise BadInput(f"--multipart {self.multipart!r} is no name of a field in one line")
        if self.expect_digest is not None and _SHA256.fullmatch(self.expect_digest) is None:
            raise BadInput(
                f"--expect-digest {self.expect_digest!r} is no SHA-256: 64 hexadecimal digits, as "
                "sha256sum prints them"
            )
        return self
