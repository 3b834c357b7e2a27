"""A user's project as verbs that take one find it, and the services that stand in for its own."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from timetrial.catalog.registry import Catalog
from timetrial.catalog.services import with_settings
from timetrial.cli.options import cache_dir
from timetrial.cli.output import PROGRESS
from timetrial.cli.progress import RunProgress
from timetrial.cli.project_options import active_environment
from timetrial.cli.services import external_among
from timetrial.project.find import find_project
from timetrial.project.project import Project
from timetrial.project.wish import Wish
from timetrial.race.suite import word
from timetrial.services.speaker import Access


def external_services_of(
    wish: Wish, catalog: Catalog, what: str, options: Mapping[str, Any]
) -> Mapping[str, Access]:
    """Read which of the wished services run elsewhere; `what` is it that takes them."""
    services = [with_settings(name, {}, catalog) for name in wish.services]
    return external_among(services, what, catalog, options)


def found_project(wish: Wish, catalog: Catalog, external: Mapping[str, Access]) -> Project:
    """Find a project and import it once, with progress shown; its name is one word."""
    with RunProgress(PROGRESS) as progress:
        project = find_project(
            wish, catalog, cache_dir(),
            virtual_env=active_environment(), external=external, observer=progress,
        )  # fmt: skip
    return dataclasses.replace(project, name=word(project.name))
