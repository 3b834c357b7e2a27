"""The thresholds of all checks: the table that docs/checks.md shows."""

from __future__ import annotations

from timetrial.analysis.checks.threshold import ALL, Figure, Threshold

ERRORS = Threshold(
    name="errors", doubtful=0.0, invalid=0.001,
    figure="requests without a correct response",
    meaning="a server that sheds load looks fast",
)  # fmt: skip
DROPPED = Threshold(
    name="dropped", doubtful=0.0, invalid=0.001,
    figure="requests that were due and never sent",
    meaning="the load tool had no user free; they are in no response time",
)  # fmt: skip
CONNECTIONS = Threshold(
    name="connections", doubtful=0.0, invalid=0.05,
    figure="connections short of the plan",
    meaning="the stack carried less load than its table says",
)  # fmt: skip
GENERATOR_CPU = Threshold(
    name="generator-saturated", doubtful=0.70, invalid=0.85,
    figure="CPU time of the generator's cores",
    meaning="what looks like the server's limit may be the generator's",
    voids=(), bounds=True,
)  # fmt: skip
GENERATOR_WAIT = Threshold(
    name="generator-waited", doubtful=0.03,
    figure="time that the generator's threads waited for their cores, less 50 ms of one window",
    meaning="other processes kept the generator from sending, and from noticing responses",
    voids=("response time",), bounds=True, compares=True,
)  # fmt: skip
GENERATOR_WAIT_WINDOWS = Threshold(
    name="generator-waited", invalid=0.10,
    figure="windows in which they waited longer than that",
    meaning="likewise",
    voids=("response time",), bounds=True, compares=True,
)  # fmt: skip
GENERATOR_STOPPED = Threshold(
    name="generator-stopped", invalid=0.01,
    figure="largest share of a window, from 250 ms on, for which the load engine did not run",
    meaning="it was stopped, or had no CPU, three times in a row; such rounds are left out",
)  # fmt: skip
SERVER_WAIT = Threshold(
    name="server-waited", doubtful=0.03,
    figure="time of its cores that other processes took while the server was ready to run, less "
    "50 ms of one window",
    meaning="the server was slowed down; such rounds are left out",
    voids=("response time",), bounds=True, compares=True,
)  # fmt: skip
SERVER_WAIT_ROUNDS = Threshold(
    name="server-waited", invalid=0.30,
    figure="rounds in which it was more than that",
    meaning="too many to leave out",
    voids=("response time",), bounds=True, compares=True,
)  # fmt: skip
FOREIGN_CPU = Threshold(
    name="foreign-cpu", doubtful=0.05,
    figure="CPU time of other processes on the server's cores, in cores",
    meaning="caches, frequency and idle time were shared; such rounds are left out",
)  # fmt: skip
STEAL = Threshold(
    name="steal", doubtful=0.01, invalid=0.05,
    figure="CPU time that the hypervisor gave to others, less 50 ms of one round",
    meaning="other guests had the CPU: such rounds are left out; CPU time stays valid",
    # CPU time per request is without the time that others had.
    voids=("throughput", "response time"),
)  # fmt: skip
THROTTLED = Threshold(
    name="throttled", doubtful=0.01, invalid=0.05,
    figure="time in which a CPU quota held everything back",
    meaning="the quota was measured, not the server; such rounds are left out",
)  # fmt: skip
MEMORY_PRESSURE = Threshold(
    name="memory-pressure", doubtful=0.05,
    figure="time in which processes waited for memory",
    meaning="the machine was short of memory",
)  # fmt: skip
IO_PRESSURE = Threshold(
    name="io-pressure", note=0.20,
    figure="time in which processes waited for disks",
    meaning="something used the disks meanwhile; Linux tells that from 6.15 on",
)  # fmt: skip
BEHIND = Threshold(
    name="behind-schedule", doubtful=0.01, invalid=0.03,
    figure="requests of an open load that were due and not answered in time; invalid only where "
    "the generator itself was late",
    meaning="a queue grew: response times depend on how long was measured",
)  # fmt: skip
LATENESS = Threshold(
    name="late-generator", doubtful=0.05, invalid=0.20,
    figure="p99 of how late requests were sent, from 1 ms on, of the response time's p99",
    meaning="response times hold the generator's own lateness",
    voids=("response time",),
)  # fmt: skip
LITTLE = Threshold(
    name="littles-law", doubtful=0.05, invalid=0.20,
    figure="requests in flight (rate × mean response time) off the connections or users that were "
    "driven",
    meaning="some connections waited, or counts are wrong: do not compare response times",
)  # fmt: skip
CLIENT_CEILING = Threshold(
    name="bound-by-client", note=0.95, reached=True,
    figure="throughput, of what so many clients can ask for at most",
    meaning="the load was the limit, the maximum was not measured: no ranks",
)  # fmt: skip
SERVICE_CPU = Threshold(
    name="service-bottleneck", doubtful=0.70, invalid=0.85,
    figure="CPU time of a service, of what it can use",
    meaning="the figure is the service's",
    voids=(), bounds=True,
)  # fmt: skip
SERVICE_LATE = Threshold(
    name="service-bottleneck", doubtful=0.10, invalid=0.50,
    figure="time by which a service answered later than it was set to",
    meaning="likewise",
    voids=(), bounds=True,
)  # fmt: skip
PLATEAU = Threshold(
    name="delayed-ack", doubtful=0.30, reached=True,
    figure="response times of 38 to 48 ms, with next to none of 15 to 38 ms and a server that is "
    "not busy",
    meaning="a stall of the network stack, not a speed: no ranks",
)  # fmt: skip
RECONNECTS = Threshold(
    name="reconnect-per-request", note=0.90, reached=True,
    figure="connections opened, of responses, where keeping them was asked for",
    meaning="every request pays for a connection",
)  # fmt: skip
WORKERS_CHANGED = Threshold(
    name="workers-changed", doubtful=0.0, unit="",
    figure="processes of the server that came or went after the warm-up",
    meaning="a worker died or was replaced: not all that was measured was warm",
)  # fmt: skip
IMBALANCE = Threshold(
    name="worker-imbalance", doubtful=2.0, unit="×",
    figure="CPU time of the busiest worker, of a fair share of the workers that can run at once "
    "(two: > 1.5 ×); silent where all share one CPU",
    meaning="some workers had hardly any work",
)  # fmt: skip
TREND = Threshold(
    name="unsteady-rounds", doubtful=0.01, invalid=0.001, unit="p", below=True,
    figure="trend or level shift of throughput over rounds (Mann-Kendall, best split), of more "
    "than 2 %, which the other servers do not share",
    meaning="there is no one figure",
    voids=("throughput", "response time"),
)  # fmt: skip
GROWING_DATA = Threshold(
    name="growing-data", note=0.01, unit="p", below=True,
    figure="falling trend over rounds of all servers' throughput (Mann-Kendall, one-sided), of at "
    "least 5 %, where requests write",
    meaning="what requests write remains, and may slow the app down",
)  # fmt: skip
AUTOCORRELATION = Threshold(
    name="unsteady-rounds", doubtful=2.0, unit="",
    figure="lag-1 autocorrelation of rounds × √n",
    meaning="rounds resemble their neighbours: intervals are too narrow",
    voids=("throughput", "response time"),
)  # fmt: skip
DRIFT = Threshold(
    name="drift", doubtful=0.05, invalid=0.20,
    figure="change of throughput from the first to the second half of a round's windows, or of "
    "a trial (p < 0.01)",
    meaning="the figure depends on how long was measured",
    voids=("throughput", "response time"),
)  # fmt: skip
STALLS = Threshold(
    name="stalls", doubtful=0.05,
    figure="tenths of a second with next to no response, or windows with less than half of the "
    "usual",
    meaning="the server stood still now and then",
)  # fmt: skip
MEMORY_GROWS = Threshold(
    name="memory-grows", note=0.10, doubtful=0.50,
    figure="growth of memory from the end of a round's first benchmark to that of its last, "
    "whichever that is (p < 0.01)",
    meaning="what a request takes is not given back: the figure depends on how long was measured",
)  # fmt: skip
TOO_FEW_ROUNDS = Threshold(
    name="too-few-rounds", doubtful=3, unit="", below=True,
    figure="rounds",
    meaning="no intervals and no verdicts",
)  # fmt: skip
PLACEMENT = Threshold(
    name="not-as-placed", doubtful=0.0, unit="",
    figure="processes of the server with other CPUs than it was given",
    meaning="it had different resources, or disturbed the generator",
)  # fmt: skip
CLOCK = Threshold(
    name="clock", doubtful=0.0, unit="",
    figure="rounds with a slow clock source, or changes of it",
    meaning="asking the time cost more than it should, or was not the same everywhere",
)  # fmt: skip
LOG = Threshold(
    name="server-log", note=20.0, doubtful=20.0, unit="B",
    figure="bytes in the server's log for each response: a note where its lines name no request, "
    "and only if requests failed",
    meaning="it wrote a log while others did not",
)  # fmt: skip
SERVICES_BESIDE = Threshold(
    name="services-beside-generator", note=0.0, doubtful=0.0, unit="",
    figure="services on the generator's cores: a note for throughput, doubtful for an open load "
    "and for users",
    meaning="the generator waited for them: response times hold that wait",
)  # fmt: skip
VERSIONS = Threshold(
    name="unequal-versions", note=0.0, doubtful=0.0, unit="",
    figure="packages in different versions inside one table (doubtful if all stacks have them), or "
    "different Pythons (note)",
    meaning="the difference may be theirs",
)  # fmt: skip
DATABASE_CONNECTIONS = Threshold(
    name="unequal-connections", doubtful=1.5, unit="×",
    figure="connections to a service, of the stack that has the fewest",
    meaning="back ends were not equal",
)  # fmt: skip
RATIOS_DISAGREE = Threshold(
    name="idle-server", note=0.10,
    figure="idle time of the server's cores, where ratios of throughput and of CPU time have "
    "disjoint intervals",
    meaning="throughput includes waiting",
)  # fmt: skip
DROPPED_ROUNDS = Threshold(
    name="rounds-left-out", note=0.0, doubtful=0.15,
    figure="rounds that were left out, for all stacks alike",
    meaning="the machine was disturbed; results have no part in the choice; never more than 30 %",
)  # fmt: skip
THREAD_CAP = Threshold(
    name="thread-cap", note=0.85, reached=True,
    figure="throughput, of threads ÷ the time of a request that waits for none, where cores were "
    "idle and more requests were in flight than there are threads",
    meaning="threads were the limit: `timetrial tune` tries more of them",
)  # fmt: skip
SERIAL_STREAMS = Threshold(
    name="serial-streams", note=1.1, unit="×", below=True,
    figure="requests of HTTP/2 that were being served at a time (throughput × the app's wait), of "
    "the connections, where each has several streams and cores were idle",
    meaning="the server answers the streams of a connection one after the other",
)  # fmt: skip
GOAWAY = Threshold(
    name="goaway", note=0.0, unit="",
    figure="connections of HTTP/2 that the server ended",
    meaning="figures include opening new ones",
)  # fmt: skip
UNEQUAL_TLS = Threshold(
    name="unequal-tls", note=0.0, unit="",
    figure="versions or ciphers of TLS beside the first in one table",
    meaning="the difference may be theirs",
)  # fmt: skip
NOT_RESUMED = Threshold(
    name="not-resumed", note=0.20,
    figure="full handshakes of TLS, of all, where sessions were to be resumed",
    meaning="resumption was not measured, or only in part",
)  # fmt: skip
GENERATOR_CEILING = Threshold(
    name="generator-ceiling", doubtful=1.5, unit="×", below=True,
    figure="what the load engine gets from a server that answers at once, of the throughput",
    meaning="the engine is hardly faster than the server",
)  # fmt: skip
NOT_STEADY = Threshold(
    name="not-steady", doubtful=2, unit="", reached=True,
    figure="of the first three warm-ups, those at whose end the stack was still getting faster or "
    "slower",
    meaning="it was not warm, or never is",
)  # fmt: skip
SERVER_LIMIT = Threshold(
    name="server-limit", doubtful=1.0, unit="×",
    figure="load, of what the server's manifest says that it takes",
    meaning="the limit was measured, not the server",
)  # fmt: skip
CONFIGURATION = Threshold(
    name="configuration-differs", note=0.0, doubtful=0.0, unit="",
    figure="things that the running processes have otherwise than asked: workers, loop, parser "
    "(doubtful), listen queue, keep-alive (note)",
    meaning="what was measured is not what the command line says",
)  # fmt: skip
DUET_SPLIT = Threshold(
    name="duet-split", doubtful=0.02, invalid=0.05,
    figure="share of the CPU time that a stack had in a duet, off one half",
    meaning="throughput shows the share: that ratio is withheld",
    voids=(), compares=True,
)  # fmt: skip
ANSWERS = Threshold(
    name="answers-differently", doubtful=0.0, unit="",
    figure="requests that are answered otherwise than by the other stacks, asked before measuring",
    meaning="other work may have been measured",
)  # fmt: skip
NOT_HELD = Threshold(
    name="not-all-held", note=0.0,
    figure="idle connections that were to be held and were not open at the end",
    meaning="that was the server's limit, or it does not keep connections",
)  # fmt: skip
UNEVEN = Threshold(
    name="worker-connections", note=2.0, unit="×",
    figure="WebSockets of the worker with the most, of the one with the fewest, where chance does "
    "that less than once in 1,000 times",
    meaning="a WebSocket stays with its worker: some are full while others are idle",
)  # fmt: skip
COMPRESSION = Threshold(
    name="compression-differs", doubtful=0.0,
    figure="difference between servers in the share of WebSockets with compression, where it was "
    "offered",
    meaning="compressing is other work, and takes up to 14 times the memory",
)  # fmt: skip
STREAM_BUFFERED = Threshold(
    name="stream-buffered", doubtful=0.05, invalid=0.50,
    figure="streams whose first and last event came together, after a wait, where the app spreads "
    "them",
    meaning="the server, or a proxy before it, holds events back: it did other work",
)  # fmt: skip
EVENTS_LOST = Threshold(
    name="events-lost", doubtful=0.0, invalid=0.001,
    figure="numbered events of streams that were lost, out of order or repeated",
    meaning="clients saw other streams than the app sent",
)  # fmt: skip

THRESHOLDS: tuple[Threshold, ...] = (
    ERRORS, DROPPED, CONNECTIONS, LITTLE, GENERATOR_CPU, GENERATOR_WAIT, GENERATOR_WAIT_WINDOWS,
    GENERATOR_STOPPED, BEHIND, LATENESS, CLIENT_CEILING, SERVICE_CPU, SERVICE_LATE, SERVICES_BESIDE,
    SERVER_WAIT, SERVER_WAIT_ROUNDS, FOREIGN_CPU, STEAL, THROTTLED, MEMORY_PRESSURE, IO_PRESSURE,
    PLACEMENT, CLOCK, TREND, AUTOCORRELATION, GROWING_DATA, DRIFT, STALLS, MEMORY_GROWS,
    TOO_FEW_ROUNDS, DROPPED_ROUNDS, PLATEAU, RECONNECTS, WORKERS_CHANGED, IMBALANCE, LOG, VERSIONS,
    DATABASE_CONNECTIONS, RATIOS_DISAGREE, THREAD_CAP, SERIAL_STREAMS, GOAWAY, UNEQUAL_TLS,
    NOT_RESUMED, GENERATOR_CEILING, NOT_STEADY, SERVER_LIMIT, CONFIGURATION, DUET_SPLIT, ANSWERS,
    NOT_HELD, UNEVEN, COMPRESSION, STREAM_BUFFERED, EVENTS_LOST,
)  # fmt: skip

DISTURBING = frozenset({STEAL.name, THROTTLED.name})
"""Invalid findings of these names concern the machine, not the server."""


def voided(name: str) -> tuple[Figure, ...]:
    """List the figures that an invalid finding of that name voids; of an unknown name: all."""
    return next((threshold.voids for threshold in THRESHOLDS if threshold.name == name), ALL)


def bounding(name: str) -> bool:
    """Return whether an invalid finding of that name makes throughput a lower bound."""
    return any(threshold.bounds for threshold in THRESHOLDS if threshold.name == name)


def comparing(name: str) -> bool:
    """Return whether throughput may be compared under an invalid finding of that name."""
    return "throughput" not in voided(name) and (
        not bounding(name)
        or any(threshold.compares for threshold in THRESHOLDS if threshold.name == name)
    )
