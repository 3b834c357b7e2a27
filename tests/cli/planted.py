"""Secrets in all places: an app, what is typed to race it, the files of a suite; a search for them.

Twelve are typed or come of what is typed; the rest stands in TOML files.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

PLACES = (
    "env", "env-file", "cookie", "authorization", "api-key", "query", "database-url", "body",
    "log", "traceback", "service", "userinfo",
    "toml-cookie", "toml-header", "toml-query", "toml-body", "toml-template", "toml-app",
    "toml-url", "toml-stack", "toml-setting",
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
SUITE = f"""
name = "bench"
title = "Bench"
app = "shop"
rounds = 1
stacks = [{{ server = "waitress", env = {{ API_TOKEN = "{SECRETS["toml-stack"]}", SIZE = "1" }} }}]
warm_up = {{ requests = 20, at_most_s = 0.2, at_least_s = 0.1 }}
[workloads.login]
path = "/login"
method = "POST"
headers = {{ X-Api-Key = "{SECRETS["toml-header"]}" }}
body = '{{"user": "me", "password": "{SECRETS["toml-body"]}"}}'
expect = {{ body_template = '{{*}}"password": "{SECRETS["toml-template"]}"}}' }}
""" + "".join(
    f"""
[[benchmarks]]
workload = "{workload}"
connections = 2
window_ms = 50
lead_in_ms = 10
windows = 2
"""
    for workload in ("hello", "login")
)
OWN_APP = f"""
name = "shop"
title = "Shop"
interfaces = {{ wsgi = "shop:app" }}
[env]
SECRET_KEY = "{SECRETS["toml-app"]}"
DATABASE_URL = "postgresql://app:{SECRETS["toml-url"]}@127.0.0.1:1/shop"
[workloads.hello]
path = "/?api_key={SECRETS["toml-query"]}"
headers = {{ Cookie = "session={SECRETS["toml-cookie"]}" }}
expect = {{ body = "Hello, {SECRETS["toml-cookie"]}" }}
"""
SHOP = f"""
import os, sys

def app(environ, start_response):
    names = ("API_TOKEN", "SECRET_KEY", "DATABASE_URL")
    print(environ.get("HTTP_COOKIE"), *map(os.environ.get, names), file=sys.stderr, flush=True)
    print(environ["wsgi.input"].read(), environ["QUERY_STRING"], file=sys.stderr, flush=True)
    body = "Hello, " + environ.get("HTTP_COOKIE", "").removeprefix("session=")
    if environ["REQUEST_METHOD"] == "POST":
        body = '"password": "{SECRETS["toml-template"]}"}}'
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body.encode()]
"""
FILES = {"bench.toml": SUITE, "own/apps/shop/app.toml": OWN_APP, "own/apps/shop/shop.py": SHOP}
"""A suite with secrets, and a catalog with its app."""
VAULT = f"""
name = "vault"
title = "A service with a password"
speaks = "http"
command = ["vault"]
url = "http://{{host}}:{{port}}/"
settings.password = {{ kind = "text", default = "{SECRETS["toml-setting"]}" }}
"""


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
