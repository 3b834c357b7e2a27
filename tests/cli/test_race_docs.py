"""What docs/first-race.md tells people to type does what it says, in its order."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from command_line import PROGRAM, environment_in, survivors, write
from small_runs import check_all_answered_right, stored

from timetrial.cli.output import Exit
from timetrial.project.requests.checked import CHANGES

PAGE = Path(__file__).parents[2] / "docs" / "first-race.md"
_FENCED = re.compile(
    r"(?:`(?P<file>[\w.]+)`:\n\n)?^```(?P<kind>\w+)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE
)
_AT_MOST_S = 300.0


def section(title: str) -> str:
    """Return what stands under a heading."""
    parts = re.split(r"^## ", PAGE.read_text("utf-8"), flags=re.MULTILINE)
    return next(part for part in parts if part.startswith(title))


def follow(text: str, folder: Path, more: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Write the files and run the commands of a section; yield commands with what they print."""
    environment = environment_in(folder)
    environment.pop("VIRTUAL_ENV", None)
    for block in _FENCED.finditer(text):
        if block["file"]:
            write(folder, {block["file"]: block["text"]})
        elif block["kind"] == "console":
            for line in block["text"].splitlines():
                command = line.removeprefix("$ ")
                if command != line:
                    yield command, _run(command, folder, environment, more)


def _run(command: str, folder: Path, environment: dict[str, str], more: tuple[str, ...]) -> str:
    words = shlex.split(command)
    allowed = {Exit.DONE, Exit.VERDICT_NO} if words[:2] == ["timetrial", "gate"] else {Exit.DONE}
    if words[0] == "timetrial":
        words = [str(PROGRAM), *words[1:], *more]
    ended = subprocess.run(
        words, cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True,
        encoding="utf-8", timeout=_AT_MOST_S, check=False,
    )  # fmt: skip
    assert ended.returncode in allowed, f"{command}\n{ended.stdout}\n{ended.stderr}"
    return ended.stdout


def followed(title: str, folder: Path, servers: Sequence[str], *more: str) -> str:
    """Follow a section; return what its race prints, on one line."""
    short = ("--budget", "1s", "--no-control", "--details", "--servers", ",".join(servers))
    printed = dict(follow(section(title), folder, (*short, *more)))
    (race,) = (text for command, text in printed.items() if command.startswith("timetrial race"))
    assert "Recommendation" in race
    check_all_answered_right(folder, *servers)
    assert survivors(folder) == []
    return " ".join(race.split())


@pytest.mark.live
def test_the_page_on_django_can_be_followed_and_a_login_page_is_checked(tmp_path: Path) -> None:
    """Of the admin, which has a token that changes and wants tables: servers of both kinds."""
    setup = ("--setup", "python manage.py migrate -v 0")
    said = followed("Race your Django", tmp_path, ("gunicorn-gthread", "uvicorn"), *setup)
    assert "Django 5.2.8" in said
    assert CHANGES in said
    assert any(
        reference.place == "expected template"
        for benchmark in stored(tmp_path).plan.suite.benchmarks
        for step in benchmark.workload.steps
        for reference in step.secrets
    )


@pytest.mark.live
def test_the_page_on_fastapi_can_be_followed_line_by_line(tmp_path: Path) -> None:
    said = followed("Race your FastAPI", tmp_path, ("granian-asgi", "uvicorn"))
    assert "FastAPI" in said


@pytest.mark.soak
def test_the_page_on_a_gate_finds_the_regression(tmp_path: Path) -> None:
    """The service of the section before it, in its environment."""
    service, gate = section("Race your FastAPI"), section("Catch a regression")
    setup = service.partition("```console\n$ timetrial race")[0]
    assert list(follow(setup, tmp_path, ()))
    printed = dict(follow(gate, tmp_path, ("--rounds", "6", "--no-control")))
    (judged,) = (text for command, text in printed.items() if command.startswith("timetrial gate"))
    assert "regression" in judged
    assert survivors(tmp_path) == []
