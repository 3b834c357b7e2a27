"""The store that a verb was told to use."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from timetrial.errors import BadInput, StoreError
from timetrial.store.store import Store


def open_store(file_or_url: str) -> Store:
    """Open a store, and make it if it is not there."""
    try:
        return Store.open(file_or_url)
    except StoreError as error:
        raise BadInput(f"{error}; name another with --store") from error


def open_existing(file_or_url: str) -> Store:
    """Open a store that somebody has made before."""
    if "://" not in file_or_url and not Path(file_or_url).exists():
        raise BadInput(f"there is no store at {file_or_url!r}; `timetrial run` makes one")
    return open_store(file_or_url)


def run_number(text: str) -> int | Literal["latest"]:
    """Read the number of a run, or 'latest'."""
    if text == "latest":
        return "latest"
    if not text.isdecimal() or int(text) < 1:
        raise BadInput(f"{text!r} is no run: give its number, or 'latest'")
    return int(text)
