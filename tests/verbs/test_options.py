"""Records of options are right once they are built, and the command line is made of them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, get_args

import click
import pytest
from click.testing import CliRunner
from pydantic import Field, ValidationError

from timetrial.cli.capacity import CapacityCommand
from timetrial.cli.compare import CompareCommand
from timetrial.cli.derived_options import options_in, record_of, taking
from timetrial.cli.doctor import DoctorCommand
from timetrial.cli.gate import GateCommand
from timetrial.cli.load import LoadCommand
from timetrial.cli.race import RaceCommand
from timetrial.cli.report import ReportCommand
from timetrial.cli.run import RunCommand
from timetrial.cli.tune import TuneCommand
from timetrial.model.errors import BadInput
from timetrial.model.metrics import BY_OPTION
from timetrial.verbs.options.common import MetricName, Seconds, Share
from timetrial.verbs.options.gate import GateOptions
from timetrial.verbs.options.options import CommandLine, Options, Written
from timetrial.verbs.options.race import RaceOptions
from timetrial.verbs.options.run import RunOptions

COMMANDS = [
    CapacityCommand,
    CompareCommand,
    DoctorCommand,
    GateCommand,
    LoadCommand,
    RaceCommand,
    ReportCommand,
    RunCommand,
    TuneCommand,
]


class First(Options):
    app: Annotated[str, CommandLine(is_argument=True)] = "."
    names: Annotated[tuple[str, ...], CommandLine(("-n", "--name"))] = ()


class Second(Options):
    rounds: Annotated[int, Field(ge=1, le=9), CommandLine(shows_default=True)] = 3
    budget: Annotated[Seconds | None, CommandLine(metavar="TIME")] = None
    limit: Annotated[Share, CommandLine(shows_default=True)] = 0.05
    kind: Annotated[Literal["a", "b"], CommandLine(shows_default=True)] = "a"
    control: Annotated[bool | None, CommandLine(("--control/--no-control",))] = None
    inside: int = 7
    """No place on the command line."""


class Both(First, Second):
    quick: Annotated[bool, Field(description="Hurry."), CommandLine()] = False


def built(*arguments: str) -> Both:
    found: list[Both] = []

    @click.command()
    @taking(Both)
    def verb(options: Both) -> int:
        found.append(options)
        return 0

    result = CliRunner().invoke(verb, arguments, standalone_mode=False)
    if result.exception is not None:
        raise result.exception
    return found[0]


def test_what_is_not_given_has_the_records_own_default() -> None:
    assert built() == Both()
    assert built().model_fields_set == set()


def test_what_is_given_is_read_as_its_field_says() -> None:
    read = built(
        *("shop", "-n", "1", "--name", "2", "--rounds", "9", "--budget", "2m", "--limit", "3%"),
        *("--kind", "b", "--no-control", "--quick"),
    )
    assert read == Both(
        app="shop", names=("1", "2"), rounds=9, budget=120.0, limit=0.03, kind="b", control=False,
        quick=True,
    )  # fmt: skip


@pytest.mark.parametrize(
    "arguments",
    [("--rounds", "0"), ("--rounds", "10"), ("--limit", "60%"), ("--kind", "c"), ("--inside", "1")],
)
def test_the_bounds_of_a_field_are_those_of_its_option(arguments: tuple[str, ...]) -> None:
    with pytest.raises(click.UsageError):
        built(*arguments)


def test_help_has_the_bases_as_they_are_listed_and_own_fields_last() -> None:
    names = list(Both.fields_in_order())
    assert names == [
        "app", "names", "rounds", "budget", "limit", "kind", "control", "inside", "quick"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"rounds": 0}, "rounds: 0 is not allowed; it must be 1 or more"),
        ({"rounds": "many"}, "rounds: "),
        ({"round": 1}, "round: 'round' is no known key; did you mean 'rounds'?"),
    ],
)
def test_a_record_of_what_cannot_be_is_refused_in_one_sentence(
    values: dict[str, object], said: str
) -> None:
    with pytest.raises(BadInput) as refused:
        Both(**values)
    assert str(refused.value).startswith(said)


def test_a_record_does_not_change() -> None:
    with pytest.raises(ValidationError):
        Both().rounds = 4  # type: ignore[misc]  # that is what it is about


def test_an_option_is_named_as_it_is_typed() -> None:
    assert Both.flag("names") == "--name"
    assert Both.flag("rounds") == "--rounds"
    assert Both(rounds=4).given("app", "rounds") == "--rounds"
    assert Both().given("app", "rounds") is None


@pytest.mark.parametrize("command", COMMANDS)
def test_a_default_that_help_shows_is_read_as_the_default_that_holds(
    command: type[Options],
) -> None:
    @click.command()
    @options_in(command)
    def verb(**_values: object) -> None:
        pass

    for parameter in verb.params:
        name = parameter.name or ""
        field = command.model_fields[name]
        if isinstance(parameter, click.Option) and parameter.show_default is True:
            context = click.Context(verb)
            shown = parameter.get_default(context)
            assert parameter.type_cast_value(context, shown) == field.default


@pytest.mark.parametrize("command", COMMANDS)
def test_each_option_has_a_sentence_of_help(command: type[Options]) -> None:
    for name, field in command.fields_in_order().items():
        place = next((each for each in field.metadata if isinstance(each, CommandLine)), None)
        if place is not None and not place.is_argument:
            assert field.description, name


def test_options_are_read_without_calling_the_command(tmp_path: Path) -> None:
    from timetrial.cli.race import race  # noqa: PLC0415 - beside the record of the same name

    words = ["app:application", "--folder", str(tmp_path), "--rounds", "7", "--versions", "a==1"]
    with race.make_context("race", words) as context:
        options = record_of(RaceCommand, context)
    assert (options.app, options.folder, options.rounds) == ("app:application", tmp_path, 7)
    assert options.versions == ("a==1",)


def test_click_asks_for_what_has_no_default() -> None:
    class Needed(Options):
        url: Annotated[str, CommandLine(is_argument=True)]
        limit: Annotated[str, CommandLine()]

    @click.command()
    @taking(Needed)
    def verb(options: Needed) -> int:
        raise AssertionError(options)

    for given, missing in (([], "argument 'URL'"), (["x"], "option '--limit'")):
        with pytest.raises(click.MissingParameter) as refused:
            verb.main(given, standalone_mode=False)
        assert f"Missing {missing}" in refused.value.format_message()


def test_metrics_have_the_names_that_the_registry_gives_them() -> None:
    assert get_args(MetricName) == tuple(BY_OPTION)


def test_text_of_its_own_is_one_value_and_no_list() -> None:
    class Pinned(Options):
        cpus: Annotated[tuple[int, ...], Written.CPUS, CommandLine()] = ()

    @click.command()
    @options_in(Pinned)
    def verb(cpus: tuple[int, ...]) -> None:
        assert cpus == (0,)

    assert not verb.params[0].multiple


@pytest.mark.parametrize(
    ("record", "values", "said"),
    [
        (RaceOptions, {"rounds": 3, "budget": 60.0}, "each say when to stop"),
        (RaceOptions, {"paths": ("/",)}, "paths[0]"),
        (RaceOptions, {"lifecycle_repeats": 3}, "--lifecycle-repeats is about"),
        (RaceOptions, {"variables": (("A", "1"), ("A", "2"))}, "--env A is given twice"),
        (RaceOptions, {"excluded": ("x",)}, "--exclude is for --from-access-log FILE"),
        (RunOptions, {"resume": "1", "rounds": 3}, "--resume goes on with the plan of a run"),
        (RunOptions, {"watch": True, "rounds": 3}, "each say when to stop"),
        (RunOptions, {"watch": True, "count": "auto"}, "--count counts when a run has ended"),
        (RaceOptions, {"try_valgrind": True}, "--try-valgrind is about --count"),
        (RunOptions, {"upstream_ca": __file__}, "--upstream-ca is for --upstream URL"),
        (GateOptions, {}, "a gate of runs needs two to compare"),
        (GateOptions, {"candidate": "1"}, "--candidate and --anyway are about --baseline"),
        (GateOptions, {"server": "granian"}, "are about an APP, not about runs"),
        (GateOptions, {"race": RaceOptions(), "old": "a"}, "a race of its own, or stored runs"),
        (GateOptions, {"race": RaceOptions(servers="a")}, "a gate compares two commits"),
    ],
)
def test_what_contradicts_itself_is_refused_when_the_record_is_built(
    record: type[Options], values: dict[str, object], said: str
) -> None:
    with pytest.raises(BadInput) as refused:
        record(**values)
    assert said in str(refused.value)
