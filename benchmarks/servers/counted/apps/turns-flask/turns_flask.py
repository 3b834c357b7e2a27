"""Flask behind a loop: each of its TURNS executes the same instructions."""

from __future__ import annotations

import os
from itertools import repeat
from typing import Any

from flask import Flask, jsonify

TURNS = int(os.environ["TURNS"])
inner = Flask(__name__)


@inner.get("/json")
def json() -> Any:  # noqa: ANN401 - as Flask has it
    return jsonify([{"name": "name", "value": 1}])


def app(environ: Any, start_response: Any) -> Any:  # noqa: ANN401 - whatever a server hands over
    for _ in repeat(None, TURNS):
        pass
    return inner(environ, start_response)
