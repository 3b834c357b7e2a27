"""Services that run, or run elsewhere, and what they have used."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from timetrial.catalog.schema import of_service
from timetrial.machine.ports import connections_to
from timetrial.model.errors import ServiceFailed
from timetrial.model.redaction import without_passwords
from timetrial.model.service import ServiceUse
from timetrial.stacks.process import RunningStack
from timetrial.stacks.sampler import cpu_s_so_far
from timetrial.stacks.services.client import Access, ServiceClient, ServiceCounts

EXTERNAL = "external"
USUAL_PORTS = {"http": 80, "https": 443, "redis": 6379, "rediss": 6379, "postgresql": 5432}


@dataclass(frozen=True, slots=True)
class Reading:
    """A service at one moment."""

    at_s: float
    cpu_s: float | None
    counts: ServiceCounts


class RunningService:
    """A service that has answered; without a process it is an external one."""

    def __init__(  # noqa: PLR0913 - it is made of that many parts
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
        """Return what placeholders stand for that name this service."""
        found = {of_service(self.name, "url"): self.access.url}
        if self.access.ca is not None:
            found[of_service(self.name, "ca")] = str(self.access.ca)
        return found

    def require_alive(self) -> None:
        """Raise ServiceFailed if its process has ended."""
        if self._process is not None and not self._process.is_alive():
            raise ServiceFailed(self.name, "ended during the run", self._process.log_tail())

    def read(self) -> Reading:
        """Read clocks and counts. Raises ServiceFailed if it does not tell them any more."""
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
        """Add up what it did from the first to the second reading of each span."""
        return ServiceUse(
            name=self.name,
            passed_s=sum(after.at_s - before.at_s for before, after in spans),
            cores=self._cores,
            cpu_s=_added([(before.cpu_s, after.cpu_s) for before, after in spans]),
            connections=connections_to(self._port(), client_pids),
            opened=_counted("opened", spans),
            http2=_counted("http2", spans),
            requests=_counted("requests", spans),
            delay_s=_added([(b.counts.delay_s, a.counts.delay_s) for b, a in spans]),
            response_s=_added([(b.counts.response_s, a.counts.response_s) for b, a in spans]),
        )

    def _port(self) -> int:
        parts = urlsplit(self.access.url)
        return parts.port or USUAL_PORTS.get(parts.scheme, 0)


def _added(pairs: Collection[tuple[float | None, float | None]]) -> float | None:
    """Add up differences; None if one end of them is not known."""
    known = [after - before for before, after in pairs if before is not None and after is not None]
    return sum(known) if len(known) == len(pairs) else None


def _counted(name: str, spans: Collection[tuple[Reading, Reading]]) -> int | None:
    ends = [(getattr(b.counts, name), getattr(a.counts, name)) for b, a in spans]
    added = _added(ends)
    return None if added is None else round(added)
