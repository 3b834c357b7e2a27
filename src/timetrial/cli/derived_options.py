"""The command line of a verb, derived from the fields of its options record."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, cast, get_args, get_origin

import click
from click.core import ParameterSource
from pydantic.fields import FieldInfo
from pydantic.types import PathType

from timetrial.cli import parameters
from timetrial.cli.configured import source_of
from timetrial.cli.output import error_line
from timetrial.cli.sections import SectionedCommand, SectionedOption
from timetrial.cli.verbosity import with_verbosity
from timetrial.model import BadInput
from timetrial.verbs.options.common import CatalogOptions, JsonOptions, StoreOptions
from timetrial.verbs.options.options import CommandLine, Options, Written, flags_of, place_of

_Record = TypeVar("_Record", bound=Options)
_Function = TypeVar("_Function", bound=Callable[..., object])


@dataclass(frozen=True, slots=True)
class _Bounds:
    """The bounds of a value, from a field's constraints."""

    least: float | None = None
    most: float | None = None
    is_open: bool = False
    """Whether `least` itself is out of bounds."""


_TYPES: Mapping[Written, click.ParamType[Any]] = {
    Written.DURATION: parameters.Parameter("duration", parameters.read_duration),
    Written.SIZE: parameters.Parameter("size", parameters.read_size),
    Written.BYTES: parameters.Parameter("bytes", parameters.read_bytes),
    Written.CPUS: parameters.Parameter("cpus", parameters.read_cpus),
    Written.RATE: parameters.Parameter("rate", parameters.read_rate),
    Written.STAGE: parameters.Parameter("stage", parameters.read_stage),
    Written.HEADER: parameters.Parameter("header", parameters.read_header),
    Written.METHOD: parameters.Parameter("method", parameters.read_method),
    Written.WEIGHTED_PATH: parameters.Parameter("path", parameters.read_weighted_path),
    Written.PATTERN: parameters.Parameter("regex", parameters.read_pattern),
    Written.VARIABLE: parameters.Parameter("variable", parameters.read_variable),
    Written.FOLDER: click.Path(path_type=Path, file_okay=False),
    Written.FILE: click.Path(path_type=Path, dir_okay=False),
    Written.ANYTHING: click.UNPROCESSED,
}
_PLAIN: Mapping[Any, click.ParamType[Any]] = {
    int: click.INT,
    float: click.FLOAT,
    str: click.STRING,
}
_METAVARS: Mapping[Any, str] = {
    int: "N",
    float: "N",
    str: "TEXT",
    Written.DURATION: "DURATION",
    Written.SIZE: "SIZE",
    Written.BYTES: "SIZE",
    Written.SHARE: "SHARE",
    Written.CPUS: "CPUS",
    Written.RATE: "RATE",
    Written.METHOD: "METHOD",
    Written.PATTERN: "REGEX",
    Written.HEADER: "'NAME: VALUE'",
    Written.FOLDER: "DIR",
    Written.FILE: "FILE",
}
_TEXTS: Mapping[Written, Callable[[float], str]] = {
    Written.DURATION: parameters.duration_text,
    Written.SHARE: parameters.share_text,
}
"""How a default is shown."""


def taking(record: type[_Record]) -> Callable[[Callable[[_Record], int]], Callable[..., int]]:
    """Make a function of a record a function for click, with an option for each field."""

    def decorate(verb: Callable[[_Record], int]) -> Callable[..., int]:
        @functools.wraps(verb)
        def called(**_values: object) -> int:
            return verb(record_of(record, click.get_current_context()))

        return options_in(record)(with_verbosity(called))

    return decorate


def record_of(record: type[_Record], context: click.Context) -> _Record:
    """Build the record from the options that were given; the others have the record's defaults.

    Configured defaults that do not go with what was typed are put aside, and named. Raises BadInput
    for values that exclude each other.
    """
    typed, configured = _given(record, context)
    if not configured:
        return record(**typed)
    aside: dict[str, str] = {}
    for name, value in configured.items():
        try:
            record(**typed, **{name: value})
        except BadInput as error:
            aside[name] = str(error)
        else:
            typed[name] = value
    built = record(**typed)
    for name, reason in aside.items():
        error_line(f"{source_of(context, name)} is not used here: {reason}")
    return built


def _given(
    record: type[Options], context: click.Context
) -> tuple[dict[str, object], dict[str, object]]:
    """Return what was typed, and what comes from variables and files."""
    typed: dict[str, object] = {}
    configured: dict[str, object] = {}
    for name, value in context.params.items():
        source = context.get_parameter_source(name)
        if name not in record.fields_in_order() or source is ParameterSource.DEFAULT:
            continue
        (configured if source is ParameterSource.DEFAULT_MAP else typed)[name] = value
    return typed, configured


def options_in(record: type[Options]) -> Callable[[_Function], _Function]:
    """Add an argument or an option for each field that has a place on the command line."""

    def decorate(function: _Function) -> _Function:
        for parameter in reversed(list(_parameters(record))):
            function = parameter(function)
        return function

    return decorate


def _parameters(record: type[Options]) -> Iterator[Callable[[_Function], _Function]]:
    for name, field in record.fields_in_order().items():
        place = place_of(field)
        if place is not None:
            kind = _bare(_Kind(field.annotation, tuple(field.metadata)))
            if place.is_argument:
                yield _argument(name, field, place, kind)
            else:
                section = None if name in record.hidden else record.section_of(name)
                yield _option(name, field, kind, section)


def _argument(
    name: str, field: FieldInfo, place: CommandLine, kind: _Kind
) -> Callable[[_Function], _Function]:
    return click.argument(
        name,
        type=kind.type(),
        nargs=-1 if kind.is_multiple else 1,
        required=field.is_required(),
        metavar=place.metavar,
        **_default(field.default, is_told=not (field.is_required() or kind.is_multiple)),
    )


def _option(
    name: str, field: FieldInfo, kind: _Kind, section: str | None
) -> Callable[[_Function], _Function]:
    flags = (*flags_of(name, field), name)
    place = place_of(field) or CommandLine()
    option = functools.partial(
        click.option, *flags, cls=SectionedOption, section=section, help=field.description
    )
    if kind.python is bool:
        return option(is_flag=True, default=None if "/" in flags[0] else False)
    shown = place.shows_default
    return option(
        type=kind.type(),
        multiple=kind.is_multiple,
        required=field.is_required(),
        show_default=shown,
        metavar=place.metavar or kind.metavar,
        **_default(kind.default_text(field.default), is_told=shown is True),
    )


def _default(value: object, *, is_told: bool) -> dict[str, Any]:
    """Pass click a default, or none at all: None would be one."""
    return {"default": value} if is_told else {}


@dataclass(frozen=True, slots=True)
class _Kind:
    """The type of one value of a field, from its annotation."""

    python: Any
    """Its type, without None and what surrounds it."""
    metadata: tuple[Any, ...]
    is_multiple: bool = False

    @property
    def written(self) -> Written | None:
        return next((item for item in self.metadata if isinstance(item, Written)), None)

    @property
    def metavar(self) -> str | None:
        """What stands for its value in the help; None: what click would write."""
        return _METAVARS.get(self.written or self.python)

    def bounds(self) -> _Bounds:
        least = self._bound("ge")
        above = self._bound("gt")
        is_open = least is None and above is not None
        return _Bounds(above if is_open else least, self._bound("le"), is_open)

    def _bound(self, name: str) -> float | None:
        bounds = (getattr(item, name, None) for item in self.metadata)
        return next((bound for bound in bounds if bound is not None), None)

    def type(self) -> click.ParamType[Any]:
        bounds = self.bounds()
        if self.written is Written.SHARE:
            smallest, largest = bounds.least or 0.0, bounds.most or 1.0
            read = functools.partial(parameters.read_share, smallest=smallest, largest=largest)
            return parameters.Parameter("share", read)
        if self.written is not None:
            return _TYPES[self.written]
        if get_origin(self.python) is Literal:
            return click.Choice(get_args(self.python))
        if self.python is Path:
            return _path(next((item for item in self.metadata if isinstance(item, PathType)), None))
        if bounds != _Bounds():
            ranged: Any = {int: click.IntRange, float: click.FloatRange}[self.python]
            return cast(
                "click.ParamType[Any]", ranged(bounds.least, bounds.most, min_open=bounds.is_open)
            )
        return _PLAIN[self.python]

    def default_text(self, default: Any) -> object:  # noqa: ANN401 - of the field's type
        """Write a default as it would be typed."""
        text = None if self.written is None else _TEXTS.get(self.written)
        return default if text is None or default is None else text(default)


def _bare(kind: _Kind) -> _Kind:
    """Remove None, Annotated, and a tuple of values that are given one by one."""
    origin, arguments = get_origin(kind.python), get_args(kind.python)
    if origin in {Union, UnionType}:
        (inner,) = (argument for argument in arguments if argument is not NoneType)
        return _bare(dataclasses.replace(kind, python=inner))
    if origin is Annotated:
        metadata = (*kind.metadata, *_flat(arguments[1:]))
        return _bare(dataclasses.replace(kind, python=arguments[0], metadata=metadata))
    if origin is tuple and kind.written is None:
        return _bare(dataclasses.replace(kind, python=arguments[0], is_multiple=True))
    return kind


def _flat(metadata: tuple[Any, ...]) -> Iterator[Any]:
    for item in metadata:
        yield from item.metadata if isinstance(item, FieldInfo) else (item,)


def _path(kind: PathType | None) -> click.ParamType[Any]:
    if kind is None:
        return click.Path(path_type=Path)
    return click.Path(
        path_type=Path,
        exists=True,
        file_okay=kind.path_type != "dir",
        dir_okay=kind.path_type != "file",
    )


CATALOG = options_in(CatalogOptions)
STORE = options_in(StoreOptions)
JSON = options_in(JsonOptions)


_VERSIONS = "--versions"


class VersionedCommand(SectionedCommand):
    """A verb whose `--versions` takes several words: `--versions granian==2.8.5 granian==2.8.7`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, spread(args))


def spread(args: Sequence[str]) -> list[str]:
    """Put `--versions` before each further word that is a package in one version."""
    words: list[str] = []
    follows = False
    for index, word in enumerate(args):
        if word == "--":
            return [*words, *args[index:]]
        is_value = index > 0 and args[index - 1] == _VERSIONS
        if follows and not is_value and "==" in word and not word.startswith("-"):
            words.append(_VERSIONS)
        elif not is_value:
            follows = word == _VERSIONS or word.startswith(f"{_VERSIONS}=")
        words.append(word)
    return words
