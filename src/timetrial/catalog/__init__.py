"""Servers, apps and suites as data: TOML files, their schemas, and their readers.

The schemas check manifests, which become records of `registry`. Nothing here installs or starts
anything: `stacks` does. Start with `registry`.
"""

from timetrial.catalog.loader import load_catalog, read_app, read_server, read_suite
from timetrial.catalog.registry import App, Catalog, Server
from timetrial.catalog.schema import Limit, Setting
from timetrial.catalog.suite_schema import (
    BenchmarkManifest,
    StackManifest,
    SuiteManifest,
    WarmUpManifest,
)
from timetrial.catalog.suites import build_suite

__all__ = [
    "App",
    "BenchmarkManifest",
    "Catalog",
    "Limit",
    "Server",
    "Setting",
    "StackManifest",
    "SuiteManifest",
    "WarmUpManifest",
    "build_suite",
    "load_catalog",
    "read_app",
    "read_server",
    "read_suite",
]
