"""What `timetrial load` says beside its figures."""

from __future__ import annotations

import dataclasses
import errno
from typing import get_args

import pytest
from rich.console import Console

from timetrial.drivers.driver import (
    ClockGaps,
    LoadResult,
    LoadSpec,
    SessionConfig,
    Target,
    TlsReason,
    TlsRefusal,
)
from timetrial.drivers.load_run import LoadTerms
from timetrial.drivers.scripted import ScriptedDriver
from timetrial.reports.load import as_data, render

SETTING = SessionConfig(connections=4, cpus=(), timeout_s=10.0)
TERMS = LoadTerms("GET http://127.0.0.1/", SETTING, None, ("GET /",), has_users=False)


def result(
    gaps: ClockGaps | None = None, refusal: TlsRefusal | None = None, unsolicited: int = 0
) -> LoadResult:
    target = Target("127.0.0.1:1", "localhost", ())
    with ScriptedDriver().open([target], SETTING) as session:
        came = session.run_load(LoadSpec(0, 8.0))
    return dataclasses.replace(
        came, gaps=gaps or came.gaps, tls_refusal=refusal, unsolicited=unsolicited
    )


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (errno.ECONNREFUSED, "connect failed: connection refused: nothing listens on this port"),
        (errno.EHOSTUNREACH, "connect failed: no route to host"),
    ],
)
def test_why_no_connection_came_about_is_told(number: int, sentence: str) -> None:
    shown = dataclasses.replace(result(), connect_error=number)
    assert said(shown).splitlines()[-1] == sentence
    assert as_data(TERMS, shown)["connect_error"] == errno.errorcode[number]
    assert as_data(TERMS, result())["connect_error"] is None


def said(shown: LoadResult) -> str:
    console = Console(width=400, force_terminal=False)
    with console.capture() as capture:
        console.print(render(TERMS, shown))
    return capture.get()


def test_nothing_is_said_of_what_did_not_happen() -> None:
    assert said(result()).rstrip().endswith("no failures in 8,000 requests")
    data = as_data(TERMS, result())
    assert data["tls_refusal"] is None
    assert data["generator"]["stood_still"] == {  # type: ignore[index]  # an object of JSON
        "total_s": 0.0, "largest_s": 0.0, "largest_at_ns": 0,
    }  # fmt: skip


def test_a_stop_of_the_engine_is_no_fault_of_the_server() -> None:
    shown = result(gaps=ClockGaps(4.1, 4.0, 3_000_000_000))
    assert "≥ 1,000 requests/s" in said(shown)
    assert "the load engine itself did not run for 4.10 s, from 3.0 s on: it was" in said(shown)
    data = as_data(TERMS, shown)
    assert data["generator"]["stood_still"]["largest_s"] == 4.0  # type: ignore[index]  # an object of JSON
    assert "did not run" not in said(result(gaps=ClockGaps(0.2, 0.1, 5)))


@pytest.mark.parametrize("reason", get_args(TlsReason))
def test_every_reason_of_tls_is_a_sentence(reason: TlsReason) -> None:
    shown = result(refusal=TlsRefusal(reason, "a.example, b.example"))
    sentence = said(shown).splitlines()[-1]
    assert len(sentence) > 20
    assert "{" not in sentence
    assert ("a.example" in sentence) == (reason in {"other-name", "certificate", "alert", "other"})
    assert as_data(TERMS, shown)["tls_refusal"] == {
        "reason": reason,
        "detail": "a.example, b.example",
    }


def test_bytes_that_belong_to_no_request_are_no_failure_but_said() -> None:
    shown = said(result(unsolicited=200))
    assert "no failures in 8,000 requests" in shown
    assert "200 times bytes came that belong to no request" in shown
