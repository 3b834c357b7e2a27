"""Twelve secrets in twelve places: an app, what is typed to race it, and a search for them all."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

PLACES = (
    "env", "env-file", "cookie", "authorization", "api-key", "query", "database-url", "body",
    "log", "traceback", "service", "userinfo",
)  # fmt: skip
SECRETS = {
    place: f"plant{number:02}{place.replace('-', '')}" for number, place in enumerate(PLACES)
}
BODY = json.dumps({"user": "me", "token": SECRETS["body"]})
DATABASE = f"postgresql://app:{SECRETS['database-url']}@127.0.0.1:1/shop"
SERVICE = f"redis://:{SECRETS['service']}@127.0.0.1:1/0"
LOGGED = f"asking with X-Api-Key: {SECRETS['log']}"
RAISED = f"ConnectionError: amqp://app:{SECRETS['traceback']}@mq.example/ does not answer"
HEADERS = (
    ("Cookie", f"session={SECRETS['cookie']}"),
    ("Authorization", f"Bearer {SECRETS['authorization']}"),
    ("X-Api-Key", SECRETS["api-key"]),
)
PATH = f"/?page=1&api_key={SECRETS['query']}"
ENV_FILE = f"STRIPE_SK={SECRETS['env-file']}\n"
VARIABLES = (("SECRET_KEY", SECRETS["env"]), ("DATABASE_URL", DATABASE))


def typed() -> tuple[str, ...]:
    """Return the options of a verb that takes an app, without its services."""
    headers = (word for name, value in HEADERS for word in ("--header", f"{name}: {value}"))
    variables = (word for name, value in VARIABLES for word in ("--env", f"{name}={value}"))
    return (*headers, *variables, "--env-file", ".env", "--path", PATH)


def leaks(folder: Path, *texts: str, but: tuple[str, ...] = ()) -> Iterator[str]:
    """List what secret is in which file below a folder, or in one of the texts."""
    files = [file for file in folder.rglob("*") if file.is_file() and file.name not in but]
    held = {str(file): file.read_bytes() for file in files}
    held |= {f"text {number}": text.encode() for number, text in enumerate(texts)}
    for where, content in held.items():
        yield from (f"{place} in {where}" for place, s in SECRETS.items() if s.encode() in content)
