"""What is wrong with a suite, a catalog, an app or a port is said before anything starts."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from command_line import complaint, write

SUITE = """
name = "mine"
title = "Mine"
app = "raw"
servers = ["waitress"]
rounds = 1
[[benchmarks]]
workload = "hello"
connections = 4
window_ms = 50
lead_in_ms = 10
windows = 2
"""
SERVER = """
name = "own"
title = "Own"
interface = "wsgi"
packages = []
command = ["{bin}/python", "-m", "http.server"]
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


def changed(folder: Path, old: str, new: str) -> str:
    """Return the complaint about a suite with one change."""
    assert old in SUITE
    write(folder, {"mine.toml": SUITE.replace(old, new)})
    return complaint("run", "mine.toml", folder=folder)


def with_own_app(folder: Path, **code: str) -> str:
    """Return the complaint about a run of a user's own app under a user's own server."""
    own = {
        "servers/own.toml": SERVER,
        "apps/shop/app.toml": APP,
        "suites/mine.toml": SUITE.replace("raw", "shop").replace("waitress", "own"),
        **{f"apps/shop/{module}.py": text for module, text in code.items()},
    }
    write(folder / "own", own)
    return complaint("run", "mine", "--catalog", "own", folder=folder)


def test_a_suite_that_does_not_exist_leaves_no_store(tmp_path: Path) -> None:
    said = complaint("run", "baseline", folder=tmp_path)
    assert said == "there is no suite called 'baseline'; did you mean 'baselines'?"
    assert list(tmp_path.iterdir()) == []


def test_a_suite_file_that_does_not_exist(tmp_path: Path) -> None:
    said = complaint("run", "nowhere/mine.toml", folder=tmp_path)
    assert said == "nowhere/mine.toml: cannot be read: No such file or directory"


def test_a_server_that_is_not_in_the_suite(tmp_path: Path) -> None:
    said = complaint("run", "baselines", "--servers", "waitress,granian", folder=tmp_path)
    assert said == (
        "there is no stack in suite 'baselines' called 'granian'; "
        "did you mean 'granian-wsgi' or 'granian-rsgi' or 'granian-asgi'?"
    )


def test_no_server_at_all(tmp_path: Path) -> None:
    said = complaint("run", "baselines", "--servers", ",", folder=tmp_path)
    assert said.startswith("--servers names none; suite 'baselines' has bjoern, cheroot,")


def test_a_benchmark_that_is_not_in_the_suite(tmp_path: Path) -> None:
    said = complaint("run", "django-workers", "--benchmarks", "sync/jsn", folder=tmp_path)
    assert "benchmark" in said
    assert "'sync/jsn'; did you" in said


def test_no_benchmark_at_all(tmp_path: Path) -> None:
    said = complaint("run", "pipelining", "--benchmarks", " , ", folder=tmp_path)
    expected = (
        "--benchmarks names none; suite 'pipelining' has depth-1, depth-5, depth-16, echo-depth-5"
    )
    assert said == expected


def test_a_server_that_takes_no_part_in_the_benchmarks_that_were_asked_for(tmp_path: Path) -> None:
    arguments = ("--benchmarks", "async/json", "--servers", "gunicorn-gevent")
    said = complaint("run", "django-workers", *arguments, folder=tmp_path)
    assert said == (
        "'gunicorn-gevent' takes part in none of the benchmarks that --benchmarks names: "
        "'async/json'"
    )


def test_a_suite_that_is_no_toml_is_told_line_and_column(tmp_path: Path) -> None:
    said = changed(tmp_path, 'title = "Mine"', 'title = "Mine')
    assert said.startswith("mine.toml: is not TOML: ")
    assert "at line 3, column 14" in said


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("connections = 4", "connections = 0", "0 is not allowed; it must be 1 or more"),
        (
            "connections = 4",
            'connections = "4"',
            "'4' is a text; it must be a whole number",
        ),
        ("windows = 2", "windows = 3", "3 is not allowed; it must be a multiple of 2"),
        ("window_ms = 50", "window_ms = -50", "-50 is not allowed; it must be 1 or more"),
    ],
)
def test_a_value_in_a_suite_that_cannot_be(
    old: str, new: str, expected: str, tmp_path: Path
) -> None:
    key = old.partition(" ")[0]
    assert changed(tmp_path, old, new) == f"mine.toml: benchmarks[0].{key}: {expected}"


DUET = 'windows = 2\nmode = "duet"'


@pytest.mark.parametrize(
    ("servers", "reason"),
    [
        ('"waitress"', "a duet takes two stacks or more, there is only 'waitress'"),
        (
            '"waitress", "cheroot"',
            (
                "'waitress' and 'cheroot' run on waitress and cheroot, and stacks so unlike do "
                "not share the same cores evenly when both are loaded at once; leave out "
                "mode = 'duet', and they take turns"
            ),
        ),
    ],
)
def test_a_duet_of_stacks_that_may_not_meet(servers: str, reason: str, tmp_path: Path) -> None:
    text = SUITE.replace('"waitress"', servers).replace("windows = 2", DUET)
    write(tmp_path, {"mine.toml": text})
    said = complaint("run", "mine.toml", folder=tmp_path)
    assert said == f"mine.toml: benchmarks[0].mode: {reason}"


def test_a_duet_by_a_tool_that_loads_one_stack_at_a_time(tmp_path: Path) -> None:
    text = SUITE.replace("windows = 2", DUET).replace("window_ms = 50", "window_ms = 1000")
    twins = '[[stacks]]\nserver = "waitress"\nname = "twin"\n[[benchmarks]]'
    write(tmp_path, {"mine.toml": text.replace("[[benchmarks]]", twins)})
    said = complaint("run", "mine.toml", "--driver", "k6", folder=tmp_path)
    assert said == (
        "benchmark 'hello' of suite 'mine': k6 loads one stack at a time, a duet two: "
        "leave it to the engine"
    )


def test_a_duet_in_whole_trials(tmp_path: Path) -> None:
    text = 'duration_s = 2\nmode = "duet"'
    write(tmp_path, {"mine.toml": SUITE.replace("windows = 2", text).replace("window_ms = 50", "")})
    said = complaint("run", "mine.toml", folder=tmp_path)
    assert (
        said
        == "mine.toml: benchmarks[0]: has mode 'duet' and duration_s: a duet is driven in windows"
    )


def test_a_key_in_a_suite_that_is_not_known(tmp_path: Path) -> None:
    said = changed(tmp_path, "rounds", "round")
    assert said == "mine.toml: round: 'round' is no known key; did you mean 'rounds'?"


def test_a_server_in_a_suite_that_does_not_exist(tmp_path: Path) -> None:
    said = changed(tmp_path, '"waitress"', '"waitres"')
    expected = "there is no server called 'waitres'; did you mean 'waitress'?"
    assert said == f"mine.toml: servers[0]: {expected}"


def test_a_key_in_a_manifest_of_the_users_that_is_not_known(tmp_path: Path) -> None:
    write(tmp_path, {"own/servers/own.toml": SERVER.replace("keep_alive", "keepalive")})
    said = complaint("list", "servers", "--catalog", "own", folder=tmp_path)
    expected = "'keepalive' is no known key; did you mean 'keep_alive'?"
    assert said == f"own/servers/own.toml: keepalive: {expected}"


def test_a_catalog_that_is_not_there_or_empty(tmp_path: Path) -> None:
    said = complaint("run", "--catalog", "own", folder=tmp_path)
    assert said == "run: invalid value for '--catalog': Directory 'own' does not exist"
    (tmp_path / "own").mkdir()
    said = complaint("run", "--catalog", "own", folder=tmp_path)
    assert said == (
        "the catalog folder 'own' has no servers/*.toml, apps/*/app.toml, suites/*.toml, "
        "services/*.toml"
    )


def test_an_app_that_raises_when_it_is_imported(tmp_path: Path) -> None:
    said = with_own_app(tmp_path, shop="import settings", settings="raise OSError('no secret')")
    assert said == "app 'shop' does not import: 'shop:app' raises OSError: no secret"


def test_an_app_whose_module_is_missing(tmp_path: Path) -> None:
    said = with_own_app(tmp_path, store="app = print")
    assert said.startswith("app 'shop' ")
    assert "ModuleNotFoundError" in said


def test_an_app_that_is_not_in_its_module(tmp_path: Path) -> None:
    said = with_own_app(tmp_path, shop="application = print")
    assert said.startswith("app 'shop' ")
    assert "AttributeError" in said


def test_a_port_that_is_taken_is_named_with_who_listens(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        arguments = ("baselines", "--servers", "waitress", "--port", str(port))
        said = complaint("run", *arguments, folder=tmp_path)
    assert said.startswith(f"port {port} is taken by another process (pid ")
    assert list(tmp_path.iterdir()) == []


def test_more_ports_than_there_are(tmp_path: Path) -> None:
    said = complaint("run", "baselines", "--port", "65530", folder=tmp_path)
    assert said == "39 ports from 65530 on go beyond 65535"


def test_rounds_that_cannot_be(tmp_path: Path) -> None:
    said = complaint("run", "--rounds", "0", folder=tmp_path)
    assert "'--rounds': 0 " in said
    assert said.endswith(" 1<=x<=1000")


def test_a_control_that_is_no_stack_of_the_suite(tmp_path: Path) -> None:
    write(tmp_path, {"mine.toml": 'control = "waitres"\n' + SUITE})
    said = complaint("run", "mine.toml", folder=tmp_path)
    assert said.startswith("mine.toml: control: ")
    assert said.endswith(" 'waitress'?")


def test_a_control_of_too_few_rounds(tmp_path: Path) -> None:
    said = complaint("run", "--control", "--rounds", "2", folder=tmp_path)
    assert said == (
        "a control vouches for verdicts, which take 3 rounds; suite 'quick' is to have 2"
    )
