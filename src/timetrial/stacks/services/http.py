"""Services with HTTP or HTTPS: a correct response is status 200 with a JSON document."""

from __future__ import annotations

import json
import socket
import ssl
import urllib.request
from http.client import HTTPException
from urllib.error import HTTPError, URLError

from timetrial.model import seconds
from timetrial.stacks.services.client import Access, ServiceCounts

CONTROL_WITHIN_S = 5.0
_OK = 200


class HttpClient:
    """Opens a connection for each request; counts come from the control port of a stub server."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._control: socket.socket | None = None

    def problem(self, timeout_s: float) -> str | None:
        url = self._access.url
        tls = None
        if url.startswith("https:"):
            tls = ssl.create_default_context(cafile=self._access.ca)
        try:
            with urllib.request.urlopen(url, timeout=timeout_s, context=tls) as answer:  # noqa: S310 - the schemes are checked where URLs come in
                status, body = answer.status, answer.read()
        except HTTPError as error:
            with error:
                return f"answered status {error.code} instead of {_OK}"
        except URLError as error:
            raise OSError(str(error.reason)) from error
        except HTTPException as error:
            return f"answered with something that is not HTTP ({error!r:.80})"
        return _mistake(status, body)

    def counts(self) -> ServiceCounts:
        if self._access.control is None:
            return ServiceCounts()
        if self._control is None:
            port = int(self._access.control.read_text("ascii"))
            self._control = socket.create_connection(("127.0.0.1", port), CONTROL_WITHIN_S)
        self._control.sendall(b"\n")
        received = b""
        while not received.endswith(b"\n"):
            more = self._control.recv(4096)
            if not more:
                raise ConnectionResetError("the control port was closed")
            received += more
        counts = json.loads(received)
        return ServiceCounts(
            opened=counts["accepted"],
            http2=counts.get("http2"),
            requests=counts["responses"],
            delay_s=seconds(counts["delay_ns"]),
            response_s=seconds(counts["response_ns"]),
        )

    def close(self) -> None:
        if self._control is not None:
            self._control.close()


def _mistake(status: int, body: bytes) -> str | None:
    if status != _OK:
        return f"answered status {status} instead of {_OK}"
    try:
        json.loads(body)
    except ValueError:
        return f"answered with a body that is not JSON ({body[:80]!r})"
    return None
