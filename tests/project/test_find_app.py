"""The app is found where projects usually have it, or where the user says."""

from __future__ import annotations

from pathlib import Path

import pytest
from user_projects import ASGI, WSGI, find, write

from timetrial.model.errors import BadInput, UnknownName

MAKES = f"{WSGI}\ndef create_app():\n    return app\n"


@pytest.mark.parametrize(
    ("files", "app", "target"),
    [
        ({"shop.py": WSGI}, "shop:app", "shop:app"),
        ({"shop.py": WSGI}, "shop", "shop:app"),
        ({"shop.py": WSGI}, "shop.py", "shop:app"),
        ({"shop/web.py": WSGI}, "shop.web.app", "shop.web:app"),
        ({"shop/web.py": WSGI}, "shop.web:app", "shop.web:app"),
        ({"shop/web.py": WSGI}, "shop/web.py:app", "shop.web:app"),
        ({"shop.py": f"{WSGI}\nclass web: inner = app"}, "shop:web.inner", "shop:web.inner"),
        ({"main.py": WSGI}, ".", "main:app"),
        ({"main.py": WSGI, "wsgi.py": "from main import app"}, ".", "wsgi:app"),
        ({"main.py": "from web import app", "app.py": "x = 1", "web.py": WSGI}, ".", "main:app"),
        ({"shop/__init__.py": "", "shop/app.py": WSGI}, ".", "shop.app:app"),
        ({"shop/__init__.py": "", "shop/app.py": WSGI}, "shop", "shop.app:app"),
        ({"shop/__init__.py": WSGI}, "shop", "shop:app"),
        ({"src/shop/__init__.py": "", "src/shop/wsgi.py": WSGI}, ".", "shop.wsgi:app"),
        ({"src/shop/__init__.py": "", "src/shop/web.py": WSGI}, "shop.web:app", "shop.web:app"),
        ({"src/main.py": WSGI}, ".", "main:app"),
        ({"main.py": f"{WSGI}\napplication = app"}, ".", "main:application"),
        ({"main.py": WSGI, "tests/app.py": WSGI, "venv/app.py": WSGI}, ".", "main:app"),
        ({"site/main.py": WSGI}, "site", "main:app"),
        ({"main.py": "from shop.web import *", "shop/web.py": WSGI}, ".", "main:app"),
        ({"shop/__init__.py": "from .web import *", "shop/web.py": WSGI}, ".", "shop:app"),
        (
            {
                "shop/__init__.py": "",
                "shop/wsgi.py": "from .core import *",
                "shop/core/__init__.py": "from ..web import *\nfrom ..wsgi import *",
                "shop/web.py": WSGI,
            },
            ".",
            "shop.wsgi:app",
        ),
        ({"books.py": WSGI, "setup.py": "app = print", "more.py": "x = 1"}, ".", "books:app"),
    ],
)
def test_an_app_is_found(tmp_path: Path, files: dict[str, str], app: str, target: str) -> None:
    assert dict(find(write(tmp_path, files), app).targets) == {"wsgi": target}


def test_wsgi_and_asgi_modules_are_one_app_with_two_interfaces(tmp_path: Path) -> None:
    folder = write(tmp_path, {"shop/wsgi.py": WSGI, "shop/asgi.py": ASGI})
    assert dict(find(folder).targets) == {"wsgi": "shop.wsgi:app", "asgi": "shop.asgi:app"}


def test_a_factory_is_called_by_a_module_that_lies_in_the_cache(tmp_path: Path) -> None:
    folder = write(tmp_path, {"shop.py": MAKES})
    project = find(folder, "shop:create_app", factory=True)
    assert dict(project.targets) == {"wsgi": "timetrial_app_factory:app"}
    assert project.factory == "shop:create_app"
    assert project.name == "shop"
    shim = Path(project.env["PYTHONPATH"]) / "timetrial_app_factory.py"
    assert shim.is_file()
    assert not shim.is_relative_to(folder)
    assert [each.name for each in folder.iterdir()] == ["shop.py"]


def test_a_factory_that_takes_arguments_is_not_proposed(tmp_path: Path) -> None:
    code = (
        "def create_app(store):\n    return store\n\ndef get_app(store=print):\n    return store\n"
    )
    with pytest.raises(BadInput, match=r"but 'look.app:get_app' may make one"):
        find(write(tmp_path, {"look/__init__.py": "", "look/app.py": code}))


def test_a_factory_is_found_by_its_usual_names(tmp_path: Path) -> None:
    code = "def create_app():\n    def web(environ, start_response): ...\n    return web\n"
    folder = write(tmp_path, {"shop/__init__.py": code})
    assert find(folder, factory=True).factory == "shop:create_app"
    with pytest.raises(BadInput, match=r"but 'shop:create_app' may make one: name .* --factory"):
        find(folder)


def test_a_name_comes_from_the_module_unless_that_says_nothing(tmp_path: Path) -> None:
    folder = write(tmp_path / "book shop", {"main.py": WSGI, "catalogue.py": WSGI})
    assert find(folder, "catalogue:app").name == "catalogue"
    assert find(folder, "main:app").name == "book-shop"


@pytest.mark.parametrize(
    ("app", "problem"),
    [
        ("shop:ap", "the module 'shop' has no 'ap'; did you mean 'shop:app'"),
        ("shp:app", r"there is no module 'shp' in .* \(modules there: app, main, odd, shop, two\)"),
        ("shop.web:app", "there is no module 'shop.web' in"),
        ("shop.web", "the module 'shop' has no 'web'; did you mean 'shop:app'"),
        ("odd", "the module 'odd' has none of application, app, asgi, wsgi, api; name"),
        ("two", "the module 'two' has more than one app: name 'two:application' or 'two:app'"),
        ("gone.py", "there is no file 'gone.py' in"),
        ("no/where", "'no/where' is neither a module nor a folder in .*: write module:attribute"),
        ("shop:make()", "'shop:make\\(\\)' calls a factory; write 'shop:make' with --factory"),
        (".", "has more than one app: name 'main:app' or 'app:app'"),
        ("empty", "no app was found in .*: there is no manage.py, and no module"),
    ],
)
def test_what_is_not_found_is_said_with_what_is_there(
    tmp_path: Path, app: str, problem: str
) -> None:
    files = {
        "shop.py": WSGI,
        "odd.py": "x = 1",
        "two.py": f"{WSGI}\ndef application(environ, start_response): ...",
        "main.py": WSGI,
        "app.py": WSGI,
        "empty/notes.txt": "",
    }
    folder = write(tmp_path, files)
    with pytest.raises(BadInput, match=problem) as caught:
        find(folder, app)
    assert not getattr(caught.value, "detail", "")


MAKER = "def create_app(): ..."
MANAGE = "import os\n# django\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site.settings')\n"


@pytest.mark.parametrize(
    ("files", "named"),
    [
        ({"backend/app/main.py": WSGI}, "there is one below: name 'backend'"),
        ({"src/py/web.py": WSGI}, "there is one below: name 'src/py'"),
        (
            {"api/shop/main.py": WSGI, "web/shop/app.py": WSGI},
            "there is one below: name 'api' or 'web'",
        ),
        ({f"{name}/shop/main.py": WSGI for name in "abcdef"}, "'c' or 'd' or one of 2 others"),
        ({"a/manage.py": MANAGE, "b/manage.py": MANAGE}, "there is one below: name 'a' or 'b'"),
        (
            {"shop/__init__.py": "", "shop/web.py": WSGI},
            "there is one below: name 'shop/web.py:app'",
        ),
        ({"backend/app/main.py": MAKER}, "name 'backend' with --factory"),
        (
            {
                "src/py/shop/__init__.py": "",
                "src/py/shop/server/__init__.py": "",
                "src/py/shop/server/asgi.py": MAKER,
            },
            "name 'src/py/shop/server/asgi.py:create_app' with --factory",
        ),
        (
            {"tests/shop/main.py": WSGI, ".hidden/main.py": WSGI},
            "there is no manage.py, and no module",
        ),
    ],
)
def test_folders_below_that_have_an_app_are_named(
    tmp_path: Path, files: dict[str, str], named: str
) -> None:
    with pytest.raises(BadInput) as caught:
        find(write(tmp_path, files))
    assert named in str(caught.value)


def test_what_is_named_below_a_folder_can_be_typed_as_it_is_named(tmp_path: Path) -> None:
    write(tmp_path, {"site/backend/shop/main.py": WSGI})
    with pytest.raises(BadInput, match="there is one below: name 'site/backend'"):
        find(tmp_path, "site")
    assert dict(find(tmp_path, "site/backend").targets) == {"wsgi": "shop.main:app"}


def test_a_service_that_is_not_in_the_catalog_is_unknown(tmp_path: Path) -> None:
    with pytest.raises(UnknownName) as refusal:
        find(write(tmp_path, {"main.py": WSGI}), services=("postgress",))
    assert (refusal.value.kind, refusal.value.name) == ("service", "postgress")
    assert "postgres" in refusal.value.known


def test_nothing_is_written_into_the_projects_folder(tmp_path: Path) -> None:
    folder = write(tmp_path, {"main.py": WSGI})
    find(folder)
    assert [file.name for file in folder.rglob("*")] == ["main.py"]
