"""The options of an app become a wish."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from user_projects import CATALOG, WSGI, find, write

from timetrial.cli.derived_options import taking
from timetrial.model import Request, Stack
from timetrial.model.errors import BadInput
from timetrial.project.app_options import AppOptions
from timetrial.project.pythons import active_environment, uv_environment
from timetrial.project.requests.mix import Mix
from timetrial.project.requests.workload import workload_of
from timetrial.stacks.environment import Environment
from timetrial.stacks.launch_builder import PreparedStack, build_launch
from timetrial.verbs.options.project import ProjectOptions
from timetrial.verbs.projects import app_options_of


def wish_from(*arguments: str) -> AppOptions:
    wishes: list[AppOptions] = []

    @click.command()
    @taking(ProjectOptions)
    def verb(options: ProjectOptions) -> int:
        wishes.append(app_options_of(options))
        return 0

    result = CliRunner().invoke(verb, arguments, catch_exceptions=False, standalone_mode=False)
    assert result.exit_code == 0, result.output
    return wishes[0]


def test_without_options_it_is_the_app_in_this_folder() -> None:
    assert wish_from() == AppOptions(".")


def test_every_option_is_heard(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("A=1")
    assert wish_from(
        *("shop:create_app", "--factory", "--python", "3.13", "--folder", str(tmp_path)),
        *("--env-file", str(file), "--env", "B=2=3", "--env", "C="),
        *("--setup", "one", "--setup", "two 2", "--service", "redis", "--service", "postgres"),
        *("--start-timeout", "2m"),
    ) == AppOptions(
        app="shop:create_app",
        python="3.13",
        folder=tmp_path,
        factory=True,
        env_file=file,
        env={"B": "2=3", "C": ""},
        setup=("one", "two 2"),
        services=("redis", "postgres"),
        start_timeout_s=120.0,
    )


def test_servers_may_take_as_long_as_the_option_allows(tmp_path: Path) -> None:
    project = find(write(tmp_path, {"shop.py": WSGI}), "shop:app", start_timeout_s=90.0)
    workload = workload_of(Mix((Request("/"),), name="/"), project.targets)
    app, server = project.app(workload), CATALOG.server("waitress")
    stack = Stack("waitress", "waitress", app.name, "wsgi", 1, 1)
    environment = Environment(project.python, project.python.parent, (), "CPython 3.11.7")
    launch = build_launch(
        PreparedStack(stack, server, app, environment, tmp_path),
        port=1, cpus=(0,), log=tmp_path / "log", probe=Request("/"),
    )  # fmt: skip
    assert launch.start_timeout_s == 90.0


def test_a_variable_that_is_none_is_refused_without_showing_it() -> None:
    with pytest.raises(click.BadParameter, match="a variable reads NAME=VALUE") as caught:
        wish_from("--env", "s3cret")
    assert "s3cret" not in caught.value.format_message()


def test_a_variable_that_is_given_twice_is_refused() -> None:
    with pytest.raises(BadInput, match="--env A is given twice"):
        wish_from("--env", "A=1", "--env", "A=2")


def test_the_active_environment_is_that_of_the_shell() -> None:
    assert active_environment({"VIRTUAL_ENV": "/shop/.venv"}) == Path("/shop/.venv")
    assert active_environment({}) is None
    assert uv_environment({"UV_PROJECT_ENVIRONMENT": "linux"}) == "linux"
    assert not uv_environment({})
