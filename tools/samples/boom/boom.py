"""An app that divides by the number of its prices, and has none."""


def total(prices):
    return sum(prices) / len(prices)


def app(environ, start_response):
    if environ["PATH_INFO"] == "/nope":
        start_response("404 Not Found", [("Content-Length", "0")])
        return [b""]
    body = str(total([])).encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]
