"""An app is set up and imported before any server starts, and a launch leaves nothing open."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from timetrial.catalog import App, Setting, load_catalog
from timetrial.model.errors import AppImportError, StackFailed
from timetrial.model.suite import Stack
from timetrial.model.workload import Expectation, Request
from timetrial.stacks.environment import Environment
from timetrial.stacks.launch import Launch
from timetrial.stacks.launch_builder import PreparedStack, build_launch, prepare_app, stack_packages

CATALOG = load_catalog()
OWN = Environment(Path(sys.executable), Path(sys.executable).parent, (), "CPython")


def app_of(tmp_path: Path, code: str, **changes: object) -> App:
    folder = tmp_path / "app"
    folder.mkdir(exist_ok=True)
    (folder / "shop.py").write_text(code, encoding="utf-8")
    app = App(
        name="shop",
        title="Shop",
        folder=folder,
        packages=("flask",),
        interfaces={"wsgi": "shop:app"},
        env={"SHOP_DATA": "{data}/shop"},
        setup=(),
        workloads={},
    )
    return replace(app, **changes)  # type: ignore[arg-type]  # each test changes another field


def launch_of(app: App, data_dir: Path) -> Launch:
    server = CATALOG.server("gunicorn-gthread").model_copy(
        update={
            "command": ("{bin}/serve", "{host}:{port}", "-w{workers}", "-t{threads}", "{app}"),
            "env": {"CONFIG": "{here}/config", "LITERAL": "{{}}"},
            "threads": Setting(default=4, max=8),
            "folder": Path("/catalog/servers"),
        }
    )
    stack = Stack("shop on gthread", server.name, app.name, "wsgi", workers=2, threads=6)
    environment = replace(OWN, bin=Path("/env/bin"))
    return build_launch(
        PreparedStack(stack, server, app, environment, data_dir),
        port=8000,
        cpus=(0,),
        log=data_dir / "log",
        probe=Request("/", Expectation()),
    )


def test_an_app_that_imports_is_fine(tmp_path: Path) -> None:
    prepare_app(app_of(tmp_path, "def app(environ, start_response): ..."), OWN, tmp_path / "data")


def test_setup_runs_in_the_apps_folder_with_the_apps_environment(tmp_path: Path) -> None:
    code = "import os; open('{data}/said', 'w').write(os.getcwd() + ' ' + os.environ['SHOP_DATA'])"
    app = app_of(tmp_path, "app = print", setup=(("{python}", "-c", code),))
    prepare_app(app, OWN, tmp_path / "data")
    said = (tmp_path / "data" / "said").read_text()
    assert said == f"{app.folder} {tmp_path / 'data'}/shop"


def test_a_setup_command_that_fails_fails_the_install(tmp_path: Path) -> None:
    app = app_of(tmp_path, "app = print", setup=(("{python}", "-c", "raise KeyError('why')"),))
    with pytest.raises(StackFailed, match=r"setup command .* 'shop'") as caught:
        prepare_app(app, OWN, tmp_path)
    assert caught.value.phase == "install"
    assert caught.value.log_tail.endswith("KeyError: 'why'")


def test_the_password_of_a_services_url_stays_out_of_all_that_is_said(tmp_path: Path) -> None:
    url = "postgresql://shop:pa55w0rd@db.example/items"
    fails = "import os; raise SystemExit('no pa55w0rd for ' + os.environ['DATABASE_URL'])"
    command = ("{python}", "-c", f"{fails} # {url}")
    app = app_of(tmp_path, fails, setup=(command,), env={"DATABASE_URL": url})
    with pytest.raises(StackFailed) as caught:
        prepare_app(app, OWN, tmp_path)
    assert "pa55w0rd" not in caught.value.reason + caught.value.log_tail
    assert "no ***" in caught.value.log_tail
    assert "# postgresql://shop:***@db.example/items" in caught.value.reason
    assert caught.value.log_tail.endswith(" postgresql://shop:***@db.example/items")
    with pytest.raises(AppImportError, match=r"for postgresql://shop:\*\*\*@db"):
        prepare_app(replace(app, setup=()), OWN, tmp_path)


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("import foo", "raises ModuleNotFoundError: No module named 'foo'"),
        ("application = 1", "raises AttributeError: module 'shop' has no attribute 'app'"),
        ("app =", "raises SyntaxError: invalid syntax"),
        ("app = 'text'", "is a str, which cannot be called"),
        ("raise ValueError('one\\ntwo')", "raises ValueError: one two"),
        ("raise SystemExit(4)", "raises SystemExit: 4"),
        ("import os; os.abort()", "was ended by SIGABRT"),
        ("import os; os._exit(3)", "ended with exit code 3"),
    ],
)
def test_an_app_that_does_not_import_is_told_why_in_one_sentence(
    tmp_path: Path, code: str, problem: str
) -> None:
    with pytest.raises(AppImportError) as caught:
        prepare_app(app_of(tmp_path, code), OWN, tmp_path / "data")
    assert str(caught.value) == f"app 'shop' does not import: 'shop:app' {problem}"


def test_the_reason_that_an_app_writes_before_it_exits_is_kept(tmp_path: Path) -> None:
    code = "import sys; print('no licence', file=sys.stderr); sys.exit(1)"
    with pytest.raises(AppImportError) as caught:
        prepare_app(app_of(tmp_path, code), OWN, tmp_path / "data")
    assert caught.value.detail == "no licence"


def test_only_the_interfaces_that_are_asked_for_are_imported(tmp_path: Path) -> None:
    interfaces = {"wsgi": "shop:app", "asgi": "gone:app"}
    app = app_of(tmp_path, "app = print", interfaces=interfaces)
    prepare_app(app, OWN, tmp_path / "data", ["wsgi"])
    with pytest.raises(AppImportError, match="'gone:app'"):
        prepare_app(app, OWN, tmp_path / "data")


def test_a_module_of_the_app_is_not_hidden_by_one_of_ours(tmp_path: Path) -> None:
    app = app_of(tmp_path, "app = print", interfaces={"wsgi": "launch:app"})
    (app.folder / "launch.py").write_text("app = print", encoding="utf-8")
    prepare_app(app, OWN, tmp_path / "data")


def test_importing_writes_nothing_into_the_apps_folder(tmp_path: Path) -> None:
    app = app_of(tmp_path, "app = print")
    prepare_app(app, OWN, tmp_path / "data")
    assert [file.name for file in app.folder.iterdir()] == ["shop.py"]


def test_a_launch_has_every_placeholder_filled_in(tmp_path: Path) -> None:
    launch = launch_of(app_of(tmp_path, ""), tmp_path / "data")
    assert launch.command == ("/env/bin/serve", "127.0.0.1:8000", "-w2", "-t6", "shop:app")
    assert launch.env["CONFIG"] == "/catalog/servers/config"
    assert launch.env["LITERAL"] == "{}"
    assert launch.env["SHOP_DATA"] == f"{tmp_path / 'data'}/shop"


def test_a_launch_inherits_nothing_from_the_users_shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GUNICORN_CMD_ARGS", "--workers 9")
    monkeypatch.setenv("WEB_CONCURRENCY", "9")
    launch = launch_of(app_of(tmp_path, ""), tmp_path / "data")
    assert sorted(launch.env) == [
        "CONFIG",
        "HOME",
        "LANG",
        "LITERAL",
        "PATH",
        "PYTHONDONTWRITEBYTECODE",
        "PYTHONPATH",
        "PYTHONUNBUFFERED",
        "SHOP_DATA",
    ]
    assert launch.env["PATH"].split(os.pathsep)[0] == "/env/bin"


def test_a_launch_runs_in_the_apps_folder_where_its_modules_are_found(tmp_path: Path) -> None:
    app = app_of(tmp_path, "")
    launch = launch_of(app, tmp_path / "data")
    assert launch.cwd == app.folder
    assert launch.env["PYTHONPATH"] == str(app.folder)


def test_the_packages_of_a_stack_are_those_of_its_server_and_its_app() -> None:
    packages = stack_packages(CATALOG.server("gunicorn-uvicorn"), CATALOG.app("starlette"))
    assert packages == ("gunicorn", "httptools", "starlette", "uvicorn", "uvicorn-worker", "uvloop")
