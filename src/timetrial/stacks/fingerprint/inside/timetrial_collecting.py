"""Wraps an app inside a server as `timetrial_inside` does: its path collects garbage.

It is on the module path of a start whose instructions are counted. Of requests to other paths it
compares the path alone.
"""

from __future__ import annotations

import gc

import timetrial_inside

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def collected(query: str, request: dict[str, Any]) -> bytes:
    del query, request
    gc.collect()
    return b"{}"


timetrial_inside.answer = collected
app = timetrial_inside.app
