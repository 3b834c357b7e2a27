"""What the stacks of a suite have to speak beside HTTP/1.1 over TCP. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Literal

from timetrial.catalog.registry import Server
from timetrial.catalog.suite_schema import BenchmarkManifest
from timetrial.model import (
    CARRIERS,
    Benchmark,
    Carrier,
    KnownFailure,
    Protocol,
    Stack,
    Transport,
    Workload,
)

_NEEDED: tuple[Literal["websocket", "streaming"] | Carrier, ...] = (
    "websocket", "streaming", *CARRIERS,
)  # fmt: skip


def transport_of(wanted: BenchmarkManifest) -> Transport | None:
    return None if wanted.protocol is None else Transport(wanted.protocol, wanted.resume_tls)


def speaking(stack: Stack, benchmarks: Iterable[Benchmark]) -> Stack:
    """Have a stack speak what its benchmarks need."""
    own = [benchmark for benchmark in benchmarks if stack.name in benchmark.stacks]
    spoken: list[Protocol] = ["websocket"] if any(b.workload.has_messages for b in own) else []
    spoken += ["streaming"] if any(b.has_streams for b in own) else []
    spoken += (benchmark.transport.protocol for benchmark in own if benchmark.transport)
    return replace(stack, protocols=tuple(dict.fromkeys(spoken)))


def unspoken(stack: Stack, server: Server) -> Iterator[KnownFailure]:
    """Yield what of that the server does not speak."""
    for protocol in _NEEDED:
        if protocol in stack.protocols and (why := server.silent_on(protocol)):
            yield KnownFailure(protocol, why)


def no_messages(benchmark: BenchmarkManifest, workload: Workload) -> str | None:
    """Say why the protocol of a benchmark cannot carry its messages; None if it can."""
    if benchmark.protocol in {"http2", "h2c"} and workload.has_messages:
        return f"carries no WebSockets such as {benchmark.workload!r}: 'tls' does"
    return None


def second_protocol(
    benchmark: BenchmarkManifest, stacks: Iterable[str], first: Mapping[str, BenchmarkManifest]
) -> str | None:
    """Say which stack speaks another protocol in its `first` benchmark; None if none does.

    A stack is started once for all benchmarks of a round.
    """
    for stack in stacks:
        other = first.get(stack)
        if other is not None and other.protocol != benchmark.protocol:
            return (
                f"is another one than that of {other.benchmark!r}, in which {stack!r} takes part, "
                "too: a stack is started with one"
            )
    return None
