"""The effective configuration differs from the command line: figures belong to the former."""

from __future__ import annotations

from collections.abc import Iterator

from timetrial.analysis.checks.cell_context import CellContext
from timetrial.analysis.checks.thresholds import CONFIGURATION
from timetrial.model import DeclaredConfig, Finding, InsideView, Severity, StackConfiguration


def find(context: CellContext) -> Finding | None:
    configuration = context.configuration
    if configuration is None:
        return None
    severe = list(_severe(configuration))
    differences = [*severe, *_minor(configuration)]
    if not differences:
        return None
    severity: Severity = "doubtful" if severe else "note"
    return context.finding(
        CONFIGURATION.name, severity, f"{'; '.join(differences)}: it is measured as it runs."
    )


def _severe(configuration: StackConfiguration) -> Iterator[str]:
    """List differences that make it another stack."""
    declared, inside = configuration.declared, configuration.inside
    if inside is None:
        return
    if configuration.workers != declared.workers:
        yield f"{declared.workers} workers were asked for, {configuration.workers} answered"
    yield from _wrong_parts(declared, inside)


def _wrong_parts(declared: DeclaredConfig, inside: InsideView) -> Iterator[str]:
    loop = inside.event_loop
    # A WSGI app may be called in a thread outside the loop, where the loop cannot be observed.
    if declared.event_loop and loop and loop.partition(".")[0] != declared.event_loop:
        yield f"the event loop {declared.event_loop} was asked for, the app runs on {loop}"
    parser = inside.http_parser
    if declared.http_parser and parser and not parser.startswith(declared.http_parser):
        yield f"the HTTP parser {declared.http_parser} was asked for, {parser} is at work"


def _minor(configuration: StackConfiguration) -> Iterator[str]:
    declared, listening = configuration.declared, configuration.listening
    backlog = listening.backlog if listening else None
    if declared.backlog and backlog is not None and backlog != declared.backlog:
        yield f"a listen queue of {declared.backlog} was asked for, the kernel holds to {backlog}"
    keep_alive = configuration.keep_alive
    if keep_alive and keep_alive.answered and keep_alive.kept != declared.keep_alive:
        yield (
            "connections were to be kept open, each ended after a response"
            if declared.keep_alive
            else "connections were to end after each response, they are kept open"
        )
