"""`--versions` takes its words as people type them."""

from __future__ import annotations

import pytest

from timetrial.cli.derived_options import spread

TWO = ["--versions", "granian==2.8.5", "--versions", "granian==2.8.7"]


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        (["--versions", "granian==2.8.5", "granian==2.8.7"], TWO),
        (TWO, TWO),
        (["--versions=granian==2.8.5", "granian==2.8.7"], ["--versions=granian==2.8.5", *TWO[2:]]),
        (["app:app", *TWO[:2], "granian==2.8.7", "--json"], ["app:app", *TWO, "--json"]),
        ([*TWO[:2], "quick"], [*TWO[:2], "quick"]),
        (["--with", "a==1", "quick"], ["--with", "a==1", "quick"]),
        (["--with", "a==1", "b==2"], ["--with", "a==1", "b==2"]),
        ([*TWO[:2], "--", "granian==2.8.7"], [*TWO[:2], "--", "granian==2.8.7"]),
        ([*TWO[:2], "--rounds", "5", "b==2"], [*TWO[:2], "--rounds", "5", "b==2"]),
    ],
)
def test_words_that_follow_belong_to_it(typed: list[str], read: list[str]) -> None:
    assert spread(typed) == read
