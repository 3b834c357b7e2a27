"""An app that does not import is told why, by the user's own lines of the traceback."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from user_projects import ASGI, WSGI, find, user_environment, write

from evidence import numbers_in
from timetrial.model.errors import AppImportError
from timetrial.project import import_probe


def refused(folder: Path, **app_options: Any) -> AppImportError:  # noqa: ANN401 - of each field its own
    with pytest.raises(AppImportError) as caught:
        find(folder, "shop:app", **app_options)
    return caught.value


def test_the_traceback_is_shortened_to_the_users_frames(tmp_path: Path) -> None:
    files = {
        "shop.py": "import prices\napp = print\n",
        "prices.py": "import json\n\nPRICES = json.loads('{')\n",
    }
    error = refused(write(tmp_path, files))
    assert "json.decoder.JSONDecodeError: " in str(error)
    assert str(error).endswith("(prices.py, line 3)")
    first, imports, second, loads = error.detail.splitlines()[:4]
    assert first.startswith('File "shop.py", line')
    assert second.startswith('File "prices.py", line')
    assert [numbers_in(frame)[-1] for frame in (first, second)] == [1, 3]
    assert (imports.strip(), loads.strip()) == ("import prices", "PRICES = json.loads('{')")
    assert "decoder.py" not in error.detail
    assert len(error.detail.splitlines()) == 5


def test_a_folder_that_is_reached_by_a_link_is_the_users_too(tmp_path: Path) -> None:
    write(tmp_path / "real", {"shop.py": "raise ValueError('no')\n"})
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert str(refused(tmp_path / "link")).endswith("(shop.py, line 1)")


def test_a_syntax_error_is_shown_with_its_line(tmp_path: Path) -> None:
    error = refused(write(tmp_path, {"shop.py": "app = print\ndef broken(:\n"}))
    assert "SyntaxError: invalid syntax" in str(error)
    assert "def broken(:" in error.detail
    assert "line 2" in error.detail


def test_a_project_that_asks_for_its_own_version_is_told_to_be_installed(tmp_path: Path) -> None:
    code = "from importlib.metadata import version\nVERSION = version('shop')\napp = print\n"
    error = refused(write(tmp_path, {"shop.py": code}))
    assert "metadata of the package 'shop' (shop.py, line 2), which is not installed" in str(error)
    assert str(error).endswith("`pip install -e .`, and name that with --python.")


def test_a_module_that_is_not_installed_is_named_with_the_python_that_lacks_it(
    tmp_path: Path,
) -> None:
    error = refused(write(tmp_path, {"shop.py": "import flask_shop\napp = print\n"}))
    assert "'shop:app' does not import: it needs the module 'flask_shop' (shop.py, line 1)" in str(
        error
    )
    assert "It runs on a bare CPython" in str(error)
    assert str(error).endswith("Name another one with --python.")


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("from json import soft_loads", "ImportError: cannot import name 'soft_loads'"),
        ("import json\njson.Mapping", "AttributeError: module 'json' has no attribute 'Mapping'"),
        ("dict(1, 2)", "TypeError: dict expected at most 1 argument, got 2"),
        ("def connect(async): ...", "SyntaxError: invalid syntax"),
        ("import no_such_imp", "it needs the module 'no_such_imp'"),
        ("import lazy\nlazy.bool", "AttributeError: module 'lazy' has no attribute 'bool'"),
    ],
)
def test_an_error_in_the_code_of_a_package_names_its_version(
    tmp_path: Path, code: str, told: str
) -> None:
    error = refused(with_old_package(tmp_path, code), env={"PYTHONPATH": str(tmp_path / SITE)})
    assert told in str(error)
    assert "(shop.py, line 1, inside Old-Shop 0.9)" in str(error)
    assert "--python" in str(error)


def test_what_a_package_raises_for_what_it_was_given_is_no_fault_of_its_version(
    tmp_path: Path,
) -> None:
    folder = with_old_package(tmp_path, "raise ImportError('no such backend')")
    error = refused(folder, env={"PYTHONPATH": str(tmp_path / SITE)})
    assert str(error).endswith("raises ImportError: no such backend (shop.py, line 1)")


SITE = "lib/site-packages"
LAZY = """
def __getattr__(name):
    raise AttributeError(f"module 'lazy' has no attribute {name!r}")
"""


def with_old_package(folder: Path, code: str) -> Path:
    files = {
        "shop.py": "import oldshop\napp = print\n",
        f"{SITE}/oldshop.py": code,
        f"{SITE}/lazy.py": LAZY,
        f"{SITE}/Old_Shop-0.9.dist-info/METADATA": (
            "Metadata-Version: 2.1\nName: Old-Shop\nVersion: 0.9\n"
        ),
        f"{SITE}/Old_Shop-0.9.dist-info/RECORD": "oldshop.py,,\n",
    }
    return write(folder, files)


def test_a_missing_variable_offers_the_options_that_set_it(tmp_path: Path) -> None:
    code = "import os\n\nURL = os.environ['SHOP_URL']\napp = print\n"
    error = refused(write(tmp_path, {"shop.py": code}))
    assert str(error) == (
        "'shop:app' needs the environment variable SHOP_URL (shop.py, line 3): "
        "give it with --env SHOP_URL=VALUE or --env-file FILE"
    )
    write(tmp_path, {".env": "SHOP_URL=http://shop.example\n", "shop.py": code + WSGI})
    assert str(refused(tmp_path)).endswith(f"--env-file {tmp_path / '.env'}")
    found = find(tmp_path, "shop:app", env_file=tmp_path / ".env")
    assert found.env["SHOP_URL"] == "http://shop.example"


def test_a_missing_variable_is_also_seen_behind_another_error(tmp_path: Path) -> None:
    code = (
        "import os\n"
        "try:\n  os.environ['SHOP_KEY']\n"
        "except KeyError as error:\n  raise RuntimeError('no configuration') from error\n"
    )
    assert "variable SHOP_KEY" in str(refused(write(tmp_path, {"shop.py": code})))


def test_settings_of_pydantic_are_variables_too(tmp_path: Path) -> None:
    code = """
    from pydantic_settings import BaseSettings

    class Settings(BaseSettings):
        shop_url: str
        shop_key: str

    settings = Settings()
    """
    environment = user_environment("pydantic-settings")
    error = refused(write(tmp_path, {"shop.py": code}), python=str(environment.python))
    assert "variables SHOP_URL, SHOP_KEY" in str(error)


def test_what_an_app_prints_does_not_hide_what_it_is(tmp_path: Path) -> None:
    code = f"import sys\nprint('{{\"problem\": 1}}')\nprint('loud', file=sys.stderr)\n{WSGI}"
    assert dict(find(write(tmp_path, {"shop.py": code}), "shop:app").targets) == {
        "wsgi": "shop:app"
    }


def test_threads_that_an_app_starts_do_not_hold_it_up(tmp_path: Path) -> None:
    code = f"import threading, time\nthreading.Thread(target=time.sleep, args=[50]).start()\n{ASGI}"
    assert dict(find(write(tmp_path, {"shop.py": code}), "shop:app").targets) == {
        "asgi": "shop:app"
    }


def test_arguments_are_not_an_apps_to_read(tmp_path: Path) -> None:
    code = f"import argparse\nargparse.ArgumentParser().parse_args()\n{WSGI}"
    assert find(write(tmp_path, {"shop.py": code}), "shop:app").targets


def test_an_app_that_exits_is_told_so(tmp_path: Path) -> None:
    error = refused(write(tmp_path, {"shop.py": "import sys\nsys.exit('no licence')\n"}))
    assert str(error).endswith(": no licence (shop.py, line 2)")
    assert "SystemExit" in str(error)
    error = refused(
        write(tmp_path, {"shop.py": "import os\nprint('bye', flush=True)\nos._exit(3)"})
    )
    assert str(error) == (
        "the process that imported 'shop:app' ended with exit code 3 before that was done"
    )
    assert error.detail == "bye"


@pytest.mark.parametrize("stream", ["stderr", "stdout"])
def test_the_last_words_of_an_app_that_exits_are_shown(tmp_path: Path, stream: str) -> None:
    code = f"""
    import os, sys
    for number in range(30):
        print("looking at setting", number, file=sys.{stream})
    print("no licence for", os.environ["SHOP_TOKEN"], file=sys.{stream})
    sys.exit(1)
    """
    error = refused(write(tmp_path, {"shop.py": code}), env={"SHOP_TOKEN": "t0ps3cret-t0ken"})
    assert str(error).endswith("raises SystemExit: 1 (shop.py, line 6)")
    lines = error.detail.splitlines()
    said = lines[lines.index("Before that it wrote:") + 1 :]
    assert said[0] == "looking at setting 21"
    assert said[-1] == "no licence for ***"
    assert len(said) == 10


def test_what_an_app_writes_before_another_error_is_left_out(tmp_path: Path) -> None:
    code = "import sys\nprint('noise', file=sys.stderr)\nraise ValueError('no')\n"
    assert "noise" not in refused(write(tmp_path, {"shop.py": code})).detail


def test_an_import_that_takes_too_long_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_probe, "IMPORT_TIMEOUT_S", 1.0)
    write(tmp_path, {"shop.py": "import time\ntime.sleep(60)\n"})
    message = "importing 'shop:app' takes more than 1 s: --start-timeout gives it longer; if it st"
    with pytest.raises(AppImportError, match=message):
        find(tmp_path, "shop:app", start_timeout_s=1.0)


def test_a_factory_that_raises_is_shown_by_its_own_lines(tmp_path: Path) -> None:
    code = "def create_app():\n    raise ValueError('not today')\n"
    with pytest.raises(AppImportError, match=r"not today.*shop\.py, line 2"):
        find(write(tmp_path, {"shop.py": code}), "shop:create_app", factory=True)


def test_secrets_stay_out_of_what_is_shown(tmp_path: Path) -> None:
    code = (
        "import os\n"
        "raise ValueError(os.environ['SHOP_TOKEN'] + ' at ' + os.environ['DATABASE_URL'])\n"
    )
    env = {"SHOP_TOKEN": "t0ps3cret-t0ken", "DATABASE_URL": "postgresql://me:pa55word@db/shop"}
    error = refused(write(tmp_path, {"shop.py": code}), env=env)
    assert "*** at postgresql://me:***@db/shop" in str(error)
    assert "t0ps3cret" not in error.detail
    assert "pa55word" not in error.detail
