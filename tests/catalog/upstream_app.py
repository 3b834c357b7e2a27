"""An upstream for tests, served by hypercorn: a document, and who has asked for it how."""

import json
import os
from pathlib import Path
from typing import Any

DOCUMENT = Path(os.environ["DOCUMENT"]).read_bytes()

seen: list[tuple[str, int]] = []
"""HTTP version and port of the client, a request each."""


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:  # noqa: ANN401, ARG001 - as ASGI has it
    if scope["type"] != "http":
        return
    body = DOCUMENT
    if scope["path"] == "/seen":
        body = json.dumps(seen).encode()
    else:
        seen.append((scope["http_version"], scope["client"][1]))
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
