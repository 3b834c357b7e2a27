"""The base of all records of options, and how a field appears on the command line."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, ClassVar, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    ModelWrapValidatorHandler,
    ValidationError,
    model_validator,
)
from pydantic.fields import FieldInfo

from timetrial.catalog.problems import first_problem
from timetrial.model import BadInput


class Written(Enum):
    """How a value is written as text, where its type alone does not say so."""

    DURATION = auto()
    """Seconds: 10, 500ms, 2m."""
    SHARE = auto()
    """Of 1: 3%, 0.03."""
    SIZE = auto()
    """Bytes: 512MiB."""
    BYTES = auto()
    """Of a body: 64KiB, 10MB."""
    CPUS = auto()
    """Numbers: 0-3,6."""
    RATE = auto()
    """A second."""
    STAGE = auto()
    """Of an open load: 100-1000@30s."""
    HEADER = auto()
    """Name: value."""
    METHOD = auto()
    WEIGHTED_PATH = auto()
    """A request: /items, 3:/items."""
    PATTERN = auto()
    """A regular expression."""
    VARIABLE = auto()
    """Of the environment: NAME=VALUE."""
    FOLDER = auto()
    """A path that need not exist, but is no file."""
    FILE = auto()
    """A path that need not exist, but is no folder."""
    ANYTHING = auto()
    """As it was typed, dashes in front included."""


@dataclass(frozen=True, slots=True)
class CommandLine:
    """How a field appears on the command line; a field without this does not.

    Type, default, bounds and help are the field's own. A tuple is an option that may be given more
    than once, unless it is `Written` as one text.
    """

    flags: tuple[str, ...] = ()
    """In place of the field's name behind two dashes; '--a/--no-a' for a pair."""
    metavar: str | None = None
    shows_default: bool | str = False
    """In the help; a text stands for a default that is found when it is needed."""
    is_argument: bool = False


class Options(BaseModel):
    """Options of a verb, or of several verbs; checked when they are built.

    Raises BadInput, with one sentence, for values that are not allowed. The order on the command
    line is that of the bases as they are listed, then of the fields of the record itself.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    section: ClassVar[str] = "Options"
    """The heading, in the help, of the fields that the record itself has."""
    hidden: ClassVar[frozenset[str]] = frozenset()
    """Fields of its bases that the help does not show, since they are only refused."""

    @model_validator(mode="wrap")
    @classmethod
    def _in_one_sentence(cls, given: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:  # noqa: ANN401 - whatever it is built from
        try:
            return handler(given)
        except ValidationError as error:
            location, problem = first_problem(cls, error)
            raise BadInput(f"{location}: {problem}") from error

    @classmethod
    def fields_in_order(cls) -> dict[str, FieldInfo]:
        """List fields as the command line has them; pydantic begins with the last base."""
        names: dict[str, None] = {}
        for base in cls.__bases__:
            if issubclass(base, Options):
                names |= dict.fromkeys(base.fields_in_order())
        names |= dict.fromkeys(
            name for name in inspect.get_annotations(cls) if name != "model_config"
        )
        return {name: cls.model_fields[name] for name in names if name in cls.model_fields}

    @classmethod
    def section_of(cls, name: str) -> str:
        """Return the heading of a field: that of the record which has it first."""
        owners = (each for each in cls.__mro__ if name in inspect.get_annotations(each))
        return next((o.section for o in owners if issubclass(o, Options)), cls.section)

    @classmethod
    def flag(cls, name: str) -> str:
        """Return the field's option as messages name it."""
        return flags_of(name, cls.model_fields[name])[-1]

    def given(self, *names: str) -> str | None:
        """Return the option of the first of these fields that was given, if any was."""
        return next(
            (
                self.flag(name)
                for name in type(self).fields_in_order()
                if name in names and name in self.model_fields_set
            ),
            None,
        )


def place_of(field: FieldInfo) -> CommandLine | None:
    """Return how a field appears on the command line; None where it does not."""
    return next((item for item in field.metadata if isinstance(item, CommandLine)), None)


def flags_of(name: str, field: FieldInfo) -> tuple[str, ...]:
    place = place_of(field)
    return (place.flags if place else ()) or (f"--{name.replace('_', '-')}",)
