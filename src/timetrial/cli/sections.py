"""The help of a verb, with its options under headings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import click

WIDEST = 30
"""The widest option that its text stands beside; of a wider one it stands below."""
_OTHERS = "Options"

_Rows = list[tuple[str, str]]


class SectionedOption(click.Option):
    """An option that stands under a heading, or under none, if there is no section.

    Its bounds are told to those who break them.
    """

    def __init__(self, *args: Any, section: str | None = _OTHERS, **attributes: Any) -> None:  # noqa: ANN401 - click's own
        super().__init__(*args, **{**attributes, "hidden": section is None})
        self.section = section or _OTHERS

    def get_help_extra(self, ctx: click.Context) -> Any:  # noqa: ANN401 - its type is not exported
        extra = super().get_help_extra(ctx)
        extra.pop("range", None)
        return extra


class SectionedCommand(click.Command):
    """A command whose help lists its options by their headings, in the order of the record."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        write_sections(formatter, sections_of(self.get_params(ctx), ctx))


class SectionedGroup(click.Group):
    """A group whose help lists its commands by headings."""

    headings: ClassVar[Mapping[str, Sequence[str]]] = {}
    """The names of commands, by their headings."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        found: dict[str, _Rows] = {}
        for heading, names in self.headings.items():
            commands = ((name, self.get_command(ctx, name)) for name in names)
            found[heading] = [
                (name, command.get_short_help_str(formatter.width))
                for name, command in commands
                if command
            ]
        write_sections(formatter, found)


def sections_of(parameters: Sequence[click.Parameter], ctx: click.Context) -> dict[str, _Rows]:
    """List the options' lines by headings; those without one come last."""
    found: dict[str, _Rows] = {}
    for parameter in parameters:
        row = parameter.get_help_record(ctx) if isinstance(parameter, click.Option) else None
        if row is not None:
            heading = parameter.section if isinstance(parameter, SectionedOption) else _OTHERS
            found.setdefault(heading, []).append(row)
    last = found.pop(_OTHERS, None)
    return found if last is None else {**found, _OTHERS: last}


def write_sections(formatter: click.HelpFormatter, sections: Mapping[str, _Rows]) -> None:
    """Write them with all texts in one column."""
    widths = [len(first) for rows in sections.values() for first, _ in rows]
    column = max((width for width in widths if width <= WIDEST), default=WIDEST)
    for heading, rows in sections.items():
        with formatter.section(heading):
            formatter.write_dl([(first.ljust(column), text) for first, text in rows], WIDEST)
