"""The web application: its addresses, and the page that each shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
from timetrial.analysis.trends import History, histories
from timetrial.features.run_report import ADDITIONS
from timetrial.model import (
    COMPARED,
    METRICS,
    BadInput,
    Lead,
    Metric,
    RunComparison,
    RunDigest,
    Summary,
    TimetrialError,
    UnknownName,
    utc_date,
)
from timetrial.reports.compare import change_text, heads, named, refusal, words
from timetrial.reports.history import judged
from timetrial.reports.html import environment, with_code
from timetrial.reports.lead_text import lead_text
from timetrial.runner.digests import up_to_date_digests
from timetrial.store.opening import number_of
from timetrial.store.store import RunLine, Store
from timetrial.web.history_chart import line_of

_MOST_LEADS = 3
"""Benchmarks of a run in the list; more of them are unfolded."""
_CHOICES = {"suite": "Suite", "benchmark": "Benchmark", "stack": "Server"}
"""Fields of a history by which one is chosen, and what they are called."""


@dataclass(frozen=True, slots=True)
class ListedRun:
    """One row of the list."""

    line: RunLine
    title: str
    stacks: tuple[str, ...]
    leads: tuple[Lead, ...] = ()

    def fits(self, words: str) -> bool:
        """Whether all words of a search are in it."""
        line = self.line
        fields = (str(line.number), line.suite, line.created_at, self.title, *self.stacks)
        text = " ".join(fields).lower()
        return all(word in text for word in words.lower().split())


def runs_page(store: Store, asked: str) -> str:
    """List the runs that a search finds, the newest first."""
    kept = up_to_date_digests(store)
    digests = {digest.run: digest for digest in kept.readable}
    listed = [
        _run_in_list(line, digests.get(line.number))
        for line in store.list_runs()
        if line.number not in kept.damaged
    ]
    runs = [run for run in listed if run.fits(asked)]
    return _set(
        "runs.html",
        runs=runs,
        total=len(listed),
        asked=asked,
        notes=kept.notes(),
        date=utc_date,
        most_leads=_MOST_LEADS,
        lead_text=lead_text,
    )


def comparison_page(comparison: RunComparison, *, anyway: bool) -> str:
    """Show two runs side by side, configuration first; refuse what cannot be compared."""
    return _set(
        "compare.html",
        comparison=comparison,
        refused=None if anyway else refusal(comparison),
        barriers=list(map(named, comparison.barriers)),
        heads=[heads(metric) for metric in COMPARED],
        change_text=change_text,
        label=_counted(comparison),
        words=[with_code(passage) for passage in words(comparison)],
        benchmarks=tuple(dict.fromkeys(cell.cell.benchmark for cell in comparison.cells)),
    )


def _counted(comparison: RunComparison) -> str:
    """Say in short how many figures are better and worse: the verdict on a comparison."""
    if all(change.p_adjusted is None for cell in comparison.cells for change in cell.changes):
        return "NOT DECIDED"
    kinds = [change_text(change)[2] for cell in comparison.cells for change in cell.changes]
    counts = ((kinds.count(kind), kind.upper()) for kind in ("worse", "better"))
    said = ", ".join(f"{count} {kind}" for count, kind in counts if count)
    return said or "NO DETECTABLE DIFFERENCE"


def history_page(store: Store, wanted: Mapping[str, str]) -> str:
    """Show how stacks did over the runs, with their changes of level."""
    metric = _metric(wanted.get("metric", ""))
    kept = up_to_date_digests(store)
    every = histories(kept.readable, metric)
    return _set(
        "history.html",
        lines=[
            (history, line_of(history), judged(history))
            for history in every
            if _fits(history, wanted)
        ],
        metrics={metric: METRICS[metric].label for metric in COMPARED},
        metric=metric,
        title=METRICS[metric].title,
        notes=kept.notes(),
        wanted=wanted,
        date=utc_date,
        choices={
            label: (what, sorted({getattr(history, what) for history in every}))
            for what, label in _CHOICES.items()
        },
    )


def message_page(text: str) -> str:
    return _set("message.html", text=text)


def _run_in_list(line: RunLine, digest: RunDigest | None) -> ListedRun:
    if digest is None:
        return ListedRun(line, "", ())
    stacks = (f"{cell.stack} {cell.version}".strip() for cell in digest.cells)
    return ListedRun(line, digest.title, tuple(dict.fromkeys(stacks)), digest.leads)


def _metric(name: str) -> Metric:
    return next((metric for metric in COMPARED if metric == name), "throughput")


def _fits(history: History, wanted: Mapping[str, str]) -> bool:
    return all(not wanted.get(what) or getattr(history, what) == wanted[what] for what in _CHOICES)


def _set(template: str, **values: object) -> str:
    return environment("timetrial.web").get_template(template).render(**values)


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
        Route("/runs/{number}.json", pages.data),
        Route("/runs/{number}", pages.run),
        Route("/compare", pages.compare),
        Route("/history", pages.history),
    ]
    return Starlette(
        routes=routes,
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=list(hosts))],
        exception_handlers={
            HTTPException: _refused,
            TimetrialError: _complained,
            Exception: _failed,
        },
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
            return summarize(store.load(_run_of(request.path_params["number"])))

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


def _number(request: Request, name: Literal["a", "b"]) -> int | Literal["latest"]:
    text = request.query_params.get(name, "")
    if not text.isdecimal():
        raise HTTPException(400, "choose two runs in the list, or give their numbers as a and b")
    return _run_of(text)


def _run_of(text: str) -> int | Literal["latest"]:
    """Read the number of a run; what is none is a page that is not there."""
    try:
        return number_of(text)
    except BadInput as error:
        raise HTTPException(404, str(error)) from error


def _page(text: str, status: int = 200) -> Response:
    return HTMLResponse(text, status, headers=_HEADERS)


def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - it is registered for these alone
    return _page(message_page(error.detail), error.status_code)


def _complained(_request: Request, error: Exception) -> Response:
    return _page(message_page(str(error)), 404 if isinstance(error, UnknownName) else 500)


def _failed(_request: Request, _error: Exception) -> Response:
    """Answer for a fault of Timetrial itself: the server's log has its traceback."""
    said = "This is a fault of Timetrial. The terminal of `timetrial serve` shows what happened."
    return _page(message_page(said), 500)
