"""Which services of the user's take the place of those that a run would start."""

from __future__ import annotations

import ssl
from collections.abc import Mapping, Sequence
from pathlib import Path

from timetrial.catalog.registry import Catalog
from timetrial.model.errors import BadInput
from timetrial.model.service import Service
from timetrial.stacks.services.client import Access
from timetrial.stacks.services.external import require_url
from timetrial.stacks.services.running import EXTERNAL
from timetrial.verbs.options.services import ServiceOptions


def external_among(
    services: Sequence[Service],
    whose: str,
    catalog: Catalog,
    options: ServiceOptions,
) -> Mapping[str, Access]:
    """Read the options, for services that are needed.

    Raises BadInput for one that there is no use for, or that lacks; `whose` names what has them.
    """
    needed = {each.name: each for each in services}
    given = options.urls()
    for name, url in given.items():
        if name not in needed:
            listed = ", ".join(needed) or "none"
            raise BadInput(f"--{name}: the services of {whose} are: {listed}")
        require_url(name, catalog.service(name).speaks, url)
    for name, service in needed.items():
        if service.version == EXTERNAL and name not in given:
            raise BadInput(
                f"the run was begun with an external {name!r}: give it with --{name} URL"
            )
    return {
        name: Access(url, ca=_authorities(options) if name == "upstream" else None)
        for name, url in given.items()
    }


def _authorities(options: ServiceOptions) -> Path | None:
    given = options.upstream_ca or ssl.get_default_verify_paths().cafile
    return None if given is None else Path(given)
