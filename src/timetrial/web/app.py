"""The web application: its addresses, and the page that each shows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from timetrial import reports
from timetrial.analysis.compare import compare_figures
from timetrial.analysis.summarize import summarize
from timetrial.features.run_report import ADDITIONS
from timetrial.model import Summary, TimetrialError, UnknownName
from timetrial.store.store import Store
from timetrial.web.pages import comparison_page, history_page, message_page, runs_page

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
"""Host names that a browser on this machine sends; pages of other sites cannot make it do so."""
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
        "img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def make_app(store: str | Path, hosts: Sequence[str] = LOOPBACK) -> Starlette:
    """Serve the runs of a store; nothing is written but digests of finished runs."""
    pages = _Pages(store)
    routes = [
        Route("/", pages.runs),
        Route("/runs/{number:int}", pages.run),
        Route("/runs/{number:int}.json", pages.data),
        Route("/compare", pages.compare),
        Route("/history", pages.history),
    ]
    return Starlette(
        routes=routes,
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=list(hosts))],
        exception_handlers={HTTPException: _refused, TimetrialError: _complained},
    )


class _Pages:
    """The pages; each runs in a thread of its own, as reading and judging runs takes the CPU."""

    def __init__(self, store: str | Path) -> None:
        self._store = store

    def runs(self, request: Request) -> Response:
        asked = request.query_params.get("q", "")
        with Store.open(self._store) as store:
            return _page(runs_page(store, asked))

    def run(self, request: Request) -> Response:
        return _page(reports.as_html(self._summary(request), ADDITIONS))

    def data(self, request: Request) -> Response:
        data = reports.as_json(self._summary(request), ADDITIONS)
        return Response(data, media_type="application/json", headers=_HEADERS)

    def _summary(self, request: Request) -> Summary:
        with Store.open(self._store) as store:
            return summarize(store.load(request.path_params["number"]))

    def compare(self, request: Request) -> Response:
        chosen = request.query_params.getlist("run")
        if len(chosen) == 2:  # noqa: PLR2004 - a comparison is of two
            older, newer = sorted(chosen, key=lambda text: text.zfill(12))
            return RedirectResponse(f"/compare?a={older}&b={newer}", headers=_HEADERS)
        a, b = (_number(request, name) for name in ("a", "b"))
        if a == b:
            raise HTTPException(400, f"run {a} cannot be compared with itself: name two runs")
        with Store.open(self._store) as store:
            before, after = (store.load(number) for number in (a, b))
        anyway = request.query_params.get("anyway") == "1"
        return _page(comparison_page(compare_figures(before, after), anyway=anyway))

    def history(self, request: Request) -> Response:
        with Store.open(self._store) as store:
            return _page(history_page(store, request.query_params))


def _number(request: Request, name: Literal["a", "b"]) -> int:
    text = request.query_params.get(name, "")
    if not text.isdecimal():
        raise HTTPException(400, "choose two runs in the list, or give their numbers as a and b")
    return int(text)


def _page(text: str, status: int = 200) -> Response:
    return HTMLResponse(text, status, headers=_HEADERS)


def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - it is registered for these alone
    return _page(message_page(error.detail), error.status_code)


def _complained(_request: Request, error: Exception) -> Response:
    return _page(message_page(str(error)), 404 if isinstance(error, UnknownName) else 500)
