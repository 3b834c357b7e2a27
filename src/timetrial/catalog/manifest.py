"""What all schemas of the catalog are made of."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


class Manifest(BaseModel):
    """A TOML table: nothing is converted, nothing unknown is let through."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")


def _word(text: str) -> str:
    if not text or any(character.isspace() for character in text):
        raise ValueError("must be a name without spaces")
    return text


def _path(text: str) -> str:
    if not text.startswith("/"):
        raise ValueError("must start with '/'")
    return text


Word = Annotated[str, AfterValidator(_word)]
UrlPath = Annotated[str, AfterValidator(_path)]
Count = Annotated[int, Field(ge=1)]
Ms = Annotated[float, Field(ge=0)]
