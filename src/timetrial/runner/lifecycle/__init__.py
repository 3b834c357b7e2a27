"""Experiments on how stacks start, stop, reload and lose a worker, while requests come."""

from __future__ import annotations

from timetrial.runner.lifecycle.run_all import live_through

__all__ = ["live_through"]
