"""A file that a race uploads, in place of other requests."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

from timetrial.model import BadInput
from timetrial.verbs.options.options import CommandLine, Options, Written
from timetrial.verbs.options.upload_file import UPLOAD_FIELD


class UploadOptions(Options):
    """The file, and how it is sent to `--path` again and again."""

    section = "Upload"

    upload: Annotated[
        Path | None,
        Written.FILE,
        Field(description="Race a POST of this file to --path, with --allow-writes"),
        CommandLine(),
    ] = None
    multipart: Annotated[
        str | None,
        Field(description="Send it as a file of a form, in this field"),
        CommandLine(metavar="NAME"),
    ] = None

    @model_validator(mode="after")
    def _check_upload(self) -> Self:
        if self.multipart is None:
            return self
        if self.upload is None:
            raise BadInput("--multipart is for --upload FILE")
        if UPLOAD_FIELD.fullmatch(self.multipart) is None:
            raise BadInput(f"--multipart {self.multipart!r} is no name of a field in one line")
        return self
