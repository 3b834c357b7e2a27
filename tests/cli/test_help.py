"""What `--help` shows: every option in one line, and the same signs for the same things."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import click
import pytest

from timetrial.cli.main import VERBS, verbs
from timetrial.cli.race import race
from timetrial.model import BadInput

WIDTH = 100
KINDS = {
    "N", "DURATION", "RATE", "SHARE", "SIZE", "CPUS", "TEXT", "REGEX", "METHOD", "STATUS",
    "NAME", "NAMES", "METRIC", "LIMITS", "COMMAND", "NAME=VALUE", "'NAME: VALUE'",
    "FILE", "DIR", "URL", "FILE|URL", "RUN", "RUN|FILE", "REVISION", "PATH|VERSION",
    "PACKAGE==VERSION", "PACKAGE==VERSION…", "PATH", "[WEIGHT:]PATH", "RATE[-RATE]@DURATION", "IP",
    "HOST",
}  # fmt: skip
"""What may stand for a value."""


def commands() -> Iterator[tuple[str, click.Command, click.Context]]:
    """Yield all verbs, with those below `runs`."""
    with verbs.make_context("timetrial", ["list"], resilient_parsing=True) as top:
        for name in VERBS:
            command = verbs.get_command(top, name)
            assert command is not None
            below = command.commands if isinstance(command, click.Group) else {name: command}
            for each, own in below.items():
                yield each, own, click.Context(own, parent=top, info_name=each)


def options() -> Iterator[tuple[str, click.Option, click.Context]]:
    for name, command, context in commands():
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                yield name, parameter, context


@pytest.mark.parametrize("name", VERBS)
def test_every_option_takes_one_line(name: str) -> None:
    for verb, command, context in commands():
        if verb != name:
            continue
        formatter = click.HelpFormatter(width=WIDTH)
        command.format_options(context, formatter)
        lines = formatter.getvalue().splitlines()
        broken = [line for line in lines if line.startswith("    ") and "-" not in line[:6]]
        assert not broken


def test_one_option_has_one_sign_and_one_short_form_in_all_verbs() -> None:
    signs: defaultdict[str, set[str | None]] = defaultdict(set)
    short: defaultdict[str, set[str]] = defaultdict(set)
    for _, option, context in options():
        long = max(option.opts, key=len)
        if not option.is_flag:
            sign = option.make_metavar(context)
            signs[long].add(sign)
            assert sign in KINDS or isinstance(option.type, click.Choice), (long, sign)
        for flag in option.opts:
            if not flag.startswith("--"):
                short[flag].add(long)
    # How many requests `load` sends, and what a gate counts of them: neither has another good name.
    assert signs.pop("--count") == {"N", "[instructions|auto]"}
    assert {long: found for long, found in signs.items() if len(found) > 1} == {}
    assert {flag: found for flag, found in short.items() if len(found) > 1} == {}


def test_one_default_holds_for_connections_but_where_many_threads_are_tried() -> None:
    defaults = {
        option.default
        for verb, option, _ in options()
        if "--connections" in option.opts and verb != "tune"
    }
    assert defaults == {16}


def test_every_verb_stands_under_one_heading() -> None:
    listed = [name for names in verbs.headings.values() for name in names]
    assert sorted(listed) == sorted(VERBS)


def test_a_gate_takes_what_a_race_takes_but_servers_and_revisions() -> None:
    of_gate = {o.name for verb, o, _ in options() if verb == "gate" and not o.hidden}
    of_race = {parameter.name for parameter in race.params if isinstance(parameter, click.Option)}
    assert of_race - of_gate == {"servers", "revisions"}


@pytest.mark.parametrize("former", ["calibrate", "export", "import"])
def test_a_former_verb_says_what_it_is_called_now(former: str) -> None:
    with (
        verbs.make_context("timetrial", [former], resilient_parsing=True) as top,
        pytest.raises(BadInput, match=f"^'{former}' is called '.*' now$"),
    ):
        verbs.resolve_command(top, [former])
