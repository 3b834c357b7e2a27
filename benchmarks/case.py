"""What the race is run on, and what the engine has to reach there."""

from __future__ import annotations

from dataclasses import dataclass

ROUNDS = 10
PEER_ROUNDS = 6
"""Those that no target stands on take part in so many: the fewest that give a 95 % interval."""
SERVERS = ("responder", "fasthttp", "uvloop")
PEERS_ON = "responder"
"""The tools beside wrk load this server alone: it is the fastest, and always there."""
PIPELINED = 16
TARGETS = {"epoll": 1.1, "io_uring": 1.3}
PIPELINED_TARGET = 1.4


@dataclass(frozen=True, slots=True)
class Case:
    server: str
    connections: int
    depth: int
    """How many requests are in flight on a connection."""

    def __str__(self) -> str:
        return f"{self.server} with {self.connections} connections at depth {self.depth}"

    def target(self, backend: str) -> float:
        """Return how many times wrk's requests a CPU-second the engine is to do."""
        return PIPELINED_TARGET if self.depth > 1 else TARGETS[backend]


def cases(*, quick: bool) -> list[Case]:
    return [
        Case(server, connections, depth)
        for server in ((PEERS_ON,) if quick else SERVERS)
        for connections, depth in ((50, 1), (500, 1), (50, PIPELINED))
    ]
