"""How much a verb prints: `--quiet` and `--verbose`, with one meaning for all verbs."""

from __future__ import annotations

import functools
from collections.abc import Callable
from enum import Enum

import click
from click.core import ParameterSource

from timetrial.cli.output import PROGRESS
from timetrial.cli.sections import SectionedOption
from timetrial.model import BadInput

_KEY = "timetrial.verbosity"
_SECTION = "Files and output"
"""Of the help."""


class Verbosity(Enum):
    """How much is printed; what is written to files and as JSON is always whole."""

    QUIET = "quiet"
    """No progress; of the result the verdict and the table."""
    USUAL = "usual"
    VERBOSE = "verbose"
    """Each trial in the progress."""


_HELP = {
    Verbosity.QUIET: "Print the verdict and the table alone",
    Verbosity.VERBOSE: "Print a line for each trial",
}


def verbosity() -> Verbosity:
    """Return how much the verb that runs is to print."""
    context = click.get_current_context(silent=True)
    kept = Verbosity.USUAL if context is None else context.meta.get(_KEY, Verbosity.USUAL)
    return Verbosity(kept)


def is_quiet() -> bool:
    return verbosity() is Verbosity.QUIET


def is_verbose() -> bool:
    return verbosity() is Verbosity.VERBOSE


def with_verbosity(function: Callable[..., int]) -> Callable[..., int]:
    """Add `--quiet` and `--verbose` to a verb; `verbosity` tells them."""

    @functools.wraps(function)
    def called(*, quiet: bool, verbose: bool, **values: object) -> int:
        context = click.get_current_context()
        context.meta[_KEY] = _chosen(context, quiet=quiet, verbose=verbose)
        # Progress is drawn by a thread of its own, which has no context.
        before, PROGRESS.quiet = PROGRESS.quiet, is_quiet()
        try:
            return function(**values)
        finally:
            PROGRESS.quiet = before

    for each in (Verbosity.VERBOSE, Verbosity.QUIET):
        flags = f"-{each.value[0]}", f"--{each.value}"
        option = click.option(
            *flags, cls=SectionedOption, section=_SECTION, is_flag=True, help=_HELP[each]
        )
        called = option(called)
    return called


def _chosen(context: click.Context, *, quiet: bool, verbose: bool) -> Verbosity:
    """Return what was typed or is configured; raise BadInput for more and less at once."""
    more = [name for name in ("verbose", "details") if context.params.get(name)]
    if quiet and more:
        typed = [name for name in more if _is_typed(context, name)]
        if bool(typed) == _is_typed(context, "quiet"):
            raise BadInput(f"--quiet and --{more[0]} exclude each other")
        quiet = not typed
        verbose = verbose and not quiet
    if quiet:
        return Verbosity.QUIET
    return Verbosity.VERBOSE if verbose else Verbosity.USUAL


def _is_typed(context: click.Context, name: str) -> bool:
    return context.get_parameter_source(name) is ParameterSource.COMMANDLINE
