"""What a manifest that breaks its schema is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from timetrial.catalog import read_app, read_server, read_suite
from timetrial.model.errors import ManifestError

SERVER = """
name = "mine"
title = "Mine"
interface = "wsgi"
packages = ["gunicorn"]
command = ["{bin}/gunicorn", "--bind", "{host}:{port}", "--workers", "{workers}", "{app}"]
keep_alive = true
shares_port = false
workers = { default = 2, max = 8 }
threads = { default = 1, max = 1 }
"""

APP = """
name = "shop"
title = "Shop"
interfaces = { wsgi = "shop:app" }
[workloads."sync/list"]
path = "/list"
expect = { status = 200, body = "ok" }
"""

SUITE = """
name = "mine"
title = "Mine"
app = "raw"
servers = ["uvicorn"]
rounds = 3
[[benchmarks]]
workload = "hello"
connections = 8
window_ms = 150
lead_in_ms = 50
windows = 4
[[benchmarks]]
workload = "wait_50ms"
connections = 8
window_ms = 150
lead_in_ms = 50
windows = 4
"""


def write(tmp_path: Path, kind: str, text: str) -> Path:
    file = tmp_path / {"app": "apps/shop/app.toml"}.get(kind, f"{kind}s/mine.toml")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def error_of(tmp_path: Path, kind: str, text: str) -> ManifestError:
    read = {"server": read_server, "app": read_app, "suite": read_suite}[kind]
    file = write(tmp_path, kind, text)
    with pytest.raises(ManifestError) as caught:
        read(file)
    assert caught.value.file == file
    assert str(caught.value).startswith(str(file))
    assert "\n" not in str(caught.value)
    return caught.value


def replaced(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new)


def test_the_manifests_that_the_other_tests_break_are_sound(tmp_path: Path) -> None:
    assert read_server(write(tmp_path, "server", SERVER)).name == "mine"
    assert read_app(write(tmp_path, "app", APP)).name == "shop"
    assert read_suite(write(tmp_path, "suite", SUITE)).name == "mine"


def test_an_unknown_key_offers_the_nearest_known_one(tmp_path: Path) -> None:
    error = error_of(tmp_path, "server", replaced(SERVER, "interface =", "interfase ="))
    assert error.key == "interfase"
    assert error.problem == "'interfase' is no known key; did you mean 'interface'?"


def test_an_unknown_key_that_is_near_to_none_lists_the_known_ones(tmp_path: Path) -> None:
    error = error_of(tmp_path, "server", replaced(SERVER, "max = 1 ", "max = 1, xyz = 2 "))
    assert error.key == "threads.xyz"
    assert error.problem == "'xyz' is no known key; known are default, max"


def test_an_unknown_key_is_found_inside_lists_of_tables(tmp_path: Path) -> None:
    error = error_of(tmp_path, "suite", SUITE + "window = 3\n")
    assert error.key == "benchmarks[1].window"
    assert "'windows'?" in error.problem


def test_an_unknown_key_is_found_inside_tables_of_tables(tmp_path: Path) -> None:
    error = error_of(tmp_path, "app", replaced(APP, "status", "statsu"))
    assert error.key == 'workloads."sync/list".expect.statsu'
    assert "'status'?" in error.problem


@pytest.mark.parametrize("character", [r"\u001b", r"\u202e", r"\u0007"])
def test_a_name_has_no_control_characters(character: str, tmp_path: Path) -> None:
    for kind, text in (("server", SERVER), ("app", APP), ("suite", SUITE)):
        named = text.replace('\nname = "', f'\nname = "{character}', 1)
        error = error_of(tmp_path, kind, named)
        assert error.key == "name"
        assert error.problem.endswith("must be a name without control characters")


def test_a_missing_key_is_named(tmp_path: Path) -> None:
    error = error_of(tmp_path, "server", replaced(SERVER, ", max = 8", ""))
    assert (error.key, error.problem) == ("workers.max", "this key is missing")


def test_a_value_outside_a_list_of_allowed_ones_shows_the_list(tmp_path: Path) -> None:
    error = error_of(tmp_path, "server", replaced(SERVER, '"wsgi"', '"cgi"'))
    assert error.key == "interface"
    assert error.problem == "'cgi' is not allowed; it must be 'wsgi', 'asgi' or 'rsgi'"


@pytest.mark.parametrize(
    ("table", "key", "problem"),
    [
        (
            'limits]]\nwhat = "a"\nhint = "b"\nat_most = 3',
            "limits[0]",
            "needs both of and at_most, or neither",
        ),
        (
            'limits]]\nwhat = "a"\nhint = "b"\nby_default = 3',
            "limits[0]",
            "has per or by_default without of and at_most",
        ),
        (
            'limits]]\nwhat = "a"\nhint = "b"\nof = "cores"\nat_most = 3',
            "limits[0].of",
            "'cores' is not allowed; it must be 'connections', 'listen_queue', ",
        ),
        ("broken]]\nwhen = 'always'", "broken[0].reason", "this key is missing"),
        ("broken]]\nwhen = 'never'\nreason = 'a'", "broken[0].when", "'never' is not allowed"),
    ],
)
def test_a_limit_or_a_fault_that_says_too_little_is_refused(
    tmp_path: Path, table: str, key: str, problem: str
) -> None:
    error = error_of(tmp_path, "server", f"{SERVER}\n[[{table}\n")
    assert error.key == key
    assert problem in error.problem


def test_a_key_outside_a_list_of_allowed_ones_shows_the_list(tmp_path: Path) -> None:
    error = error_of(tmp_path, "app", replaced(APP, "{ wsgi =", "{ cgi ="))
    assert error.key == "interfaces.cgi"
    assert error.problem.startswith("'cgi' is not")
    assert error.problem.endswith("'asgi' or 'rsgi'")


@pytest.mark.parametrize(
    ("old", "new", "key", "problem"),
    [
        ("rounds = 3", "rounds = '3'", "rounds", "'3' is a text; it must be a whole number"),
        ("rounds = 3", "rounds = 2.5", "rounds", "2.5 is a number; it must be a whole number"),
        ("rounds = 3", "rounds = true", "rounds", "True is true or false; it must be a whole"),
        ('["uvicorn"]', '"uvicorn"', "servers", "'uvicorn' is a text; it must be a list"),
        ('["uvicorn"]', "[7]", "servers[0]", "7 is a whole number; it must be a text"),
        ("rounds = 3", "rounds = 3\nwarm_up = 5", "warm_up", "5 is a whole number; it must be a t"),
    ],
)
def test_a_value_of_the_wrong_type_is_shown_beside_the_right_type(
    tmp_path: Path, old: str, new: str, key: str, problem: str
) -> None:
    error = error_of(tmp_path, "suite", replaced(SUITE, old, new))
    assert error.key == key
    assert error.problem.startswith(problem)


@pytest.mark.parametrize(
    ("old", "new", "key", "problem"),
    [
        ("rounds = 3", "rounds = 0", "rounds", "0 is not allowed; it must be 1 or more"),
        (
            "connections = 8",
            "connections = 0",
            "benchmarks[0].connections",
            "0 is not allowed; it must be 1 or more",
        ),
        (
            "connections = 8",
            "connections = 70000",
            "benchmarks[0].connections",
            "70000 is not allowed; it must be 65535 or less",
        ),
        (
            "windows = 4",
            "windows = 3",
            "benchmarks[0].windows",
            "3 is not allowed; it must be a multiple of 2",
        ),
        (
            "windows = 4",
            "windows = 0",
            "benchmarks[0].windows",
            "0 is not allowed; it must be 2 or more",
        ),
        (
            "windows = 4",
            "windows = 4\ntimeout_s = 0",
            "benchmarks[0].timeout_s",
            "0 is not allowed; it must be more than 0",
        ),
        (
            "lead_in_ms = 50",
            "lead_in_ms = 50\nshare_of_capacity = 1",
            "benchmarks[0].share_of_capacity",
            "1 is not allowed; it must be less than 1",
        ),
    ],
)
def test_a_value_out_of_range_is_shown_beside_the_range(
    tmp_path: Path, old: str, new: str, key: str, problem: str
) -> None:
    error = error_of(tmp_path, "suite", SUITE.replace(old, new, 1))
    assert error.key == key
    assert error.problem == problem


@pytest.mark.parametrize(
    ("control", "problem"),
    [
        ("5", "5 is a whole number; it must be a text or false"),
        ('"a b"', "'a b' must be a name without spaces"),
    ],
)
def test_a_value_of_one_of_two_types_is_told_which_and_at_its_own_key(
    tmp_path: Path, control: str, problem: str
) -> None:
    text = replaced(SUITE, "rounds = 3", f"rounds = 3\ncontrol = {control}")
    error = error_of(tmp_path, "suite", text)
    assert (error.key, error.problem) == ("control", problem)


def test_a_suite_without_benchmarks_is_refused(tmp_path: Path) -> None:
    error = error_of(
        tmp_path, "suite", SUITE.split("[[benchmarks]]", maxsplit=1)[0] + "benchmarks=[]"
    )
    assert (error.key, error.problem) == (
        "benchmarks",
        "[] is not allowed; it must be at least 1 long",
    )


def test_an_unknown_placeholder_in_a_command_offers_the_nearest_known_one(tmp_path: Path) -> None:
    error = error_of(tmp_path, "server", replaced(SERVER, "{port}", "{prot}"))
    assert error.key == "command[2]"
    assert error.problem == (
        "'{host}:{prot}' has the unknown placeholder {prot}; did you mean {port}?"
    )


def test_a_brace_without_its_partner_is_refused(tmp_path: Path) -> None:
    error = error_of(tmp_path, "server", replaced(SERVER, "{app}", "{app"))
    assert error.key == "command[5]"
    assert "has a brace without its partner; write {{ or }} for a brace" in error.problem


@pytest.mark.parametrize("field", ["{app.real}", "{app!r}", "{app:>9}", "{}", "{0}"])
def test_a_placeholder_is_a_plain_name(tmp_path: Path, field: str) -> None:
    error = error_of(tmp_path, "server", replaced(SERVER, "{app}", field))
    assert "unknown placeholder" in error.problem


def test_a_setup_command_may_not_use_what_only_servers_have(tmp_path: Path) -> None:
    error = error_of(tmp_path, "app", 'setup = [["{python}", "{port}"]]\n' + APP)
    assert error.key == "setup[0][1]"
    assert "known are {python}, {bin}, {data}, {cache}" in error.problem


def test_several_workers_need_a_command_that_passes_them_on(tmp_path: Path) -> None:
    error = error_of(tmp_path, "server", replaced(SERVER, '"--workers", "{workers}", ', ""))
    assert error.key == "workers"
    assert error.problem == "has a max above 1, but command and env never say {workers}"


def test_a_default_above_the_max_is_refused(tmp_path: Path) -> None:
    error = error_of(tmp_path, "server", replaced(SERVER, "default = 2", "default = 9"))
    assert (error.key, error.problem) == ("workers", "has the default 9 above its max 8")


def test_an_app_is_named_as_module_and_attribute(tmp_path: Path) -> None:
    error = error_of(tmp_path, "app", replaced(APP, "shop:app", "shop.app"))
    assert error.key == "interfaces.wsgi"
    assert error.problem == "'shop.app' must read 'module:attribute'"


def test_a_path_starts_with_a_slash(tmp_path: Path) -> None:
    error = error_of(tmp_path, "app", replaced(APP, '"/list"', '"list"'))
    assert error.key == 'workloads."sync/list".path.wsgi'
    assert error.problem == "'list' must start with '/'"


def test_a_path_is_a_text_or_a_table(tmp_path: Path) -> None:
    error = error_of(tmp_path, "app", replaced(APP, '"/list"', "7"))
    assert error.key == 'workloads."sync/list".path'
    assert (
        error.problem
        == "7 must be a path, or a table of paths by 'wsgi', 'asgi', 'rsgi', 'program'"
    )


def test_a_workload_needs_a_path_that_its_app_speaks(tmp_path: Path) -> None:
    error = error_of(tmp_path, "app", replaced(APP, '"/list"', '{ asgi = "/list" }'))
    assert error.key == 'workloads."sync/list".path'
    assert error.problem == "has no path for wsgi, which is what the app speaks"


def test_a_body_is_said_once(tmp_path: Path) -> None:
    error = error_of(tmp_path, "app", replaced(APP, 'body = "ok"', 'body = "ok", body_bytes = 2'))
    assert error.key == 'workloads."sync/list".expect'
    assert error.problem == "may have one of body, body_file, body_bytes and body_template, not 2"


def test_a_missing_body_file_is_named(tmp_path: Path) -> None:
    error = error_of(tmp_path, "app", replaced(APP, 'body = "ok"', 'body_file = "gone.txt"'))
    assert error.key == 'workloads."sync/list".expect.body_file'
    assert error.problem == "'gone.txt' cannot be read: No such file or directory"


def test_warm_up_limits_are_in_order(tmp_path: Path) -> None:
    broken = replaced(SUITE, "rounds = 3", "rounds = 3\nwarm_up = { at_most_s = 0.25 }")
    error = error_of(tmp_path, "suite", broken)
    assert (error.key, error.problem) == ("warm_up", "has at_least_s 0.5 above at_most_s 0.25")


@pytest.mark.parametrize("kind", ["server", "app", "suite"])
def test_a_name_equals_the_name_of_its_file(tmp_path: Path, kind: str) -> None:
    text = {"server": SERVER, "app": APP, "suite": SUITE}[kind]
    wanted = "shop" if kind == "app" else "mine"
    error = error_of(tmp_path, kind, replaced(text, f'name = "{wanted}"', 'name = "other"'))
    assert error.key == "name"
    assert error.problem == f"'other' must be '{wanted}', as the file is called"


def test_malformed_toml_has_line_and_column(tmp_path: Path) -> None:
    error = error_of(tmp_path, "server", 'name = "mine"\ntitle: "Mine"\n')
    assert error.key is None
    assert error.problem == (
        "is not TOML: expected '=' after a key in a key/value pair (at line 2, column 6)"
    )


def test_toml_that_ends_too_early_has_line_and_column(tmp_path: Path) -> None:
    error = error_of(tmp_path, "server", 'name = "mine"\npackages = ["a",')
    assert "(at line 2, column 17, the end of the file)" in error.problem


def test_a_file_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    file = write(tmp_path, "server", "")
    file.write_bytes(b'name = "\xff"')
    with pytest.raises(ManifestError, match="is not UTF-8: byte 8 cannot be read"):
        read_server(file)


def test_a_key_by_its_former_name(tmp_path: Path) -> None:
    file = write(tmp_path, "suite", SUITE.replace("[[benchmarks]]", "[[contests]]"))
    with pytest.raises(ManifestError) as caught:
        read_suite(file)
    assert caught.value.problem == ("'contests' is no known key; it is called 'benchmarks' now")
