"""What the framework apps share: thirty rows in SQLite. As a script, it makes the database."""

import asyncio
import os
import sqlite3
from contextlib import closing
from pathlib import Path

DATABASE = os.environ["ITEMS_DATABASE"]
TEMPLATES = Path(__file__).parent / "templates"
WAIT_S = 0.05
ITEMS = 30


def read():
    """Read all rows over a new connection, as Django does."""
    with closing(sqlite3.connect(DATABASE)) as connection:
        rows = connection.execute("SELECT name, value FROM item ORDER BY id")
        return [{"name": name, "value": value} for name, value in rows]


async def read_async():
    """SQLite cannot be awaited: a thread reads."""
    return await asyncio.to_thread(read)


def make():
    with closing(sqlite3.connect(DATABASE)) as connection, connection:
        connection.execute("DROP TABLE IF EXISTS item")
        connection.execute(
            "CREATE TABLE item (id INTEGER PRIMARY KEY, name VARCHAR(100), value INTEGER)"
        )
        rows = [(f"name{number}", number) for number in range(ITEMS)]
        connection.executemany("INSERT INTO item (name, value) VALUES (?, ?)", rows)


if __name__ == "__main__":
    make()
