"""The requests of one client, and their correct responses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, Self

from timetrial.model.body_template import TOKEN
from timetrial.model.load import ThinkTime
from timetrial.model.redaction import without_passwords
from timetrial.model.secret import SecretReference
from timetrial.model.streams import StreamSpec
from timetrial.model.upload import Upload

Interface = Literal["wsgi", "asgi", "rsgi", "program"]
"""How server and app talk; 'program' where they are one program, which serves itself."""
MessageKind = Literal["text", "binary"]
"""How a message of a WebSocket is to be read."""
UPGRADED = 101
"""The status with which a connection becomes a WebSocket."""
HARMLESS = frozenset({"GET", "HEAD", "OPTIONS"})
HEAVIEST = 1_000_000
"""The largest weight."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """A correct response: its status, and one thing about its body.

    Of a message it is the status of the upgrade, 101, and the message that answers.
    """

    status: int = 200
    body: str | None = None
    """The whole body, as UTF-8 text; None where only the length, or nothing, is known."""
    body_bytes: int | None = None
    """Length of the body in bytes; None where the body itself, or nothing, is known."""
    body_template: str | None = None
    """A text in which `{*}` matches anything, and `{token}` the number of the request."""


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request that is sent, or one message, and what a correct response to it is.

    In path, header values and body, `{token}` stands for the unique number of a sent request, in
    16 hexadecimal digits.
    """

    path: str
    """With its query, percent-encoded."""
    expect: Expectation | None = None
    """None: any response is correct; where the correct response is sampled from servers, any with a
    status from 200 to 299."""
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    """In addition to Host, User-Agent, Accept and Content-Length, or replacing them."""
    body: bytes = b""
    wait_s: float = 0.0
    """Time that the app waits by design before it answers."""
    think: ThinkTime = field(default_factory=ThinkTime)
    """Think time of users after the response; other load models never wait."""
    weight: int = 1
    """Relative frequency in a mix; 1 or more."""
    name: str = ""
    """'' where method and path serve as the name."""
    message: MessageKind | None = None
    """If given, the body is a message on a WebSocket, whose upgrade has path and headers."""
    stream: StreamSpec | None = None
    """If given, the response is read as a stream, and nothing of its body is expected."""
    upload: Upload | None = None
    """If given, the body, in place of `body`."""

    @property
    def label(self) -> str:
        """Its name for people, without tokens of its query."""
        return without_passwords(self.name or f"{_verb(self)} {self.path}")

    @property
    def writes(self) -> bool:
        """Whether its method may change the app's data."""
        return self.method not in HARMLESS

    def is_same_request(self, other: Request) -> bool:
        """Return whether the same bytes are sent for both."""
        return self._sent() == other._sent()

    def _sent(self) -> tuple[object, ...]:
        return (
            self.method, self.path, dict(self.headers), self.body, self.message, self.stream,
            self.upload,
        )  # fmt: skip

    def numbered(self, number: str) -> Request:
        """Replace `{token}` with a number, as the load generator does for each sent request."""
        expect = self.expect
        if expect is not None and expect.body_template is not None:
            expect = replace(expect, body_template=expect.body_template.replace(TOKEN, number))
        return replace(
            self,
            path=self.path.replace(TOKEN, number),
            expect=expect,
            headers=tuple((name, value.replace(TOKEN, number)) for name, value in self.headers),
            body=self.body.replace(TOKEN.encode(), number.encode()),
        )


@dataclass(frozen=True, slots=True)
class Step:
    """One request, and the think time after its response."""

    paths: Mapping[Interface, str]
    """Path and query by the interface that the app is served on: an app may offer the same
    thing as `def` for WSGI and as `async def` for ASGI."""
    expect: Expectation = field(default_factory=Expectation)
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    """Of the request, sent as UTF-8."""
    think: ThinkTime = field(default_factory=ThinkTime)
    """Think time of users after the response; other load models never wait."""
    wait_s: float = 0.0
    """Time that the app waits by design before it answers."""
    name: str = ""
    """'' where method and path serve as the name."""
    secrets: tuple[SecretReference, ...] = ()
    """What the store does not hold of it: then the values stand in no field."""
    message: MessageKind | None = None
    """If given, the body is a message on a WebSocket, whose upgrade has path and headers."""
    stream: StreamSpec | None = None
    """If given, the response is read as a stream, and nothing of its body is expected."""
    upload: Upload | None = None
    """If given, the body, in place of `body`."""

    @property
    def label(self) -> str:
        """Its name for people, without tokens of its query."""
        paths = " | ".join(dict.fromkeys(self.paths.values()))
        return without_passwords(self.name or f"{_verb(self)} {paths}")

    def request(self, interface: Interface) -> Request:
        """Return the request to an app that is served on this interface."""
        return Request(
            self.paths[interface],
            self.expect,
            self.method,
            tuple(self.headers.items()),
            self.body.encode(),
            self.wait_s,
            message=self.message,
            stream=self.stream,
            upload=self.upload,
        )


def _verb(sent: Request | Step) -> str:
    return "WebSocket" if sent.message else sent.method


@dataclass(frozen=True, slots=True)
class Workload:
    """The steps that one client repeats, in order."""

    name: str
    steps: tuple[Step, ...]
    echo_paths: Mapping[Interface, str] = field(default_factory=dict)
    """Paths whose answer is the value of `{token}` in the path: they prove the order of pipelined
    responses. Empty where the app has none."""
    services: tuple[str, ...] = ()
    """Services that it needs beside those of its app."""
    is_mix: bool = False
    """Whether a request is in several steps only to be sent more often than others."""
    deflates: bool = False
    """Whether its WebSockets offer to compress messages."""

    @classmethod
    def of(
        cls,
        name: str,
        paths: Mapping[Interface, str],
        expect: Expectation | None = None,
        wait_s: float = 0.0,
    ) -> Self:
        """Make a workload of one GET."""
        return cls(name, (Step(paths, expect or Expectation(), wait_s=wait_s),))

    @property
    def paths(self) -> Mapping[Interface, str]:
        """Of the first step, which for most workloads is the only one."""
        return self.steps[0].paths

    @property
    def expect(self) -> Expectation:
        """Of the first step."""
        return self.steps[0].expect

    @property
    def interfaces(self) -> frozenset[Interface]:
        """The interfaces on which all steps have a path."""
        return frozenset.intersection(*(frozenset(step.paths) for step in self.steps))

    @property
    def has_messages(self) -> bool:
        """Whether some of it goes over WebSockets."""
        return any(step.message for step in self.steps)

    @property
    def is_messages(self) -> bool:
        """Whether all of it goes over WebSockets."""
        return all(step.message for step in self.steps)

    @property
    def has_streams(self) -> bool:
        """Whether responses are streams."""
        return any(step.stream for step in self.steps)

    def distinct(self) -> tuple[tuple[int, ...], ...]:
        """List the places of each request in the steps; equal steps of a mix are one request."""
        places: dict[int, list[int]] = {}
        for place, step in enumerate(self.steps):
            places.setdefault(self.steps.index(step) if self.is_mix else place, []).append(place)
        return tuple(map(tuple, places.values()))

    @property
    def wait_s(self) -> float:
        """Time that the app waits by design in one pass through the steps."""
        return sum(step.wait_s for step in self.steps)

    @property
    def think_s(self) -> float:
        """Mean think time of a user in one pass through the steps."""
        return sum(step.think.average_s for step in self.steps)


_LONG_WAIT_S = 1.0


def is_long_wait(work: Step | Workload) -> bool:
    """Return whether the app waits so long that one stack after the other would take too long."""
    return work.wait_s >= _LONG_WAIT_S
