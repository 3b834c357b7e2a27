"""The tables: columns for queries, and JSON for the records themselves.

`payload_version` is the format of a payload; it increases when a record's shape changes.
"""

from sqlalchemy import Column, ForeignKey, Integer, MetaData, Table, Text, UniqueConstraint

metadata = MetaData()

schema_version = Table(
    "schema_version",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
)

runs = Table(
    "runs",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("created_at", Text, nullable=False),
    Column("timetrial_version", Text, nullable=False),
    Column("suite", Text, nullable=False),
    Column("trials_planned", Integer, nullable=False),
    Column("payload_version", Integer, nullable=False),
    Column("plan", Text, nullable=False),
    Column("machine", Text, nullable=False),
    Column("facts", Text, nullable=False),
    sqlite_autoincrement=True,
)

trials = Table(
    "trials",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("run", ForeignKey("runs.number", ondelete="CASCADE"), nullable=False),
    Column("round", Integer, nullable=False),
    Column("benchmark", Text, nullable=False),
    Column("stack", Text, nullable=False),
    Column("payload_version", Integer, nullable=False),
    Column("payload", Text, nullable=False),
    UniqueConstraint("run", "round", "benchmark", "stack"),
)

failures = Table(
    "failures",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("run", ForeignKey("runs.number", ondelete="CASCADE"), nullable=False, index=True),
    Column("payload_version", Integer, nullable=False),
    Column("payload", Text, nullable=False),
)

configurations = Table(
    "configurations",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("run", ForeignKey("runs.number", ondelete="CASCADE"), nullable=False),
    Column("stack", Text, nullable=False),
    Column("payload_version", Integer, nullable=False),
    Column("payload", Text, nullable=False),
    UniqueConstraint("run", "stack"),
)

stops = Table(
    "stops",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("run", ForeignKey("runs.number", ondelete="CASCADE"), nullable=False, index=True),
    Column("payload_version", Integer, nullable=False),
    Column("payload", Text, nullable=False),
)

experiments = Table(
    "experiments",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("run", ForeignKey("runs.number", ondelete="CASCADE"), nullable=False, index=True),
    Column("payload_version", Integer, nullable=False),
    Column("payload", Text, nullable=False),
)

lives = Table(
    "lives",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("run", ForeignKey("runs.number", ondelete="CASCADE"), nullable=False, index=True),
    Column("payload_version", Integer, nullable=False),
    Column("payload", Text, nullable=False),
)

digests = Table(
    "digests",
    metadata,
    Column("run", ForeignKey("runs.number", ondelete="CASCADE"), primary_key=True),
    Column("payload_version", Integer, nullable=False),
    Column("payload", Text, nullable=False),
)
