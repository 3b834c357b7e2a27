"""Real servers and large bodies: the suite, narrowed, and a race. Counts and states alone."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from command_line import timetrial, write
from small_runs import stored

pytestmark = pytest.mark.live

APP = """
def app(environ, start_response):
    length = len(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)))
    body = str(length).encode()
    headers = [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))]
    start_response("200 OK", headers)
    return [body]
"""
RACE = ("race", "shop:app", "--python", sys.executable, "--servers", "waitress,gunicorn-sync")


def test_the_suite_measures_uploads_and_downloads_in_whole(tmp_path: Path) -> None:
    stacks = ("--servers", "uvicorn,granian-rsgi,waitress")
    benchmarks = ("upload-1m", "upload-1m-chunked", "download-1m")
    words = (*stacks, "--benchmarks", ",".join(benchmarks), "--rounds", "1")
    ended = timetrial("run", "bodies", *words, folder=tmp_path)
    assert ended.returncode == 0, ended.stderr
    run = stored(tmp_path)
    measured = {(m.trial.cell.benchmark, m.trial.cell.stack) for m in run.measurements}
    servers = ("uvicorn", "granian-rsgi", "waitress")
    assert measured == {(benchmark, server) for benchmark in benchmarks for server in servers}
    for measurement in run.measurements:
        counts = [window.counts for window in measurement.windows]
        assert all(count.arrivals == count.ok > 0 for count in counts)


def test_a_race_of_an_upload_recommends_a_server(tmp_path: Path) -> None:
    write(tmp_path, {"shop.py": APP})
    (tmp_path / "photo.jpg").write_bytes(b"x" * 300_000)
    upload = ("--upload", "photo.jpg", "--path", "/", "--allow-writes")
    ended = timetrial(*RACE, *upload, "--budget", "1s", "--no-control", folder=tmp_path)
    assert ended.returncode == 0, ended.stderr
    run = stored(tmp_path)
    assert {m.trial.cell.stack for m in run.measurements} == {"waitress", "gunicorn-sync"}
    assert all(w.counts.failed == 0 for m in run.measurements for w in m.windows)
