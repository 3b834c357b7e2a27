"""`timetrial run` with services, as people see it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from command_line import complaint, survivors, within, write
from small_runs import stored

from timetrial.analysis.checks.thresholds import SERVICE_CPU
from timetrial.analysis.summarize import summarize
from timetrial.store.store import Store

APP = """
import os, urllib.request

def app(environ, start_response):
    with urllib.request.urlopen(os.environ["DATABASE"]) as answer:
        assert b"data" in answer.read()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "2")])
    return [b"ok"]
"""
APP_MANIFEST = """
name = "asking"
title = "An app that asks a service"
interfaces = {{ wsgi = "asking:app" }}
services = ["{service}"]
env = {{ DATABASE = "{{{placeholder}_url}}" }}
[workloads.ask]
path = "/ask"
expect = {{ body = "ok" }}
"""
SUITE = """
name = "asks"
title = "Asks"
app = "asking"
servers = ["waitress"]
rounds = {rounds}
warm_up = {{ requests = 20, at_most_s = 0.2, at_least_s = 0.1 }}
{settings}
[[benchmarks]]
workload = "ask"
connections = 4
window_ms = 100
lead_in_ms = 20
windows = 2
"""
FRAGILE = """
name = "fragile"
title = "a service that ends when there is a file 'end'"
speaks = "http"
url = "http://{host}:{port}/"
command = ["{timetrial}", "-I", "{here}/fragile.py", "{port}"]
"""
FRAGILE_CODE = """
import http.server, os, pathlib, sys, threading, time
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"data": 1}')
    def log_message(self, *arguments): pass
def end():
    while not pathlib.Path(__file__).with_name("end").exists():
        time.sleep(0.01)
    print("disk full", flush=True)
    os._exit(1)
threading.Thread(target=end).start()
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def write_catalog(
    folder: Path,
    *,
    service: str = "fake-database",
    settings: str = "",
    rounds: int = 1,
) -> tuple[str, ...]:
    manifest = APP_MANIFEST.format(service=service, placeholder=service.replace("-", "_"))
    write(
        folder,
        {
            "own/apps/asking/app.toml": manifest,
            "own/apps/asking/asking.py": APP,
            "own/suites/asks.toml": SUITE.format(settings=settings, rounds=rounds),
            "own/services/fragile.toml": FRAGILE,
            "own/services/fragile.py": FRAGILE_CODE,
            "own/services/late.toml": LATE,
        },
    )
    return ("run", "asks", "--catalog", "own", "--seed", "1")


def test_an_app_gets_the_url_of_its_service_and_its_use_is_stored(tmp_path: Path) -> None:
    settings = '[services.fake-database]\nlatency = "5ms"'
    ended = within(*write_catalog(tmp_path, settings=settings), folder=tmp_path)
    assert ended.returncode == 0, ended
    assert "starting fake-database" in ended.stderr
    run = stored(tmp_path)
    (service,) = run.plan.suite.services
    assert (service.name, service.settings) == ("fake-database", {"latency": "5ms"})
    (measurement,) = run.measurements
    (use,) = measurement.services
    answered = sum(window.completions_overall for window in measurement.windows)
    assert use.requests == answered
    assert use.opened == answered
    assert use.delay_s == pytest.approx(0.005 * answered)
    assert survivors(tmp_path) == []


def test_a_service_that_does_not_start_is_told_with_the_end_of_its_log(tmp_path: Path) -> None:
    command = write_catalog(tmp_path, service="fragile")
    (tmp_path / "own/services/fragile.py").write_text("raise SystemExit('no licence')")
    ended = within(*command, folder=tmp_path)
    assert ended.returncode == 3
    *_, told, tail = ended.stderr.splitlines()
    assert "service 'fragile'" in told
    assert "code 1" in told
    assert tail == "  no licence"
    assert survivors(tmp_path) == []


def test_a_service_that_ends_in_the_middle_loses_nothing_that_was_measured(
    tmp_path: Path,
) -> None:
    command = write_catalog(tmp_path, service="fragile", rounds=1000)
    with ThreadPoolExecutor(1) as pool:
        in_the_middle = pool.submit(eventually, lambda: measured(tmp_path))
        in_the_middle.add_done_callback(lambda _: (tmp_path / "own/services/end").touch())
        ended = within(*command, folder=tmp_path)
    assert in_the_middle.result()
    assert ended.returncode == 3, ended
    *_, told, tail = ended.stderr.splitlines()
    assert "service 'fragile'" in told
    go_on = told.partition(": timetrial ")[2].split()
    assert go_on == ["run", "--resume", "1", "--catalog", "own"]
    assert tail == "  disk full"
    run = stored(tmp_path)
    assert not run.failures, "no stack is to blame"
    assert run.measurements
    assert run.pending()
    assert survivors(tmp_path) == []


def measured(folder: Path) -> int:
    if not (folder / "timetrial.db").exists():
        return 0
    with Store.open(folder / "timetrial.db") as store:
        return sum(line.trials_measured for line in store.list_runs())


def eventually(happened: Callable[[], object]) -> bool:
    deadline = time.monotonic() + 60
    while not happened():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.2)
    return True


LATE = """
name = "late"
title = "a stand-in that takes 30 ms and was set to 5 ms"
speaks = "http"
url = "http://{host}:{port}/"
command = ["{timetrial}", "-I", "{here}/late.py", "{port}", "{data}/control"]
control = "{data}/control"
"""
LATE_CODE = """
import pathlib, sys, threading
from timetrial import _engine
from timetrial.stacks.services.stub_server import _Control

class Late:
    def __init__(self, port):
        address, body = f"127.0.0.1:{port}", b'{"data": 1}'
        self.real = _engine.Responder(
            address=address, body=body, delay="constant", delay_ns=[30_000_000]
        )
    def counts(self):
        counts = self.real.counts()
        return {**counts, "delay_ns": 5_000_000 * counts["responses"]}

with _Control(Late(sys.argv[1])) as control:
    pathlib.Path(sys.argv[2]).write_text(str(control.server_address[1]))
    control.serve_forever()
"""


def test_a_service_that_was_the_limit_is_told_beside_the_figures(tmp_path: Path) -> None:
    command = write_catalog(tmp_path, service="late")
    write(tmp_path, {"own/services/late.py": LATE_CODE})
    ended = within(*command, folder=tmp_path)
    assert ended.returncode == 0, ended
    (table,) = summarize(stored(tmp_path)).tables
    (finding,) = (found for found in table.findings if found.name == SERVICE_CPU.name)
    assert "the service late" in finding.evidence
    took_ms, set_ms = map(float, re.findall(r"([\d.]+) ms", finding.evidence)[:2])
    assert took_ms >= 30
    assert set_ms == 5.0
    assert finding.evidence in " ".join(ended.stdout.split())


def test_an_external_service_takes_the_place_of_one(tmp_path: Path) -> None:
    command = write_catalog(tmp_path)
    refused = complaint(
        *command,
        *("--fake-database", "http://127.0.0.1:1/"),
        folder=tmp_path,
        progress="starting fake-database\n",
    )
    assert refused.startswith("--fake-database: nothing answers at 'http://127.0.0.1:1/'")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--redis", "redis://127.0.0.1"), "--redis: the services of suite 'asks' are: fake-d"),
        (("--fake-database", "localhost"), "--fake-database: 'localhost' is no URL that begins"),
        (("--upstream-ca", "own/suites/asks.toml"), "--upstream-ca is for --upstream URL"),
    ],
)
def test_options_that_make_no_sense_are_refused(
    options: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    assert complaint(*write_catalog(tmp_path), *options, folder=tmp_path).startswith(said)
