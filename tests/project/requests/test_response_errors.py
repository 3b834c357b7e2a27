"""What cannot be measured is refused in one sentence that says what to do instead."""

from __future__ import annotations

import pytest

from timetrial.model.workload import Request
from timetrial.project.requests.response_errors import refusal
from timetrial.project.requests.sample import Sample


def sample(*statuses: int, body: bytes = b"", **headers: str) -> Sample:
    return Sample(statuses, (body,) * len(statuses), headers, took_s=0.001)


CASES = [
    (
        sample(302, location="/login/?next=/"),
        (
            "redirects to /login/?next=/: name the path that it leads to, log in by a header "
            "(--header 'Cookie: …'), or say --expect-status 302 if that is meant"
        ),
    ),
    (
        sample(301, location="https://shop.example/"),
        (
            "redirects to https://shop.example/: servers are asked without TLS; switch that "
            "redirect off, or have the app believe in TLS (--header 'X-Forwarded-Proto: https'), "
            "or say --expect-status 301 if that is meant"
        ),
    ),
    (
        sample(401),
        (
            "answered status 401: it wants a login; give one by a header (--header 'Cookie: …' or "
            "'Authorization: …'), or say --expect-status 401 if that is meant"
        ),
    ),
    (
        sample(404, body=b"<title>Not Found</title>"),
        (
            "answered status 404: the app has no such path; name one that it has, or say "
            "--expect-status 404 if that is meant"
        ),
    ),
    (
        sample(400, body=b"<html><title>Bad\nRequest &amp; more</title>"),
        (
            "answered status 400 ('Bad Request & more'): if the app allows certain hosts alone, "
            "name one of them (--header 'Host: …'), or say --expect-status 400 if that is meant"
        ),
    ),
    (
        sample(429, body=b"slow down\n"),
        "answered status 429 ('slow down'), or say --expect-status 429 if that is meant",
    ),
    (
        sample(201, 409),
        (
            "answered status 201 and then 409 when it was asked again: what is answered otherwise "
            "the second time cannot be measured"
        ),
    ),
]


@pytest.mark.parametrize(("given", "said"), CASES)
def test_each_status_has_its_advice(given: Sample, said: str) -> None:
    assert refusal(Request("/"), given) == f"GET / {said}"


def test_what_writes_may_lack_a_token() -> None:
    said = refusal(Request("/buy", method="POST"), sample(403), host="shop.example")
    assert "or a token" in said


def test_a_method_that_is_not_there() -> None:
    said = refusal(Request("/buy", method="PUT"), sample(405))
    assert said.startswith("PUT /buy ")
    assert "no PUT there" in said


def test_a_bad_request_names_a_host_that_the_app_allows() -> None:
    said = refusal(Request("/"), sample(400), host="shop.example")
    assert "(--header 'Host: shop.example')" in said
