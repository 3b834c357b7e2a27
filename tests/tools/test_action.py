"""The steps of action.yml, with stand-ins for what they install and whom they talk to."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from timetrial.features.gate.github import COMMENT_MARK

STEPS = Path(__file__).parents[2] / ".github" / "action"
PRETENDED = '#!/bin/sh\nprintf "%s\\n" "$0 $*" >>"$CALLS"\n'
VENV = """#!/bin/sh
mkdir -p "$3/bin"
for name in pip timetrial; do cp "$PRETENDED" "$3/bin/$name"; done
"""
GH_WITH_EARLIER = PRETENDED + 'case "$*" in *--paginate*) echo 41;; esac\n'


def program(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    file.chmod(0o755)
    return file


def ran(step: str, folder: Path, **variables: str) -> tuple[int, list[str]]:
    """Run a step; return its exit code and what it called."""
    calls = folder / "calls"
    calls.touch()
    ended = subprocess.run(
        ["/bin/bash", STEPS / step],
        env={"PATH": f"{folder}:{os.environ['PATH']}", "CALLS": str(calls),
             "RUNNER_TEMP": str(folder), **variables},
        check=False,
    )  # fmt: skip
    return ended.returncode, calls.read_text("utf-8").replace(f"{folder}/", "").splitlines()


def gated(folder: Path, **variables: str) -> list[str]:
    """Return what the step of the gate calls: the installation, and the gate."""
    program(folder, "python3", VENV)
    code, calls = ran(
        "gate.sh", folder,
        **{
            "APP": "shop:app", "BASE_REV": "", "MAX_REGRESSION": "", "BUDGET": "2m", "COUNT": "",
            "OPTIONS": "", "APP_PYTHON": "", "VERSION": "",
            "PRETENDED": str(program(folder, "pretended", PRETENDED)),
            "GITHUB_ACTION_PATH": "/the/action", "GITHUB_OUTPUT": str(folder / "output"),
            **variables,
        },
    )  # fmt: skip
    assert code == 0
    return calls


@pytest.mark.parametrize(
    ("version", "package"), [("", "/the/action"), ("0.2.0", "timetrial==0.2.0")]
)
def test_the_gate_gets_its_options_as_a_shell_reads_them(
    version: str, package: str, tmp_path: Path
) -> None:
    options = "--path '/a b' --workers 2"
    install, gate = gated(
        tmp_path, VERSION=version, MAX_REGRESSION="5%", OPTIONS=options, BASE_REV="origin/main"
    )
    assert install == f"timetrial/bin/pip install --quiet {package}"
    assert gate == (
        "timetrial/bin/timetrial gate shop:app --comment "
        "timetrial-comment.md --junit timetrial-gate.xml --max-regression 5% --budget 2m "
        "--base-rev origin/main --path /a b --workers 2"
    )
    assert (tmp_path / "output").read_text("utf-8") == "result=0\n"


def test_what_is_counted_has_no_budget_and_a_limit_of_its_own(tmp_path: Path) -> None:
    _, gate = gated(tmp_path, COUNT="auto")
    assert gate == (
        "timetrial/bin/timetrial gate shop:app --comment "
        "timetrial-comment.md --junit timetrial-gate.xml --count auto"
    )


@pytest.mark.parametrize(
    ("gh", "called"),
    [
        (PRETENDED, "--method POST repos/me/shop/issues/7/comments"),
        (GH_WITH_EARLIER, "--method PATCH repos/me/shop/issues/comments/41"),
    ],
)
def test_one_comment_is_written_and_then_updated(gh: str, called: str, tmp_path: Path) -> None:
    program(tmp_path, "gh", gh)
    (tmp_path / "timetrial-comment.md").write_text(f"{COMMENT_MARK}\n### Gate\n", "utf-8")
    code, calls = ran("comment.sh", tmp_path, GITHUB_REPOSITORY="me/shop", NUMBER="7")
    assert code == 0
    assert calls[-1] == f"gh api {called} --field body=@timetrial-comment.md --silent"


def test_without_a_judgement_there_is_no_comment(tmp_path: Path) -> None:
    program(tmp_path, "gh", PRETENDED)
    assert ran("comment.sh", tmp_path, GITHUB_REPOSITORY="me/shop", NUMBER="7") == (0, [])
