"""Services of the user: checked once, never started or stopped."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from urllib.parse import urlsplit

from timetrial.catalog.service_schema import Speaks
from timetrial.model import BadInput
from timetrial.model.redaction import without_passwords
from timetrial.stacks.services.client import Access
from timetrial.stacks.services.running import RunningService
from timetrial.stacks.services.start import service_client

ANSWERS_WITHIN_S = 10.0
SCHEMES = {
    "http": ("http", "https"),
    "https": ("https",),
    "postgres": ("postgresql", "postgres"),
    "redis": ("redis", "rediss"),
}
"""The schemes of URLs, by the protocol of a service."""


@contextmanager
def connected(name: str, speaks: Speaks, access: Access) -> Iterator[RunningService]:
    """Check that an external service responds correctly. Raises BadInput if it does not."""
    shown = _shown(access.url)
    require_url(name, speaks, access.url)
    try:
        client = service_client(speaks, access)
    except ValueError as error:
        why = without_passwords(str(error), access.url)
        raise BadInput(f"--{name}: {shown} cannot be used: {why}") from error
    with closing(client):
        try:
            problem = client.problem(ANSWERS_WITHIN_S)
        except OSError as error:
            why = without_passwords(str(error), access.url)
            raise BadInput(f"--{name}: nothing answers at {shown}: {why}") from error
        if problem:
            raise BadInput(f"--{name}: {shown} {without_passwords(problem, access.url)}")
        yield RunningService(name, access, client)


def require_url(name: str, speaks: Speaks, url: str) -> None:
    """Raise BadInput unless this is a URL of such a service."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in SCHEMES[speaks] and parts.hostname
        _ = parts.port
    except ValueError:
        usable = False
    if not usable:
        allowed = " or ".join(f"{scheme}://" for scheme in SCHEMES[speaks])
        raise BadInput(f"--{name}: {_shown(url)} is no URL that begins with {allowed}")


def _shown(url: str) -> str:
    """Return a URL with its user and without its password."""
    lead, at, rest = url.rpartition("@")
    scheme, mark, account = lead.partition("://")
    user = account.partition(":")[0]
    return repr(without_passwords(f"{scheme}{mark}{user}{at}{rest}" if at else url))
