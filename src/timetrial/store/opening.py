"""The store of a verb, and the runs in it."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from timetrial.model import BadInput, Run, StoreError
from timetrial.model.redaction import without_passwords
from timetrial.store.store import Store

_MOST_DIGITS = 18
"""Of the number of a run: a longer text of digits is none."""
_MOST_SHOWN = 40
"""Characters of a text that is no run."""


def open_store(file_or_url: str, *, to_write: bool = False) -> Store:
    """Open a store; one that does not exist is made with its first record. Raises BadInput."""
    try:
        store = Store.open(file_or_url, made_when_used=True)
        if to_write:
            store.require_writable()
    except StoreError as error:
        raise BadInput(f"{error}; name another with --store") from error
    return store


def open_existing(file_or_url: str) -> Store:
    """Open an existing store. Raises BadInput."""
    if "://" not in file_or_url and not Path(file_or_url).exists():
        raise BadInput(
            f"there is no store at {without_passwords(file_or_url)!r}; `timetrial run` makes one"
        )
    return open_store(file_or_url)


def read_run(file_or_url: str, run: str) -> Run:
    """Read the stored run of that number, or the 'latest'. Raises BadInput."""
    number = number_of(run)
    with open_existing(file_or_url) as store:
        if not store.list_runs():
            shown = without_passwords(file_or_url)
            raise BadInput(f"the store {shown!r} has no runs yet; `timetrial run` adds one")
        return store.load(number)


def number_of(text: str) -> int | Literal["latest"]:
    """Read the number of a run, or 'latest'; raises BadInput."""
    if text == "latest":
        return "latest"
    if not text.isdecimal() or len(text) > _MOST_DIGITS or int(text) < 1:
        shown = text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}…"
        raise BadInput(f"{shown!r} is no run: give its number, or 'latest'")
    return int(text)
