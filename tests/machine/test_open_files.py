"""How many files processes may still open, and who may not open enough."""

from __future__ import annotations

import os
import resource
from pathlib import Path

import pytest

from timetrial.machine.open_files import BESIDE, files_left, require_files
from timetrial.model.errors import BadInput


def test_more_files_than_a_process_may_open_are_refused_in_a_sentence() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    require_files(1, "suite 'idle'")
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (BESIDE + 50, hard))
        require_files(50, "suite 'idle'")
        with pytest.raises(BadInput) as refused:
            require_files(51, "suite 'idle'")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert str(refused.value) == (
        "suite 'idle' opens 51 connections, and a process may open 250 files here: hold fewer, or "
        "raise the hard limit (ulimit -Hn 251, as root)"
    )


def test_the_process_that_is_closest_to_its_limit_counts(tmp_path: Path) -> None:
    left = files_left([os.getpid(), os.getppid()])
    assert left is not None
    own = files_left([os.getpid()])
    with (tmp_path / "file").open("w"):
        one_less = files_left([os.getpid()])
    assert own is not None
    assert one_less == own - 1
    assert files_left([]) is None
