"""The configuration that a worker sees: plain values for JSON. Python 3.8 and newer."""

from __future__ import annotations

import gc
import os
import platform
import sys
import sysconfig
import threading
from importlib import metadata

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

PREFIXES = ("PYTHON", "UV_", "MALLOC_", "LD_", "GUNICORN_", "UVICORN_", "GRANIAN_", "HYPERCORN_")
NAMES = ("WEB_CONCURRENCY", "DJANGO_SETTINGS_MODULE", "GLIBC_TUNABLES", "OMP_NUM_THREADS",
         "LANG", "LC_ALL", "TZ")  # fmt: skip
FASTER = ("--enable-optimizations", "--with-lto", "--with-computed-gotos", "--disable-gil",
          "--enable-experimental-jit", "--with-pydebug", "--with-assertions")  # fmt: skip
PARSER_NAMES = ("parser", "_parser", "_callback_parser")

PARSERS = (
    ("gunicorn_h1c", "gunicorn_h1c (C)"),
    ("httptools", "httptools (C)"),
    ("h11", "h11"),
    ("uvicorn.protocols.http.httptools_impl", "httptools (C)"),
    ("uvicorn.protocols.http.h11_impl", "h11"),
    ("gunicorn.http", "gunicorn's own"),
    ("gunicorn.asgi", "gunicorn's own"),
    ("gunicorn.workers", "gunicorn's own"),
    ("hypercorn", "h11"),
    ("waitress", "waitress's own"),
    ("cheroot", "cheroot's own"),
    ("gevent.pywsgi", "gevent's own"),
    ("tornado", "tornado's own"),
    ("meinheld", "picohttpparser (C)"),
)
"""By the module of a parser object, or of a frame that calls the app; the nearest one counts."""
COMPILED = (
    ("granian", "hyper (Rust)"),
    ("daphne", "twisted.web.http"),
    ("hypercorn", "h11"),
    ("tornado.httpserver", "tornado's own"),
    ("gevent.pywsgi", "gevent's own"),
    ("bjoern", "http-parser (C)"),
    ("fastwsgi", "llhttp (C)"),
    ("socketify", "uWebSockets (C++)"),
    ("uwsgi", "uWSGI's own (C)"),
)
"""Servers that call the app from compiled code, without a frame: by loaded modules."""


def everything(request: dict[str, Any]) -> dict[str, Any]:
    return {
        **request,
        "pid": os.getpid(),
        "thread": threading.get_native_id(),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "build": build(),
        "gil": gil(),
        "event_loop": event_loop(),
        "http_parser": http_parser(),
        "garbage_collection": ", ".join(map(str, gc.get_threshold())) if gc.isenabled() else "off",
        "switch_interval_s": sys.getswitchinterval(),
        "packages": packages(),
        "environment": environment(),
    }


def of_wsgi(environ: dict[str, Any]) -> dict[str, Any]:
    said = [name for name in ("multithread", "multiprocess") if environ.get(f"wsgi.{name}")]
    version = ".".join(map(str, environ.get("wsgi.version", ())))
    return {
        "interface": ", ".join([f"WSGI {version}".strip(), *said]),
        "server": str(environ.get("SERVER_SOFTWARE", "")),
        "http_version": str(environ.get("SERVER_PROTOCOL", "")).replace("HTTP/", ""),
    }


def of_asgi(scope: dict[str, Any]) -> dict[str, Any]:
    known = scope.get("asgi", {})
    spec = f", spec {known['spec_version']}" if "spec_version" in known else ""
    return {
        "interface": f"ASGI {known.get('version', '')}{spec}",
        "server": "",
        "http_version": str(scope.get("http_version", "")),
    }


def of_rsgi(scope: Any) -> dict[str, Any]:  # noqa: ANN401 - the server's own class
    version = getattr(scope, "rsgi_version", "")
    return {"interface": f"RSGI {version}", "server": "", "http_version": str(scope.http_version)}


def build() -> str:
    options = sysconfig.get_config_var("CONFIG_ARGS") or ""
    chosen = [option for option in FASTER if option in options]
    return " ".join([*sys.version.partition("(")[2].replace(")", "", 1).split(), *chosen])


def gil() -> bool:
    """Whether the GIL is enabled; always before Python 3.13."""
    enabled = getattr(sys, "_is_gil_enabled", None)
    return bool(enabled()) if enabled else True


def event_loop() -> str | None:
    loop = _asyncio_loop() or _gevent_loop()
    if loop is not None:
        return named(loop)
    return "trio" if _in_trio() else None


def _asyncio_loop() -> Any:  # noqa: ANN401 - any class of loop
    asyncio = sys.modules.get("asyncio")
    try:
        return asyncio.get_running_loop() if asyncio else None
    except RuntimeError:
        return None


def _gevent_loop() -> Any:  # noqa: ANN401 - likewise
    monkey = sys.modules.get("gevent.monkey")
    if not monkey or not monkey.is_module_patched("socket"):
        return None
    return sys.modules["gevent"].get_hub().loop


def _in_trio() -> bool:
    trio = sys.modules.get("trio")
    try:
        return bool(trio and trio.lowlevel.current_task())
    except RuntimeError:
        return False


def named(thing: object) -> str:
    return f"{type(thing).__module__}.{type(thing).__qualname__}"


def http_parser() -> str | None:
    for module in _modules_that_lead_here():
        for prefix, parser in PARSERS:
            if _within(module, prefix):
                return parser
    loaded = (parser for module, parser in COMPILED if module in sys.modules)
    return next(loaded, None)


def _modules_that_lead_here() -> Iterator[str]:
    """Yield modules from the app outwards: the parsers of a frame precede its own module."""
    frame: Any = sys._getframe(1)  # noqa: SLF001 - the documented way to one's callers
    while frame is not None:
        # A request of gunicorn's own class may have been parsed by the one in C.
        if getattr(frame.f_locals.get("req"), "_use_fast", False):
            yield "gunicorn_h1c"
        for name in PARSER_NAMES:
            held = frame.f_locals.get(name)
            if held is None:
                held = getattr(frame.f_locals.get("self"), name, None)
            if held is not None:
                yield type(held).__module__
        yield str(frame.f_globals.get("__name__", ""))
        frame = frame.f_back


def _within(module: str, prefix: str) -> bool:
    return module == prefix or module.startswith(f"{prefix}.")


def packages() -> list[str]:
    """List the distributions of the environment; a repeated name counts once."""
    found: dict[str, str] = {}
    for distribution in metadata.distributions():
        name = distribution.metadata["Name"]
        if name:
            found.setdefault(name.lower().replace("_", "-"), f"{name}=={distribution.version}")
    return [found[name] for name in sorted(found)]


def environment() -> dict[str, str]:
    here = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 - pathlib is slow to import
    chosen = {
        name: value
        for name, value in sorted(os.environ.items())
        if name in NAMES or name.startswith(PREFIXES)
    }
    if "PYTHONPATH" in chosen:
        folders = chosen["PYTHONPATH"].split(os.pathsep)
        chosen["PYTHONPATH"] = os.pathsep.join(folder for folder in folders if folder != here)
    return chosen
