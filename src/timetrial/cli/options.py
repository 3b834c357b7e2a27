"""Options that several verbs share, each declared once."""

from __future__ import annotations

from timetrial.cli.derived_options import options_in
from timetrial.verbs.options.places import CatalogOptions, JsonOptions, StoreOptions

CATALOG = options_in(CatalogOptions)
STORE = options_in(StoreOptions)
JSON = options_in(JsonOptions)
