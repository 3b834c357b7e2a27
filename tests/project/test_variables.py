"""What an app finds in its environment, and what is said about what it cannot find there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timetrial.model.errors import BadInput
from timetrial.project.app_options import AppOptions
from timetrial.project.variables import (
    commands_of,
    read_env_file,
    replaced_variables,
    variables_of,
    with_folders,
)
from timetrial.stacks.services.client import Access
from timetrial.stacks.services.running import values_of

FILE = """
# The shop
export NAME="the shop"   # with a comment
URL='http://shop.example/{id}'
EMPTY=
FULL=${URL}?shop=${EMPTY:-none}${HOME}
MULTI="one
two"
"""


def filled(app_options: AppOptions, **values: str) -> dict[str, str]:
    return {name: text.format_map(values) for name, text in variables_of(app_options).items()}


def env_file(folder: Path, text: str) -> Path:
    file = folder / "shop.env"
    file.write_text(text, encoding="utf-8")
    return file


def test_an_env_file_is_read_as_dotenv_does(tmp_path: Path) -> None:
    assert read_env_file(env_file(tmp_path, FILE)) == {
        "NAME": "the shop",
        "URL": "http://shop.example/{id}",
        "EMPTY": "",
        "FULL": "http://shop.example/{id}?shop=",
        "MULTI": "one\ntwo",
    }


def test_a_name_without_a_value_stays_unset(tmp_path: Path) -> None:
    file = env_file(tmp_path, "DB_NAME\nexport DB_USER\nTAKEN=1\nTAKEN\nEMPTY=\nURL=a${DB_NAME}b\n")
    assert read_env_file(file) == {"EMPTY": "", "URL": "ab"}


def test_a_line_that_is_none_is_named_by_its_number_alone(tmp_path: Path) -> None:
    file = env_file(tmp_path, "A=1\n\nwhat s3cret 'is this\nB=2\n")
    with pytest.raises(BadInput, match=r"--env-file '.*shop.env', line 3: no NAME=VALUE$"):
        read_env_file(file)


def test_an_env_file_that_is_gone_or_no_text_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"cannot read --env-file '.*gone': No such file"):
        read_env_file(tmp_path / "gone")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadInput, match="it is not UTF-8"):
        read_env_file(tmp_path / "binary")


@given(st.text(alphabet=st.characters(blacklist_characters="\0", blacklist_categories=["Cs"])))
def test_every_value_arrives_as_it_was_given(value: str) -> None:
    if not re.search(r"\{[a-z][a-z0-9_]*\}", value):
        assert filled(AppOptions(env={"A": value})) == {"A": value}


def test_services_come_in_the_usual_variables_and_in_those_that_name_them() -> None:
    app_options = AppOptions(
        services=("postgres", "redis", "upstream"),
        env={"CACHE": "{redis_url}?db={1}"},
    )
    values = {"postgres_url": "p", "redis_url": "r", "upstream_url": "u", "upstream_ca": "c"}
    assert filled(app_options, **values) == {
        "DATABASE_URL": "p",
        "REDIS_URL": "r",
        "UPSTREAM_URL": "u",
        "UPSTREAM_CA": "c",
        "CACHE": "r?db={1}",
    }


def test_a_service_comes_before_the_env_file_and_the_command_line_before_both(
    tmp_path: Path,
) -> None:
    file = env_file(tmp_path, "DATABASE_URL=production\nREDIS_URL=production\n")
    app_options = AppOptions(
        env_file=file, services=("postgres", "redis"), env={"REDIS_URL": "mine"}
    )
    assert filled(app_options, postgres_url="p") == {"DATABASE_URL": "p", "REDIS_URL": "mine"}
    assert replaced_variables(app_options) == ("DATABASE_URL",)


def test_a_service_that_is_named_must_be_started() -> None:
    app_options = AppOptions(env={"CACHE": "{fake_database_url}"})
    with pytest.raises(
        BadInput, match=r"--env CACHE names {fake_database_url}, .* --service fake-d"
    ):
        variables_of(app_options)


def test_settings_in_parts_have_placeholders_of_their_own() -> None:
    names = ("host", "port", "user", "password", "db")
    env = {f"POSTGRES_{name.upper()}": f"{{postgres_{name}}}" for name in names}
    found = variables_of(AppOptions(services=("postgres",), env=env))
    values = values_of("postgres", Access("postgresql://me:a%40b@db.test/shop"))
    filled_in = {name: found[name].format_map(values) for name in env}
    assert list(filled_in.values()) == ["db.test", "5432", "me", "a@b", "shop"]


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("{postgres_hots}", r"names {postgres_hots}; did you mean {postgres_host}\?"),
        ("{id}", r"names {id}; known are {data}, {postgres_ca}, .* \(write {{id}} for the text"),
        ("{redis_port}", "which needs --service redis"),
    ],
)
def test_an_unknown_placeholder_of_a_variable_is_refused(value: str, problem: str) -> None:
    with pytest.raises(BadInput, match=problem):
        variables_of(AppOptions(services=("postgres",), env={"A": value}))
    assert filled(AppOptions(env={"A": f"{{{value}}}"})) == {"A": value}


def test_setup_commands_are_split_as_a_shell_would() -> None:
    app_options = AppOptions(
        setup=("python -c 'print({1: 2})'", "{python} manage.py load {data}/x")
    )
    assert commands_of(app_options) == (
        ("python", "-c", "print({{1: 2}})"),
        ("{python}", "manage.py", "load", "{data}/x"),
    )


@pytest.mark.parametrize(
    ("command", "problem"),
    [
        ("a && b", "'&&' is for a shell, and none runs here; give --setup once for each command"),
        ("a 'b", "no closing quotation"),
        ("  ", "--setup names no command"),
    ],
)
def test_what_only_a_shell_can_do_is_refused(command: str, problem: str) -> None:
    with pytest.raises(BadInput, match=problem):
        commands_of(AppOptions(setup=(command,)))


def test_folders_come_before_those_that_the_user_has_on_the_path(tmp_path: Path) -> None:
    env = with_folders({"PYTHONPATH": "/mine"}, [tmp_path / "{odd}"])
    assert env["PYTHONPATH"].format_map({}) == f"{tmp_path}/{{odd}}:/mine"
    assert with_folders({}, []) == {}


@pytest.mark.parametrize("command", ["tool {unknown}", "tool --url={postgres_urll}"])
def test_a_setup_command_with_an_unknown_name_is_refused(command: str) -> None:
    options = AppOptions("shop:app", setup=(command,), services=("postgres",))
    with pytest.raises(BadInput, match=r"^--setup names \{"):
        commands_of(options)


def test_a_setup_command_may_name_its_own_text() -> None:
    (command,) = commands_of(AppOptions("shop:app", setup=("tool {{unknown}} {python} '{}'",)))
    words = [word.format_map({"python": "py"}) for word in command]
    assert words == ["tool", "{unknown}", "py", "{}"]
