"""What docs/race.md tells people to type does what it says, in the order in which it stands."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from command_line import PROGRAM, environment_in, survivors, within, write
from small_runs import check_all_answered_right, stored

from timetrial.analysis.recommendation import recommend
from timetrial.analysis.summarize import summarize
from timetrial.project.requests.checked import CHANGES

pytestmark = pytest.mark.live

PAGE = Path(__file__).parents[2] / "docs" / "race.md"
_FENCED = re.compile(
    r"(?:`(?P<file>[\w.]+)`:\n\n)?^```(?P<kind>\w+)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE
)
_AT_MOST_S = 300.0


def section(title: str) -> str:
    """Return what stands under a heading."""
    parts = re.split(r"^## ", PAGE.read_text("utf-8"), flags=re.MULTILINE)
    return next(part for part in parts if part.startswith(title))


@dataclass(frozen=True, slots=True)
class Step:
    """A command, or the text of a file."""

    text: str
    file: str = ""

    @property
    def is_race(self) -> bool:
        return not self.file and self.text.startswith("timetrial race ")


@dataclass(frozen=True, slots=True)
class Followed:
    """A section whose files are written and whose commands have been run, up to the race."""

    folder: Path
    rest: tuple[Step, ...]
    """The race, and what follows it."""


def follow(text: str, folder: Path) -> Followed:
    steps = tuple(_steps(text))
    (race,) = (number for number, step in enumerate(steps) if step.is_race)
    for step in steps[:race]:
        _take(step, folder)
    return Followed(folder, steps[race:])


def _steps(text: str) -> Iterator[Step]:
    for block in _FENCED.finditer(text):
        if block["file"]:
            yield Step(block["text"], block["file"])
        elif block["kind"] == "console":
            for line in block["text"].splitlines():
                command = line.removeprefix("$ ")
                if command != line:
                    yield Step(command)


def _take(step: Step, folder: Path, more: tuple[str, ...] = ()) -> str:
    """Write a file, or run a command and return what it prints."""
    if step.file:
        write(folder, {step.file: step.text})
        return ""
    environment = environment_in(folder)
    environment.pop("VIRTUAL_ENV", None)
    words = shlex.split(step.text)
    if words[0] == "timetrial":
        words = [str(PROGRAM), *words[1:], *more]
    ended = subprocess.run(
        words, cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True,
        encoding="utf-8", timeout=_AT_MOST_S, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, f"{step.text}\n{ended.stdout}\n{ended.stderr}"
    return ended.stdout


@pytest.fixture(name="sections", scope="module")
def _sections(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Followed]:
    """Follow both sections up to their races at once: most of it is to install."""
    titles = ("Django", "FastAPI")
    folders = [tmp_path_factory.mktemp(title) for title in titles]
    with ThreadPoolExecutor(len(titles)) as pool:
        texts = (section(f"Race your {title}") for title in titles)
        return dict(zip(titles, pool.map(follow, texts, folders), strict=True))


def raced(followed: Followed, servers: Sequence[str], *more: str) -> str:
    """Hold the race of a section; return what it prints, on one line."""
    short = ("--budget", "1s", "--no-control", "--details", "--servers", ",".join(servers))
    race, *further = followed.rest
    printed = _take(race, followed.folder, (*short, *more))
    for step in further:
        _take(step, followed.folder)
    assert "Recommendation" in printed
    check_all_answered_right(followed.folder, *servers)
    assert survivors(followed.folder) == []
    return " ".join(printed.split())


def test_the_page_on_django_can_be_followed_and_a_login_page_is_checked(
    sections: Mapping[str, Followed],
) -> None:
    """Of the admin, which has a token that changes and wants tables: servers of both kinds."""
    setup = ("--setup", "python manage.py migrate -v 0")
    django = sections["Django"]
    said = raced(django, ("gunicorn-gthread", "uvicorn"), *setup)
    assert "Django 5.2.8" in said
    assert CHANGES in said
    assert any(
        reference.place == "expected template"
        for benchmark in stored(django.folder).plan.suite.benchmarks
        for step in benchmark.workload.steps
        for reference in step.secrets
    )


def test_the_page_on_fastapi_can_be_followed_and_its_app_is_found_to_be_asgi(
    sections: Mapping[str, Followed],
) -> None:
    fastapi = sections["FastAPI"]
    said = raced(fastapi, ("granian-asgi", "uvicorn"))
    assert "FastAPI" in said
    document = json.loads(within("report", "--json", "--brief", folder=fastapi.folder).stdout)
    choice = recommend(summarize(stored(fastapi.folder)))
    assert choice is not None
    assert document["recommendation"]["kind"] == choice.kind
    race_info = document["summary"]["run"]["plan"]["suite"]["race_info"]
    assert race_info["app"] == fastapi.folder.name, "its module has the name of many"
    commands = {each["stack"]: each["command"] for each in race_info["deployments"]}
    assert commands["uvicorn"][:4] == ["uvicorn", "--host", "0.0.0.0", "--port"]  # noqa: S104
    assert commands["uvicorn"][-1] == "main:app"
