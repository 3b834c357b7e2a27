"""The base of all schemas of the catalog: strict tables, and constrained texts and numbers."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from timetrial.model import is_plain


class Manifest(BaseModel):
    """A TOML table, without conversions, and without unknown keys."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")


def text_that(is_valid: Callable[[str], object], problem: str) -> AfterValidator:
    """Make a validator of texts; `problem` ends a sentence that begins with the text."""

    def check(text: str) -> str:
        if not is_valid(text):
            raise ValueError(problem)
        return text

    return AfterValidator(check)


Label = Annotated[str, text_that(is_plain, "must be a name without control characters")]
Word = Annotated[Label, text_that(re.compile(r"\S+").fullmatch, "must be a name without spaces")]
UrlPath = Annotated[str, text_that(re.compile("/").match, "must start with '/'")]
Count = Annotated[int, Field(ge=1)]
Ms = Annotated[float, Field(ge=0)]
