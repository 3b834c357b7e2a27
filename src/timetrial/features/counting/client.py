"""A client of one server, which sends one request after the other and checks each response."""

from __future__ import annotations

import http.client
import secrets
import time
from dataclasses import dataclass, replace

from timetrial.model import Request, StackFailed
from timetrial.runner.cookie_jar import CookieJar
from timetrial.stacks.answer import Answer, mistake
from timetrial.stacks.connection import Connection
from timetrial.stacks.launch import Launch

_TOKEN_BYTES = 8


@dataclass(frozen=True, slots=True)
class CountedLaunch:
    """A launch that is to be counted."""

    launch: Launch
    keep_alive: bool
    collecting_path: str | None
    """Where the wrapper answers: it collects garbage there; None where no app is wrapped."""
    keeps_cookies: bool = False


class Client:
    """Sends one request after the other, on one connection if the server keeps it."""

    def __init__(self, start: CountedLaunch, timeout_s: float) -> None:
        self.timeout_s = timeout_s
        self._start = start
        self._connection: Connection | None = None
        self._cookies = CookieJar()

    def ask(self, request: Request) -> Answer:
        """Send a request and check its response. Raises StackFailed, and as `Connection.ask`."""
        sent = self._numbered(request)
        answer = self._answer(sent)
        problem = mistake(answer, sent.expect)
        if problem is not None:
            reason = self._start.launch.without_passwords(f"{sent.path} {problem}")
            raise StackFailed("answer", reason)
        if self._start.keeps_cookies:
            for name, value in answer.headers:
                if name.lower() == "set-cookie":
                    self._cookies.take(value, sent.path, time.time())
        return answer

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _numbered(self, request: Request) -> Request:
        sent = request.numbered(secrets.token_hex(_TOKEN_BYTES))
        cookie = self._cookies.header(sent.path, time.time())
        return replace(sent, headers=(*sent.headers, ("Cookie", cookie))) if cookie else sent

    def _answer(self, sent: Request) -> Answer:
        kept = self._connection is not None
        try:
            return self._on_connection(sent)
        except (ConnectionError, http.client.RemoteDisconnected):
            if not kept:
                raise
            self.close()  # the server has closed it meanwhile
            return self._on_connection(sent)

    def _on_connection(self, sent: Request) -> Answer:
        launch = self._start.launch
        if self._connection is None:
            self._connection = Connection.to(launch, self.timeout_s)
        answer = self._connection.ask(
            sent, keep_alive=self._start.keep_alive, timeout_s=self.timeout_s + sent.wait_s
        )
        if answer.closing or not self._start.keep_alive:
            self.close()
        return answer
