"""What a race requests: said on the command line, in files, or by a log; or refused."""

from __future__ import annotations

import gzip
import sys
from pathlib import Path

import pytest
from command_line import complaint, started, survivors, within, write
from small_runs import stored

from timetrial.project.requests.checked import CHANGES

LINE = '203.0.113.9 - - [21/Nov/2026:17:53:39 +0000] "{} HTTP/1.1" {} 512 "-" "-"\n'
SHOP = """
import secrets

def app(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/account":
        start_response("302 Found", [("Location", "/login/"), ("Content-Length", "0")])
        return [b""]
    if path == "/old":
        start_response("404 Not Found", [("Content-Length", "0")])
        return [b""]
    body = f'<input value="{secrets.token_hex(8)}"> <h1>{path}</h1>'.encode()
    headers = [("Content-Type", "text/html"), ("Content-Length", str(len(body)))]
    start_response("200 OK", headers)
    return [body]
"""
_AT_MOST_S = 500.0
RACE = ("race", "shop:app", "--servers", "waitress,gunicorn-gthread", "--python", sys.executable)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--path", "items"), "race: invalid value for '--path': 'items' is no path that begins"),
        (("--requests", "mix.jsonl"), "mix.jsonl: POST /buy may write, and would be sent thousand"),
        (("--requests", "none.jsonl"), "none.jsonl cannot be read: No such file or directory"),
        (("--scenario", "shop.toml"), "shop.toml: steps[0].methd: 'methd' is no known key; did yo"),
        (("--from-access-log", "shop.py"), "shop.py has no request that could be sent: 1"),
        (
            ("--path", "/", "--requests", "mix.jsonl"),
            "--path and --requests exclude each other: each says what to request",
        ),
        (("--dynamic", "("), "race: invalid value for '--dynamic': '(' is no regular expression"),
        (
            ("--header", "Cookie"),
            "race: invalid value for '-H' / '--header': a header reads 'Name: val",
        ),
    ],
)
def test_what_cannot_be_requested_is_refused_before_anything_is_started(
    tmp_path: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    write(
        tmp_path,
        {
            "shop.py": SHOP,
            "mix.jsonl": '{"path": "/buy", "method": "POST"}',
            "shop.toml": 'steps = [{ path = "/", methd = "GET" }]',
        },
    )
    assert complaint(*RACE, *arguments, folder=tmp_path).startswith(sentence)


def test_a_page_that_wants_a_login_is_refused_with_advice(tmp_path: Path) -> None:
    write(tmp_path, {"shop.py": SHOP})
    ended = within(*RACE, "--path", "/account", folder=tmp_path)
    assert ended.returncode == 2, ended
    assert ended.stdout == ""
    last = ended.stderr.splitlines()[-1]
    assert last.startswith("timetrial: GET /account redirects to /login/: name the path that it ")
    assert survivors(tmp_path) == []


@pytest.mark.live
def test_the_mix_of_a_log_is_raced_and_held_to_what_all_servers_answer(tmp_path: Path) -> None:
    write(tmp_path, {"shop.py": SHOP})
    lines = [
        *[LINE.format("GET /", 200)] * 30,
        *[LINE.format(f"GET /books/{number}", 200) for number in range(30)],
        *[LINE.format("GET /old", 200)] * 4,
        LINE.format("GET /gone", 404),
    ]
    (tmp_path / "access.log.gz").write_bytes(gzip.compress("".join(lines).encode()))
    log = ("--from-access-log", "access.log.gz", "--budget", "1s", "--no-control", "--seed", "1")
    race = started(*RACE, *log, "--details", folder=tmp_path)
    stdout, stderr = race.communicate(timeout=_AT_MOST_S)
    assert race.returncode == 0, stderr
    run = stored(tmp_path)
    assert not run.failures
    workload = run.plan.suite.benchmark("saturation").workload
    labels = [step.label for step in workload.steps]
    assert labels.count("GET /") == sum(label.startswith("GET /books/") for label in labels) == 30
    (template,) = workload.steps[0].secrets
    assert template.place == "expected template"
    assert template.matches('<input value="{*}"> <h1>/</h1>')
    counts = [w.counts for m in run.measurements for w in m.windows]
    assert any(each.ok for each in counts)
    assert not any(each.wrong_body or each.wrong_status for each in counts)
    race_info = run.plan.suite.race_info
    assert race_info is not None
    text = " ".join(stdout.split())
    shown = [note for note in race_info.notes if note in text]
    assert any(note.startswith("access.log.gz, ") and "out: 1 " in note for note in shown)
    assert any(all(part in note for part in ("GET /old", "6.2%", "404")) for note in shown)
    assert any(CHANGES in note for note in shown)
