"""Records as JSON and back, checked against their types when they are read."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

from timetrial.errors import StoreError
from timetrial.measurement import Failure, Measurement, StackLife
from timetrial.plan import Plan
from timetrial.run import Machine, StackFacts

PAYLOAD_VERSION = 1

T = TypeVar("T")


class Payload(Generic[T]):
    """One kind of record."""

    def __init__(self, kind: str, of: Any) -> None:  # noqa: ANN401 - any type expression
        self._kind = kind
        self._adapter: TypeAdapter[T] = TypeAdapter(of)

    def write(self, record: T) -> str:
        return self._adapter.dump_json(record).decode()

    def read(self, text: str, version: int) -> T:
        if version > PAYLOAD_VERSION:
            raise StoreError(
                f"the store holds a {self._kind} in format {version}, written by a newer "
                f"Timetrial; this one reads up to format {PAYLOAD_VERSION}"
            )
        try:
            return self._adapter.validate_json(text)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            place = ".".join(map(str, first["loc"]))
            raise StoreError(
                f"the store holds a damaged {self._kind}: {place or 'it'}: {first['msg']}"
            ) from error


PLAN: Payload[Plan] = Payload("plan", Plan)
MACHINE: Payload[Machine] = Payload("machine", Machine)
FACTS: Payload[tuple[StackFacts, ...]] = Payload("list of packages", tuple[StackFacts, ...])
MEASUREMENT: Payload[Measurement] = Payload("measurement", Measurement)
FAILURE: Payload[Failure] = Payload("failure", Failure)
LIFE: Payload[StackLife] = Payload("life of a stack", StackLife)
