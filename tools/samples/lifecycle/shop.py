"""An app that waits for 50 ms."""

import time


def app(environ, start_response):
    time.sleep(0.05)
    start_response("200 OK", [("Content-Length", "5")])
    return [b"hello"]
