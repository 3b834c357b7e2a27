"""`make audit` says what it could not look for, and fails only for what was found."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "tools" / "audit.sh"
CLEAN = '{"dependencies": [{"name": "uv", "version": "1", "vulns": []}]}'
UNKNOWN = '{"dependencies": [{"name": "uv", "skip_reason": "Dependency not found on PyPI"}]}'


def audited(folder: Path, pip_audit: str, cargo: str) -> tuple[int, str]:
    """Run it with programs that do no more than these lines of shell."""
    for name, lines in (("pip-audit", pip_audit), ("cargo", cargo)):
        (folder / name).write_text(f"#!/bin/sh\n{lines}\n")
        (folder / name).chmod(0o755)
    ended = subprocess.run(
        [SCRIPT], env={"PATH": f"{folder}:/usr/bin:/bin"}, text=True, capture_output=True,
        check=False,
    )  # fmt: skip
    return ended.returncode, ended.stdout


def answering(json: str, code: int = 0) -> str:
    return f"[ $1 = --version ] && exit; echo '{json}'; exit {code}"


@pytest.mark.parametrize(
    ("pip_audit", "cargo", "code", "said"),
    [
        ("exit 1", "exit 1", 0, ("cargo-deny is not installed", "pip-audit is not installed")),
        (answering(CLEAN), "exit 0", 0, ("vulnerabilities in 1 of 1 packages", "are allowed")),
        (answering(UNKNOWN), "exit 0", 0, ("txt: skipped, the index of packages has no JSON",)),
        (answering("", 1), "exit 0", 0, ("its JSON of versions cannot be reached",)),
        (answering(CLEAN, 1), "exit 0", 1, ("txt: has known vulnerabilities",)),
        ("exit 1", "case $* in *fetch) exit 1;; esac", 0, ("RustSec at github.com cannot be",)),
        ("exit 1", "case $* in *licenses*) exit 1;; esac", 1, ("crates: no known",)),
    ],
)
def test_it_says_what_could_not_be_looked_for(
    pip_audit: str, cargo: str, code: int, said: tuple[str, ...], tmp_path: Path
) -> None:
    found = audited(tmp_path, pip_audit, cargo)
    assert found[0] == code
    assert all(text in found[1] for text in said), found[1]
