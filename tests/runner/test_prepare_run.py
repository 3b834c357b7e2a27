"""What has to be there before a run: environments and apps, or what is said about them."""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from timetrial.catalog import build_suite, load_catalog, read_suite
from timetrial.model.errors import AppFailed, AppImportError, BadInput
from timetrial.model.events import EnvironmentBuilding, Event
from timetrial.runner.prepare import Prepared, prepare
from timetrial.stacks.environment import Environments

SERVER = """
name = "own"
title = "Own"
interface = "wsgi"
packages = []
command = ["{bin}/python", "-m", "nothing"]
keep_alive = true
shares_port = false
workers = { default = 1, max = 1 }
threads = { default = 1, max = 1 }
"""
APP = """
name = "shop"
title = "Shop"
interfaces = { wsgi = "shop:app" }
[workloads.hello]
path = "/"
"""
SUITE = """
name = "mine"
title = "Mine"
app = "shop"
stacks = [{ server = "own", name = "a" }, { server = "own", name = "b" }]
rounds = 1
[[benchmarks]]
workload = "hello"
connections = 1
window_ms = 50
lead_in_ms = 0
windows = 2
"""
GOOD = "def app(environ, start_response): ..."


def prepared(  # noqa: PLR0913 - all but what a test is about have defaults
    folder: Path,
    *,
    app: str = APP,
    code: str = GOOD,
    python: Path | None = None,
    suite_text: str = SUITE,
    more: Mapping[str, str] | None = None,
) -> tuple[Prepared, list[Event]]:
    for name, text in {
        **(more or {}),
        "servers/own.toml": SERVER,
        "apps/shop/app.toml": app,
        "apps/shop/shop.py": code,
        "suites/mine.toml": suite_text,
    }.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    catalog = load_catalog(folder)
    suite = build_suite(read_suite(folder / "suites/mine.toml"), catalog)
    environments = Environments(folder / "cache", python)
    events: list[Event] = []
    return prepare(suite, catalog, environments, folder / "work", events.append), events


def test_every_stack_gets_its_environment_and_says_what_is_in_it(tmp_path: Path) -> None:
    found, events = prepared(tmp_path)
    assert not found.not_installed
    assert list(found.stacks) == ["a", "b"]
    assert events == [EnvironmentBuilding("a", 1, 2)]  # the other one has the same packages
    facts = found.stacks["a"].facts()
    assert (facts.stack, facts.packages) == ("a", ())
    assert facts.python.startswith("CPython 3.")


def test_what_the_cache_has_is_not_said_to_be_installed(tmp_path: Path) -> None:
    prepared(tmp_path)
    found, events = prepared(tmp_path)
    assert list(found.stacks) == ["a", "b"]
    assert events == []


def test_an_environment_that_cannot_be_made_is_its_stacks_failure(tmp_path: Path) -> None:
    found, _ = prepared(tmp_path, python=tmp_path / "no-python")
    assert not found.stacks
    assert list(found.not_installed) == ["a", "b"]
    failed = found.not_installed["a"]
    assert failed.phase == "install"
    assert f"'{tmp_path}/no-python'" in failed.reason
    assert "code 127" in failed.reason
    assert os.strerror(errno.ENOENT) in failed.log_tail


def test_an_app_that_does_not_import_ends_it(tmp_path: Path) -> None:
    with pytest.raises(AppImportError, match="'shop:app' raises ModuleNotFoundError: No module"):
        prepared(tmp_path, code="import no_such_module")


def test_an_app_that_cannot_be_set_up_ends_it_and_says_why(tmp_path: Path) -> None:
    setup = 'setup = [["{python}", "-c", "raise SystemExit(\'no database\')"]]\n[workloads.hello]'
    with pytest.raises(BadInput) as error:
        prepared(tmp_path, app=APP.replace("[workloads.hello]", setup))
    assert str(error.value) == (
        "the setup command \"{python} -c raise SystemExit('no database')\" of app 'shop' ended "
        "with exit code 1: no database"
    )


def test_a_setup_command_that_fails_shows_its_last_ten_lines(tmp_path: Path) -> None:
    code = "print(*range(20), sep=chr(10)); raise SystemExit(3)"
    setup = f'setup = [["{{python}}", "-c", "{code}"]]\n[workloads.hello]'
    with pytest.raises(AppFailed, match=r"exit code 3: 19$") as error:
        prepared(tmp_path, app=APP.replace("[workloads.hello]", setup))
    assert error.value.detail.split() == [str(number) for number in range(10, 20)]


PROGRAM = """
name = "itself"
title = "A program that must be built"
setup = [["{python}", "-c", "raise SystemExit('no compiler')"]]
[program]
command = ["{data}/itself"]
keep_alive = true
shares_port = false
workers = { default = 1, max = 1 }
threads = { default = 1, max = 1 }
[workloads.hello]
path = "/"
"""


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        (PROGRAM, "ended with exit code 1"),
        (
            PROGRAM.replace("[workloads", 'python = ["3.99"]\n[workloads').replace("setup", "#"),
            "it needs CPython 3.99, and none is installed here",
        ),
    ],
)
def test_one_app_of_several_that_cannot_be_made_is_missing_alone(
    program: str, reason: str, tmp_path: Path
) -> None:
    with_program = SUITE.replace('name = "b" }', 'name = "b" }, { app = "itself" }')
    found, _ = prepared(tmp_path, suite_text=with_program, more={"apps/itself/app.toml": program})
    assert sorted(found.stacks) == ["a", "b"]
    (failed,) = found.not_installed.values()
    assert failed.phase == "install"
    assert reason in failed.reason
