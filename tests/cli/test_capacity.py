"""`timetrial capacity` as a program."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from command_line import AT_MOST_S, complaint, started, survivors, within, write

from timetrial.engine import Constant, Responder
from timetrial.machine.ports import free_port

WSGI = """
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "5")])
    return [b"hello"]
"""
QUICK = (
    "--slo",
    "p50<40ms,errors<5%",
    "--max-connections",
    "4",
    "--timeout",
    "2s",
    "--budget",
    "20s",
)
"""With 4 connections and 4 ms a response the capacity is 1,000 requests a second."""


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--slo", "p42<1s"), "'p42' is nothing that can be limited; allowed is a list such as"),
        (("--slo", "p99<20s"), "allows response times up to the --timeout of 10 s"),
        (("--slo", "p99<1s", "--budget", "5s"), "--budget 5 s is too short"),
        (
            ("--slo", "p99<1s", "--start-rate", "10", "--max-rate", "5"),
            "--start-rate 10 is above --max-rate 5",
        ),
        ((), "missing option '--slo'"),
        (("--slo", "p99<1s", "--server", "waitress"), "--server is for apps that Timetrial starts"),
        (("--slo", "p99<1s", "--path", "/x"), "has a path, but other options say what to request"),
    ],
)
def test_bad_input_is_refused_in_one_sentence(
    arguments: tuple[str, ...], sentence: str, tmp_path: Path
) -> None:
    url = "http://127.0.0.1:9/hello"
    assert sentence in complaint("capacity", url, *arguments, folder=tmp_path)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "'shop:app' is no URL, and no --server is to serve it"),
        (("--server", "waitres"), "there is no server called 'waitres'"),
        (("--server", "waitress", "--insecure"), "--insecure is for URLs"),
    ],
)
def test_an_app_needs_a_server_of_the_catalog(
    arguments: tuple[str, ...], sentence: str, tmp_path: Path
) -> None:
    (tmp_path / "shop.py").write_text(WSGI)
    progress = "importing shop:app to see what it is\n" if "waitres" in arguments else ""
    said = complaint(
        "capacity", "shop:app", "--slo", "p99<1s", *arguments, folder=tmp_path, progress=progress
    )  # fmt: skip
    assert sentence in said


def test_other_machines_are_not_loaded_without_being_asked(tmp_path: Path) -> None:
    said = complaint("capacity", "http://192.0.2.1/", "--slo", "p99<1s", folder=tmp_path)
    assert "--allow-remote 192.0.2.1" in said


def test_a_dead_port_is_a_failure_in_one_sentence(tmp_path: Path) -> None:
    port = free_port()
    ended = within(
        "capacity", f"http://127.0.0.1:{port}/", "--slo", "p99<1s", folder=tmp_path
    )  # fmt: skip
    assert ended.returncode == 3
    *_, last = ended.stderr.splitlines()
    assert last.startswith("timetrial: ")
    assert last.endswith(f" 127.0.0.1:{port}")
    assert ended.stdout == ""


def test_an_app_that_fails_is_told_with_its_own_traceback(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text("def app(e, s):\n    raise LookupError('shelf-7')\n")
    ended = within(
        "capacity", "shop:app", "--server", "waitress", "--slo", "p99<1s", folder=tmp_path
    )
    assert ended.returncode == 2
    assert "LookupError: shelf-7" in ended.stderr


@dataclass(frozen=True, slots=True)
class Searched:
    """A search that a program of its own has made, and where."""

    folder: Path
    url: str
    exit_code: int
    stdout: str
    stderr: str


@pytest.fixture(name="searched", scope="module")
def _searched(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Searched]:
    """Search at a URL and with an app at once: both wait most of their budget, and none asks how
    much there is.
    """
    folders = {name: tmp_path_factory.mktemp(name) for name in ("url", "app")}
    write(folders["app"], {"shop.py": WSGI})
    budget = ("--budget", "20s")
    too_strict = ("--slo", "p50<1ms,errors<5%", "--start-rate", "20", "--at-least", "500")
    lenient = ("--server", "waitress", "--slo", "p50<100ms,errors<5%", "--max-rate", "40")
    with Responder(Constant(0.004)) as responder:
        url = f"http://{responder.address}/"
        words = {
            "url": (url, *too_strict, "--max-connections", "4"),
            "app": ("shop:app", *lenient, "--json"),
        }
        running = {
            name: started("capacity", *words[name], *budget, folder=folder)
            for name, folder in folders.items()
        }
        said = {name: each.communicate(timeout=AT_MOST_S) for name, each in running.items()}
    return {
        name: Searched(folders[name], url, each.returncode, *said[name])
        for name, each in running.items()
    }


@pytest.mark.live
def test_it_tells_figure_curve_and_page_and_exits_with_1_where_the_server_bears_less(
    searched: Mapping[str, Searched],
) -> None:
    found = searched["url"]
    assert found.stdout.startswith(f"GET {found.url} "), found
    assert "trial 1: " in found.stderr
    (page,) = found.folder.glob("timetrial-reports/capacity-*.html")
    assert f"Report: {page.relative_to(found.folder)}" in found.stdout
    data: dict[str, Any] = json.loads(page.with_suffix(".json").read_text("utf-8"))
    # What takes 4 ms keeps no limit of 1 ms; only where the load generator had no CPU, that is
    # not told of the server.
    assert {trial["verdict"] for trial in data["taken"]["trials"]} <= {"missed", "void"}
    assert (found.exit_code == 1) == (data["asked"]["held"] == "no")
    assert found.exit_code in {0, 1}
    assert survivors(found.folder) == []


@pytest.mark.live
def test_an_app_is_started_afresh_on_the_server_that_was_named(
    searched: Mapping[str, Searched],
) -> None:
    found = searched["app"]
    assert found.exit_code == 0, found
    data: dict[str, Any] = json.loads(found.stdout)
    assert data["taken"]["command"][0].endswith("/bin/waitress-serve")
    assert data["taken"]["memory"]["anonymous_bytes"] > 0
    assert data["taken"]["trials"]
    assert all(trial["server_cpu_s"] > 0 for trial in data["taken"]["trials"])
    assert survivors(found.folder) == []


@pytest.mark.live
def test_ctrl_c_shows_what_is_known(tmp_path: Path) -> None:
    with (
        Responder(Constant(0.004)) as responder,
        started(
            "capacity", f"http://{responder.address}/", *QUICK, "--start-rate", "50",
            folder=tmp_path,
        ) as process,
    ):  # fmt: skip
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("trial 1:"):
                break
        os.killpg(process.pid, signal.SIGINT)
        stdout, stderr = process.communicate(timeout=AT_MOST_S)
    assert process.returncode == 130
    assert "Traceback" not in stderr
    assert "it was interrupted" in stdout
