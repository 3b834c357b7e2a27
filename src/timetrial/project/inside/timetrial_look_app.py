"""Detects the interface of an app by its class and its parameters. Python 3.8 and newer."""

from __future__ import annotations

import functools
import inspect
from importlib import metadata

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

    Told = dict[str, Any]
    Framework = tuple[str, str, str, str]

FRAMEWORKS = (
    ("django.core.handlers.wsgi", "Django", "django", "wsgi"),
    ("django.core.handlers.asgi", "Django", "django", "asgi"),
    ("channels", "Channels", "channels", "asgi"),
    ("fastapi", "FastAPI", "fastapi", "asgi"),
    ("litestar", "Litestar", "litestar", "asgi"),
    ("quart", "Quart", "quart", "asgi"),
    ("sanic", "Sanic", "sanic", "asgi"),
    ("blacksheep", "BlackSheep", "blacksheep", "asgi"),
    ("falcon.asgi", "Falcon", "falcon", "asgi"),
    ("falcon", "Falcon", "falcon", "wsgi"),
    ("flask", "Flask", "flask", "wsgi"),
    ("bottle", "Bottle", "bottle", "wsgi"),
    ("pyramid", "Pyramid", "pyramid", "wsgi"),
    ("starlette", "Starlette", "starlette", "asgi"),
    ("aiohttp.web_app", "aiohttp", "aiohttp", ""),
    ("tornado.web", "Tornado", "tornado", ""),
    ("robyn", "Robyn", "robyn", ""),
    ("japronto", "japronto", "japronto", ""),
    ("socketify", "socketify", "socketify", ""),
)
"""Module of the class or package above it, name, distribution, interface; '' if none."""
SERVING = {"Application", "App", "Robyn"}
"""Classes of apps that serve themselves."""
MIDDLEWARE_TOO = {"starlette", "channels"}
"""Frameworks whose middleware often wraps the app of another one."""
INNER = ("app", "application", "wsgi_app", "asgi_app", "server", "wrapped", "_app", "__wrapped__")
"""Attributes in which middleware keeps the wrapped app."""
DEEPEST = 8
MOST_OFFERS = 5
OF_WSGI = ["environ", "start_response"]
OF_ASGI = ["scope", "receive", "send"]


def description(found: object) -> Told:
    told: Told = {"kind": f"{type(found).__module__}.{type(found).__qualname__}"}
    inner = innermost(found)
    if inner is not None:
        told["framework"] = f"{inner[1]} {_version(inner[2])}".strip()
    outer = framework(found)
    if outer is not None and not outer[3]:
        return {**told, "trouble": "serves itself"}
    told.update({"interfaces": [outer[3]]} if outer is not None else shape(found))
    if inner is not None and inner[3] and told.get("trouble") == "unclear":
        # A wrapper that passes all arguments on has the interface of the wrapped app.
        del told["trouble"], told["signature"]
        told["interfaces"] = [inner[3]]
    if hasattr(found, "__rsgi__") and not inspect.isclass(found):
        told["interfaces"] = [*told.get("interfaces", ()), "rsgi"]
        told.pop("trouble", None)
    told["debug"] = getattr(found, "debug", False) is True
    return told


def apps_in(imported: ModuleType) -> list[str]:
    """List attributes that may be apps."""
    public = [name for name in sorted(vars(imported)) if not name.startswith("_")]
    return [name for name in public if _looks_like_an_app(getattr(imported, name))][:MOST_OFFERS]


def _looks_like_an_app(found: object) -> bool:
    if inspect.isclass(found) or inspect.ismodule(found) or not callable(found):
        return framework(found) is not None
    names = [parameter.name for parameter in _parameters(found) or ()]
    return framework(found) is not None or names in (OF_WSGI, OF_ASGI)


def innermost(found: object) -> Framework | None:
    """Return the framework, also behind middleware."""
    known = framework(found)
    for _ in range(DEEPEST):
        if known is not None and known[2] not in MIDDLEWARE_TOO:
            break
        inner = (getattr(found, name, None) for name in INNER)
        found = next((app for app in inner if app is not None), None)
        known = framework(found) or known
    return known


def framework(found: object) -> Framework | None:
    if inspect.isclass(found) or inspect.isroutine(found) or inspect.ismodule(found):
        return None
    for base in type(found).__mro__:
        for known in FRAMEWORKS:
            if f"{base.__module__}.".startswith(f"{known[0]}.") and _is_app_of(known, found):
                return known
    return None


def _is_app_of(known: Framework, found: object) -> bool:
    """Whether this is an app, and not another object of the framework."""
    if not known[3]:
        return type(found).__name__ in SERVING
    detected = shape(found)
    # Compiled methods may have no signature.
    return known[3] in detected.get("interfaces", ()) or detected.get("trouble") == "unclear"


def _version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return ""


def shape(found: Any) -> Told:  # noqa: ANN401 - an app may be any object
    """Return the interface by the parameters, or what is wrong with them."""
    if not callable(found):
        return {"trouble": "not callable"}
    parameters = _parameters(found)
    if inspect.isclass(found):
        return _shape_of_class(found, parameters or [])
    if parameters is None:
        return {"trouble": "unclear", "signature": "(…)"}
    interface = _interface(parameters, is_async=_is_async(found))
    return {"interfaces": [interface]} if interface else _trouble(found, parameters)


def _interface(parameters: list[inspect.Parameter], *, is_async: bool) -> str | None:
    """Detect by the usual names, or else by the number of arguments and `async`."""
    names = [parameter.name for parameter in parameters]
    takes = _counts(parameters)
    if names[1:2] == OF_WSGI[1:]:
        return "wsgi"
    if names[:3] == OF_ASGI or (len(OF_ASGI) in takes and (is_async or len(OF_WSGI) not in takes)):
        return "asgi"
    if len(OF_WSGI) in takes and len(OF_ASGI) not in takes and not is_async:
        return "wsgi"
    return None


def _trouble(found: object, parameters: list[inspect.Parameter]) -> Told:
    takes = _counts(parameters)
    if takes == {1} and parameters[0].name == OF_ASGI[0]:
        return {"trouble": "asgi2"}
    if 0 in takes and not takes & {len(OF_WSGI), len(OF_ASGI)}:
        return {"trouble": "factory"}
    is_async = "async " if _is_async(found) else ""
    return {"trouble": "unclear", "signature": is_async + _shown(parameters)}


def _shape_of_class(found: Any, parameters: list[inspect.Parameter]) -> Told:  # noqa: ANN401 - likewise
    names = [parameter.name for parameter in parameters]
    if len(names) == len(OF_WSGI) and hasattr(found, "__iter__"):
        return {"interfaces": ["wsgi"]}
    if len(names) == len(OF_ASGI) and hasattr(found, "__await__"):
        return {"interfaces": ["asgi"]}
    if names == OF_ASGI[:1] and inspect.iscoroutinefunction(getattr(found, "__call__", None)):  # noqa: B004 - of its instances
        return {"trouble": "asgi2"}
    return {"trouble": "class"}


def _parameters(found: Any) -> list[inspect.Parameter] | None:  # noqa: ANN401 - likewise
    try:
        return list(inspect.signature(found).parameters.values())
    except (ValueError, TypeError):
        return None


def _shown(parameters: list[inspect.Parameter]) -> str:
    bare = [parameter.replace(annotation=inspect.Parameter.empty) for parameter in parameters]
    return str(inspect.Signature(bare))


def _counts(parameters: list[inspect.Parameter]) -> set[int]:
    """Return the numbers of arguments that a call may have, up to those of ASGI."""
    signature = inspect.Signature(parameters)
    return {count for count in range(len(OF_ASGI) + 1) if _binds(signature, count)}


def _binds(signature: inspect.Signature, count: int) -> bool:
    try:
        signature.bind(*range(count))
    except TypeError:
        return False
    return True


def _is_async(found: Any) -> bool:  # noqa: ANN401 - likewise
    while isinstance(found, functools.partial):
        found = found.func
    found = inspect.unwrap(found)
    call = getattr(found, "__call__", None)  # noqa: B004 - to look at it
    return inspect.iscoroutinefunction(found) or inspect.iscoroutinefunction(call)
