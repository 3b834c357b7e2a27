"""The tables: columns for queries, and JSON for the records themselves.

`payload_version` is the format of a payload; it increases when a record's shape changes. `checksum`
covers all other columns of its row (`store/checksums.py`); rows of earlier versions have none.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

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
    Column("checksum", BigInteger),
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
    Column("checksum", BigInteger),
    UniqueConstraint("run", "round", "benchmark", "stack"),
)

failures = Table(
    "failures",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("run", ForeignKey("runs.number", ondelete="CASCADE"), nullable=False, index=True),
    Column("payload_version", Integer, nullable=False),
    Column("payload", Text, nullable=False),
    Column("checksum", BigInteger),
)

configurations = Table(
    "configurations",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("run", ForeignKey("runs.number", ondelete="CASCADE"), nullable=False),
    Column("stack", Text, nullable=False),
    Column("payload_version", Integer, nullable=False),
    Column("payload", Text, nullable=False),
    Column("checksum", BigInteger),
    UniqueConstraint("run", "stack"),
)

stops = Table(
    "stops",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("run", ForeignKey("runs.number", ondelete="CASCADE"), nullable=False, index=True),
    Column("payload_version", Integer, nullable=False),
    Column("payload", Text, nullable=False),
    Column("checksum", BigInteger),
)

experiments = Table(
    "experiments",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("run", ForeignKey("runs.number", ondelete="CASCADE"), nullable=False, index=True),
    Column("payload_version", Integer, nullable=False),
    Column("payload", Text, nullable=False),
    Column("checksum", BigInteger),
)

lives = Table(
    "lives",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("run", ForeignKey("runs.number", ondelete="CASCADE"), nullable=False, index=True),
    Column("payload_version", Integer, nullable=False),
    Column("payload", Text, nullable=False),
    Column("checksum", BigInteger),
)

digests = Table(
    "digests",
    metadata,
    Column("run", ForeignKey("runs.number", ondelete="CASCADE"), primary_key=True),
    Column("payload_version", Integer, nullable=False),
    Column("payload", Text, nullable=False),
    Column("checksum", BigInteger),
)

totals = Table(
    "totals",
    metadata,
    Column("run", ForeignKey("runs.number", ondelete="CASCADE"), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("records", Integer, nullable=False),
    Column("checksum", BigInteger, nullable=False),
)
"""How many records of a kind a run has, and the sum of their checksums: none can be lost unseen."""

RECORDS = (trials, failures, lives, configurations, stops, experiments)
"""The tables of which a run has any number of rows."""
