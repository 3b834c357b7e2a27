"""Options that several verbs share, each declared once."""

from __future__ import annotations

from timetrial.cli.derived_options import options_in
from timetrial.verbs.options.places import (
    CatalogOptions,
    JsonOptions,
    ReportOptions,
    StoreOptions,
)
from timetrial.verbs.options.project import ProjectOptions
from timetrial.verbs.options.requests import RequestOptions
from timetrial.verbs.options.services import ServiceOptions

CATALOG = options_in(CatalogOptions)
STORE = options_in(StoreOptions)
REPORTS = options_in(ReportOptions)
JSON = options_in(JsonOptions)
PROJECT = options_in(ProjectOptions)
REQUESTS = options_in(RequestOptions)
SERVICES = options_in(ServiceOptions)
