"""Secrets are planted in all places, and looked for in all that a run leaves behind."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import sys
from pathlib import Path

import planted
import pytest
from command_line import timetrial, within, write

from fake_stacks import failed, small_suite, staged
from runs import A_MACHINE
from timetrial.catalog import load_catalog
from timetrial.cli.derived_options import record_of
from timetrial.cli.endings import resumption_of
from timetrial.cli.output import error_line
from timetrial.cli.race import RaceCommand
from timetrial.cli.race import race as race_command
from timetrial.engine import Responder
from timetrial.model.errors import StackFailed
from timetrial.model.plan import plan
from timetrial.model.suite import Stack
from timetrial.model.workload import Expectation
from timetrial.project.requests.workload import workload_of
from timetrial.reports.formats import TEXTS
from timetrial.runner.starter import LiveStack
from timetrial.stacks.answer import Answer, mistake
from timetrial.store.secrets import SecretStore
from timetrial.verbs.projects import app_options_of, external_services_of
from timetrial.verbs.request_mix import mix_of
from timetrial.verbs.run_secrets import references, secrets_of

SERVICES = ("--service", "redis", "--redis", planted.SERVICE)
APP = f"""
import os, sys

BODY = {planted.BODY!r}.encode()

def app(environ, start_response):
    print({planted.LOGGED!r}, file=sys.stderr, flush=True)
    print("cookie was", environ.get("HTTP_COOKIE"), os.environ["SECRET_KEY"], file=sys.stderr)
    wanted = {dict(planted.HEADERS)["Authorization"]!r}
    status = "200 OK" if environ.get("HTTP_AUTHORIZATION") == wanted else "401 No"
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(BODY)))]
    start_response(status, headers)
    return [BODY]
"""
BROKEN = f"import os\nprint(os.environ['DATABASE_URL'])\nraise OSError({planted.RAISED!r})\n"


def race_options(*words: str) -> RaceCommand:
    with race_command.make_context("race", list(words)) as context:
        return record_of(RaceCommand, context)


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    write(tmp_path, {".env": planted.ENV_FILE})
    return tmp_path


def test_what_a_run_leaves_behind_has_none_of_twelve_secrets(folder: Path) -> None:
    """The stacks are fakes: what they say is what real ones would."""
    with contextlib.chdir(folder):
        options = race_options("shop:app", *planted.typed(), *SERVICES)
    app = dataclasses.replace(app_options_of(options), env_file=folder / ".env")
    external = external_services_of(app, load_catalog(), "this race", options)
    held = secrets_of(options, app, external)
    workload = workload_of(mix_of(options, lambda _event: None), ("wsgi", "asgi"))
    (step,) = workload.steps
    step = dataclasses.replace(step, expect=Expectation(body=planted.BODY))
    workload = dataclasses.replace(workload, steps=(step,))
    suite = small_suite(rounds=2)
    suite = dataclasses.replace(
        suite,
        benchmarks=tuple(dataclasses.replace(b, workload=workload) for b in suite.benchmarks),
        secrets=references(held, app, external),
    )

    def check(_running: LiveStack, stack: Stack, _benchmark: object) -> None:
        if stack.name == "waitress":
            other = Answer(200, planted.BODY.replace("me", "you").encode())
            raise StackFailed("answer", str(mistake(other, step.expect)), planted.LOGGED)

    refused = StackFailed("start", f"no {planted.DATABASE}", f"Traceback\n{planted.RAISED}")
    with staged(folder / "kept") as stage:
        stage.store = store = SecretStore(stage.store, held)
        stage.run = store.create_run(plan(suite, 1), A_MACHINE, [], "0", "2026-11-30T00:00:00")
        stage.broken = {("uvicorn", 1): refused, ("uvicorn", 2): refused}
        run = stage.execute(check)
        asked = stage.driver.sessions[0].targets[0].requests[0]
        exported = store.export(stage.run)
    assert {stack for _, _, stack in failed(run)} == {"uvicorn", "waitress"}
    assert run.plan.suite.benchmarks[0].workload == workload, "the run is measured with them"
    assert (asked.path, asked.expect) == (planted.PATH, step.expect)
    assert set(planted.HEADERS) <= set(asked.headers)
    assert list(planted.leaks(folder, json.dumps(exported), but=(".env",))) == []
    shown = reports_of(folder)
    assert list(planted.leaks(folder, *shown, but=(".env",))) == []


def reports_of(folder: Path) -> list[str]:
    """Write all forms of the stored run, and return what was printed."""
    store = ("--store", "kept/timetrial.db")
    verbs = (
        ("report", "latest", *store, "--format", ",".join(TEXTS)),
        ("report", "latest", *store),
        ("runs", "export", "latest", *store),
        ("list", "runs", *store),
    )
    ended = [within(*words, folder=folder) for words in verbs]
    assert [done.returncode for done in ended] == [0, 0, 0, 0], ended
    return [done.stdout + done.stderr for done in ended]


def test_load_tells_no_account_of_a_url(folder: Path) -> None:
    with Responder() as responder:
        url = f"http://me:{planted.SECRETS['userinfo']}@{responder.address}{planted.PATH}"
        words = ("load", url, "-n", "20", *planted.typed()[:6])
        ended = [within(*words, *json_too, folder=folder) for json_too in ((), ("--json",))]
    assert [done.returncode for done in ended] == [0, 0]
    shown = (text for done in ended for text in (done.stdout, done.stderr))
    assert list(planted.leaks(folder, *shown, but=(".env",))) == []


def test_the_command_that_goes_on_can_be_typed_and_has_no_secret(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ("timetrial", "race", "shop:app", *planted.typed(), *SERVICES, "--setup", "echo $HOME")
    resumption = resumption_of([*words, "--resume", "7"])
    error_line(f"interrupted; {resumption.advice}")
    assert capsys.readouterr().err == (
        "timetrial: interrupted; set COOKIE, AUTHORIZATION, X_API_KEY, SECRET_KEY, DATABASE_URL, "
        "API_KEY, REDIS_PASSWORD in the shell to the values of before, and go on with: "
        'timetrial race shop:app --header "Cookie: $COOKIE" --header '
        '"Authorization: $AUTHORIZATION" --header "X-Api-Key: $X_API_KEY" --env '
        '"SECRET_KEY=$SECRET_KEY" --env "DATABASE_URL=$DATABASE_URL" --env-file .env --path '
        '"/?page=1&api_key=$API_KEY" --service redis --redis '
        "\"redis://:$REDIS_PASSWORD@127.0.0.1:1/0\" --setup 'echo $HOME' --resume 7\n"
    )
    assert list(planted.leaks(Path("/nowhere"), resumption.command)) == []


@pytest.mark.live
def test_a_real_run_of_a_suite_leaves_none_of_its_files_behind(folder: Path) -> None:
    """Nor has what it prints; all that it sends is answered right."""
    write(folder, planted.FILES)
    ended = timetrial("run", "bench.toml", "--catalog", "own", "--json", folder=folder)
    assert ended.returncode == 0, ended.stderr
    exported = timetrial("runs", "export", "1", folder=folder).stdout
    written = tuple(Path(name).name for name in planted.FILES)
    shown = (ended.stdout, ended.stderr, exported)
    assert list(planted.leaks(folder, *shown, but=(".env", *written))) == []
    assert json.loads(exported)["failures"] == []


@pytest.mark.live
def test_a_real_race_leaves_none_of_them_behind(folder: Path) -> None:
    """All but those of services, of which none is started here."""
    write(folder, {"shop.py": APP, "broken.py": BROKEN})
    race = (
        "--servers", "waitress", "--budget", "1s", "--no-control", "--python", sys.executable,
        *planted.typed(),
    )  # fmt: skip
    ended = timetrial("race", "shop:app", *race, folder=folder)
    assert ended.returncode == 0, ended.stderr
    broken = timetrial("race", "broken:app", *race, folder=folder)
    assert broken.returncode == 2, broken
    other = timetrial(
        "race", "shop:app", *race, "--header", "Accept: text/html", "--resume", "1", folder=folder
    )
    assert "another race; the headers: " in other.stderr
    written = (".env", "shop.py", "broken.py")
    shown = (ended.stdout, ended.stderr, broken.stdout, broken.stderr, other.stderr)
    exported = timetrial("runs", "export", "1", folder=folder).stdout
    assert list(planted.leaks(folder, *shown, exported, but=written)) == []
