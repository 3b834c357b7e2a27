"""Running services, and the resources that they used."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from timetrial.catalog.schema import ServiceValue, of_service
from timetrial.machine.ports import connections_to
from timetrial.model import ServiceFailed, ServiceUse
from timetrial.model.redaction import without_passwords
from timetrial.stacks.process import RunningStack
from timetrial.stacks.sampler import cpu_s_so_far
from timetrial.stacks.services.client import Access, ServiceClient, ServiceCounts

EXTERNAL = "external"
USUAL_PORTS = {"http": 80, "https": 443, "redis": 6379, "rediss": 6379, "postgresql": 5432}


@dataclass(frozen=True, slots=True)
class Reading:
    """Clocks and counts of a service at one moment."""

    at_s: float
    cpu_s: float | None
    counts: ServiceCounts


def values_of(service: str, access: Access) -> Mapping[str, str]:
    """Return the values of the placeholders of a service: its URL, and the parts of that."""
    parts = urlsplit(access.url)
    values: dict[ServiceValue, str] = {
        "url": access.url,
        "host": parts.hostname or "",
        "port": str(parts.port or USUAL_PORTS[parts.scheme]),
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "db": unquote(parts.path.strip("/")),
    }
    if access.ca is not None:
        values["ca"] = str(access.ca)
    return {of_service(service, what): text for what, text in values.items()}


class RunningService:
    """A service that has responded; an external one has no process."""

    def __init__(  # noqa: PLR0913 - six independent parts
        self,
        name: str,
        access: Access,
        client: ServiceClient,
        *,
        version: str = EXTERNAL,
        process: RunningStack | None = None,
        cores: int = 1,
    ) -> None:
        self.name = name
        self.version = version
        self.access = access
        self._client = client
        self._process = process
        self._cores = cores

    def values(self) -> Mapping[str, str]:
        """Return the values of the placeholders of this service."""
        return values_of(self.name, self.access)

    def require_alive(self) -> None:
        """Raise ServiceFailed if its process has ended."""
        if self._process is not None and not self._process.is_alive():
            raise ServiceFailed(self.name, "ended during the run", self._process.log_tail())

    def read(self) -> Reading:
        """Read clocks and counts. Raises ServiceFailed if the service does not respond."""
        cpu_s = None if self._process is None else cpu_s_so_far(self._process.processes())
        try:
            counts = self._client.counts()
        except OSError as error:
            self.require_alive()
            why = without_passwords(str(error), self.access.url)
            raise ServiceFailed(self.name, f"does not answer any more: {why}") from error
        return Reading(time.monotonic(), cpu_s, counts)

    def use(
        self, spans: Collection[tuple[Reading, Reading]], client_pids: Collection[int]
    ) -> ServiceUse:
        """Sum the differences between the two readings of each span.

        Open connections of `client_pids` are counted now.
        """
        url = urlsplit(self.access.url)
        port = url.port or USUAL_PORTS.get(url.scheme, 0)
        return ServiceUse(
            name=self.name,
            passed_s=sum(after.at_s - before.at_s for before, after in spans),
            cores=self._cores,
            cpu_s=_added([(before.cpu_s, after.cpu_s) for before, after in spans]),
            connections=connections_to(port, client_pids),
            opened=_counted("opened", spans),
            http2=_counted("http2", spans),
            requests=_counted("requests", spans),
            delay_s=_added([(b.counts.delay_s, a.counts.delay_s) for b, a in spans]),
            response_s=_added([(b.counts.response_s, a.counts.response_s) for b, a in spans]),
        )


def _added(pairs: Collection[tuple[float | None, float | None]]) -> float | None:
    """Sum the differences; None if one of them is unknown."""
    known = [after - before for before, after in pairs if before is not None and after is not None]
    return sum(known) if len(known) == len(pairs) else None


def _counted(name: str, spans: Collection[tuple[Reading, Reading]]) -> int | None:
    added = _added([(getattr(b.counts, name), getattr(a.counts, name)) for b, a in spans])
    return None if added is None else round(added)
