"""Options that put a service of the user's in the place of one that a run would start."""

from __future__ import annotations

import ssl
from collections.abc import Mapping, Sequence
from pathlib import Path

from timetrial.catalog.registry import Catalog
from timetrial.cli.derived_options import options_in
from timetrial.errors import BadInput
from timetrial.service import Service
from timetrial.services.external import require_url
from timetrial.services.running import EXTERNAL
from timetrial.services.speaker import Access
from timetrial.suite import Suite
from timetrial.verbs.options.services import ServiceOptions

_NAMES = ("postgres", "redis", "fake-database", "upstream")

SERVICES = options_in(ServiceOptions)
"""An option for each service that may be external."""


def external_services(
    suite: Suite, catalog: Catalog, options: Mapping[str, str | Path | None]
) -> Mapping[str, Access]:
    """Read the options. Raises BadInput for one that the suite has no use for, or lacks."""
    return external_among(suite.services, f"suite {suite.name!r}", catalog, options)


def external_among(
    services: Sequence[Service],
    whose: str,
    catalog: Catalog,
    options: Mapping[str, str | Path | None],
) -> Mapping[str, Access]:
    """Read the options, for services that are needed. Raises BadInput likewise."""
    needed = {each.name: each for each in services}
    given = {name: url for name in _NAMES if (url := options[name.replace("-", "_")])}
    if options["upstream_ca"] and "upstream" not in given:
        raise BadInput("--upstream-ca is for --upstream URL, which is not given")
    for name, url in given.items():
        if name not in needed:
            listed = ", ".join(needed) or "none"
            raise BadInput(f"--{name}: the services of {whose} are: {listed}")
        require_url(name, catalog.service(name).speaks, str(url))
    for name, service in needed.items():
        if service.version == EXTERNAL and name not in given:
            raise BadInput(
                f"the run was begun with an external {name!r}: give it with --{name} URL"
            )
    return {
        name: Access(str(url), ca=_authorities(options) if name == "upstream" else None)
        for name, url in given.items()
    }


def _authorities(options: Mapping[str, str | Path | None]) -> Path | None:
    given = options["upstream_ca"] or ssl.get_default_verify_paths().cafile
    return None if given is None else Path(given)
