"""Which interface an app speaks is seen by looking at it."""

from __future__ import annotations

from pathlib import Path

import pytest
from user_projects import ASGI, WSGI, find, user_environment, write

from timetrial.model.errors import BadInput

SELF_MADE = {
    "a WSGI function": (WSGI, ["wsgi"]),
    "an ASGI function": (ASGI, ["asgi"]),
    "a WSGI function with names of its own": ("def app(env, begin): ...", ["wsgi"]),
    "an ASGI function with names of its own": ("async def app(one, two, three): ...", ["asgi"]),
    "an object with an async __call__": (
        "class App:\n  async def __call__(self, scope, receive, send): ...\napp = App()",
        ["asgi"],
    ),
    "an object with __call__": (
        "class App:\n  def __call__(self, environ, start_response): ...\napp = App()",
        ["wsgi"],
    ),
    "a class whose instances are responses": (
        """
class app:
  def __init__(self, environ, start_response): ...
  def __iter__(self): return iter([])
""",
        ["wsgi"],
    ),
    "a partial": (
        """
import functools
async def served(db, scope, receive, send): ...
app = functools.partial(served, None)
""",
        ["asgi"],
    ),
    "a decorated function": (
        """
import functools
def around(inner):
  @functools.wraps(inner)
  def outer(*args, **kwargs): return inner(*args, **kwargs)
  return outer
@around
async def app(scope, receive, send): ...
""",
        ["asgi"],
    ),
    "an app of granian's interface": (
        """
class App:
  async def __rsgi__(self, scope, protocol): ...
  async def __call__(self, scope, receive, send): ...
app = App()
""",
        ["asgi", "rsgi"],
    ),
}


@pytest.mark.parametrize(("code", "interfaces"), SELF_MADE.values(), ids=SELF_MADE)
def test_an_app_without_a_framework_is_known_by_its_parameters(
    tmp_path: Path, code: str, interfaces: list[str]
) -> None:
    project = find(write(tmp_path, {"shop.py": code}), "shop:app")
    assert sorted(project.targets) == interfaces
    assert set(project.targets.values()) == {"shop:app"}
    assert project.framework == ""


FRAMEWORKS = {
    "flask": ("import flask; app = flask.Flask('shop')", "wsgi", "Flask"),
    "fastapi": ("import fastapi; app = fastapi.FastAPI()", "asgi", "FastAPI"),
    "starlette": (
        "from starlette.applications import Starlette; app = Starlette()",
        "asgi",
        "Starlette",
    ),
    "litestar": ("import litestar; app = litestar.Litestar()", "asgi", "Litestar"),
    "quart": ("import quart; app = quart.Quart('shop')", "asgi", "Quart"),
    "falcon": ("import falcon; app = falcon.App()", "wsgi", "Falcon"),
    "falcon.asgi": ("import falcon.asgi; app = falcon.asgi.App()", "asgi", "Falcon"),
    "bottle": ("import bottle; app = bottle.Bottle()", "wsgi", "Bottle"),
    "blacksheep": ("import blacksheep; app = blacksheep.Application()", "asgi", "BlackSheep"),
    "sanic": ("import sanic; app = sanic.Sanic('shop')", "asgi", "Sanic"),
}


@pytest.mark.parametrize("name", FRAMEWORKS)
def test_an_app_of_a_framework_is_known_with_its_version(tmp_path: Path, name: str) -> None:
    code, interface, framework = FRAMEWORKS[name]
    environment = user_environment(name.partition(".")[0])
    project = find(
        write(tmp_path, {"shop.py": code}), "shop:app", python=str(environment.python.parents[1])
    )
    assert dict(project.targets) == {interface: "shop:app"}
    package = f"{framework.lower()}=="
    (version,) = (each.removeprefix(package) for each in project.installed if package in each)
    assert project.framework == f"{framework} {version}"


def test_middleware_around_an_app_is_looked_through(tmp_path: Path) -> None:
    code = """
    import flask
    from werkzeug.middleware.proxy_fix import ProxyFix
    app = ProxyFix(flask.Flask("shop"))
    """
    environment = user_environment("flask")
    project = find(write(tmp_path, {"shop.py": code}), "shop:app", python=str(environment.python))
    assert dict(project.targets) == {"wsgi": "shop:app"}
    assert project.framework.startswith("Flask 3")


def test_what_passes_any_arguments_on_speaks_as_the_app_inside(tmp_path: Path) -> None:
    code = """
    import flask

    class Around:
        def __init__(self, app):
            self.app = app

        def __call__(self, *args, **kwargs):
            return self.app(*args, **kwargs)

    app = Around(flask.Flask("shop"))
    """
    environment = user_environment("flask")
    project = find(write(tmp_path, {"shop.py": code}), "shop:app", python=str(environment.python))
    assert dict(project.targets) == {"wsgi": "shop:app"}


REFUSED = {
    "a text": ("app = 'text'", "'shop:app' is a str, which cannot be called"),
    "a number of arguments that is unclear": (
        "def app(*args): ...",
        r"'shop:app' takes \(\*args\): that is neither WSGI, \(environ, start_response\), nor ASGI",
    ),
    "a view": ("def app(request): ...", r"'shop:app' takes \(request\): that is neither WSGI"),
    "a class": (
        "class app:\n  def __call__(self, environ, start_response): ...",
        "'shop:app' is a class; name an instance of it",
    ),
    "a factory": (
        "def app(config=None): ...",
        "'shop:app' can be called without .*; say --factory",
    ),
    "ASGI 2": (
        "def app(scope):\n  async def instance(receive, send): ...\n  return instance",
        "'shop:app' speaks ASGI 2, which servers no longer do",
    ),
    "a class of ASGI 2": (
        """
class app:
  def __init__(self, scope): ...
  async def __call__(self, receive, send): ...
""",
        "'shop:app' speaks ASGI 2, which servers no longer do",
    ),
}


@pytest.mark.parametrize(("code", "problem"), REFUSED.values(), ids=REFUSED)
def test_what_no_server_can_call_is_refused_with_the_reason(
    tmp_path: Path, code: str, problem: str
) -> None:
    with pytest.raises(BadInput, match=f"^{problem}"):
        find(write(tmp_path, {"shop.py": code}), "shop:app")


@pytest.mark.parametrize(
    ("package", "code", "framework"),
    [
        ("aiohttp", "from aiohttp import web; app = web.Application()", "aiohttp"),
        ("tornado", "from tornado import web; app = web.Application()", "Tornado"),
    ],
)
def test_an_app_that_serves_itself_cannot_be_raced(
    tmp_path: Path, package: str, code: str, framework: str
) -> None:
    environment = user_environment(package)
    with pytest.raises(
        BadInput, match=rf"'shop:app' is an app of {framework} \d.* no other server"
    ):
        find(write(tmp_path, {"shop.py": code}), "shop:app", python=str(environment.python))


def test_modules_of_the_project_and_of_the_tool_with_one_name_are_told_apart(
    tmp_path: Path,
) -> None:
    code = {"timetrial_look.py": WSGI, "timetrial_look_app.py": "raise RuntimeError"}
    project = find(write(tmp_path, code), "timetrial_look:app")
    assert list(project.targets) == ["wsgi"]
