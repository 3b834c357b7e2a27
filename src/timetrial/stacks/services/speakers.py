"""What asks a service, by what it speaks."""

from __future__ import annotations

from importlib import import_module

from timetrial.catalog.service_schema import Speaks
from timetrial.stacks.services.client import Access, Speaker

_CLASSES: dict[Speaks, tuple[str, str]] = {
    "http": ("http", "HttpSpeaker"),
    "https": ("http", "HttpSpeaker"),
    "postgres": ("postgres", "PostgresSpeaker"),
    "redis": ("redis", "RedisSpeaker"),
}
"""Module and class: clients are imported when a run needs them."""


def speaker(speaks: Speaks, access: Access) -> Speaker:
    """Make what asks a service; nothing is connected yet. Raises ValueError for an unusable URL."""
    module, name = _CLASSES[speaks]
    asks: Speaker = getattr(import_module(f"timetrial.stacks.services.{module}"), name)(access)
    return asks
