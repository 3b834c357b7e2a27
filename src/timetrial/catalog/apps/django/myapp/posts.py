"""A document of 100 posts, 27.5 kB of JSON."""

from pathlib import Path

import brotli
from django.http import HttpResponse

DOCUMENT = Path(__file__).with_name("posts.json").read_bytes()


def compressed():
    body = brotli.compress(DOCUMENT, quality=11)
    headers = {"Content-Encoding": "br"}
    return HttpResponse(body, content_type="application/json", headers=headers)
