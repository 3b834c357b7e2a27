"""Searches the highest arrival rate that keeps an objective."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import UTC, datetime

from timetrial.drivers.driver import SessionConfig
from timetrial.drivers.native import NativeDriver
from timetrial.features.capacity.events import CapacityEvent
from timetrial.features.capacity.measure import CapacitySpec, measure
from timetrial.features.capacity.terminal import CapacityDocument, document
from timetrial.machine.cpu_affinity import confined_to
from timetrial.model.events import Event
from timetrial.runner.session import placed
from timetrial.verbs.capacity_target import Means, stack_target, url_target
from timetrial.verbs.options.capacity import CapacityOptions

CapacityVerbEvent = CapacityEvent | Event
CapacityVerbObserver = Callable[[CapacityVerbEvent], None]


def capacity(
    options: CapacityOptions, observer: CapacityVerbObserver = lambda _event: None
) -> CapacityDocument:
    """Find the highest rate of requests, in requests/s, that keeps `options.objective`.

    KeyboardInterrupt ends the search, and what is known by then is returned. Raises BadInput for
    what cannot be searched, ServiceFailed, and StackFailed where the server cannot be started or
    answers not even one request.
    """
    placement = placed()
    driver = NativeDriver()
    cpus = options.cpus or placement.generator_cpus
    means = Means(SessionConfig(options.connections, cpus, options.timeout_s), driver, placement)
    target = url_target if options.is_url else stack_target
    with target(means, options, observer) as aimed, confined_to(cpus):
        wanted = CapacitySpec(
            title=aimed.title,
            objective=options.objective,
            budget_s=options.budget,
            setting=means.setting,
            highest_per_s=options.max_rate,
            created_at=datetime.now(UTC).isoformat(timespec="seconds"),
            start_per_s=options.start_rate,
            rounds=options.rounds,
            seed=secrets.randbelow(2**32) if options.seed is None else options.seed,
            notes=aimed.notes,
        )
        taken = measure(wanted, aimed.subject, driver, observer)
    return document(taken, options.at_least)
