"""Scenarios are TOML files; what is wrong in one is said with its key."""

from __future__ import annotations

from pathlib import Path

import pytest

from timetrial.model.errors import BadInput
from timetrial.model.load import ThinkTime
from timetrial.model.workload import Expectation, Request
from timetrial.project.requests.scenario import read_scenario

SHOP = """
[[steps]]
path = "/"
think_ms = { low = 200, high = 800 }

[[steps]]
name = "log in"
path = "/login?next=/"
method = "POST"
headers = { Content-Type = "application/x-www-form-urlencoded" }
body = "user=a"
expect = { status = 302 }
think_ms = 50
"""


@pytest.fixture(name="file")
def _file(tmp_path: Path) -> Path:
    return tmp_path / "shop.toml"


def test_a_scenario_says_what_each_user_does(file: Path) -> None:
    file.write_text(SHOP)
    assert read_scenario(file) == (
        Request("/", think=ThinkTime(low_s=0.2, high_s=0.8)),
        Request(
            "/login?next=/",
            Expectation(302),
            "POST",
            (("Content-Type", "application/x-www-form-urlencoded"),),
            b"user=a",
            think=ThinkTime(low_s=0.05),
            name="log in",
        ),
    )


def test_a_step_may_be_a_message(file: Path) -> None:
    file.write_text(
        'steps = [{ path = "/" }, { websocket = "/ws", send = "hi", headers = { Origin = "x" }, '
        'expect = { body = "hi" }, think_ms = 50 }]'
    )
    _, message = read_scenario(file)
    assert message == Request(
        "/ws",
        Expectation(101, "hi", 2),
        headers=(("Origin", "x"),),
        body=b"hi",
        think=ThinkTime(low_s=0.05),
        message="text",
    )
    assert message.label == "WebSocket /ws"


def test_a_body_may_lie_beside_the_scenario(file: Path) -> None:
    (file.parent / "home.html").write_text("<h1>Shop</h1>")
    file.write_text('steps = [{ path = "/", expect = { body_file = "home.html" } }]')
    (step,) = read_scenario(file)
    assert step.expect == Expectation(200, "<h1>Shop</h1>", 13)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "steps: this key is missing"),
        ("steps = []", "steps: must be 1 to 64 steps, not 0"),
        ("steps = [{}]", "steps[0]: needs a path, or a websocket with send: one of the two"),
        (
            'steps = [{ path = "/", websocket = "/ws", send = "x" }]',
            "steps[0]: needs a path, or a websocket with send: one of the two",
        ),
        ('steps = [{ websocket = "ws", send = "x" }]', "steps[0].websocket: 'ws' is no path; it"),
        ('steps = [{ websocket = "/ws" }]', "steps[0]: has websocket, but no send: that is the"),
        ('steps = [{ path = "/", send = "x" }]', "steps[0]: has send, which goes with websocket"),
        (
            'steps = [{ websocket = "/ws", send = "x", method = "GET" }]',
            "steps[0]: has method, which does not go with websocket",
        ),
        (
            'steps = [{ websocket = "/ws", send = "x", expect = { status = 200 } }]',
            "steps[0]: has expect.status, which does not go with websocket",
        ),
        (
            'steps = [{ websocket = "/a", send = "x" }, { websocket = "/b", send = "x" }]',
            "steps: have several WebSockets: a user has one, of the same path and headers",
        ),
        ('steps = [{ path = "items" }]', "steps[0].path: 'items' is no path; it begins with a "),
        ('steps = [{ path = "/", methd = "GET" }]', "steps[0].methd: 'methd' is no known key; did"),
        ('steps = [{ path = "/", method = "get" }]', "steps[0].method: 'get' must be a method in"),
        ('steps = [{ path = "/", think_ms = -1 }]', "steps[0].think_ms.low: -1 is not allowed; it"),
        ('steps = [{ path = "/", body = 1 }]', "steps[0].body: 1 is a whole number; it must be a"),
        (
            r'steps = [{ path = "/", name = "a\u001b" }]',
            r"steps[0].name: 'a\x1b' must be a name without control characters",
        ),
        ("steps = [", "is not TOML: "),
        (
            'steps = [{ path = "/", expect = { body_file = "none" } }]',
            "steps[0].expect.body_file: 'none' cannot be read: No such file",
        ),
    ],
)
def test_what_is_wrong_is_said_with_file_and_key(text: str, problem: str, file: Path) -> None:
    file.write_text(text)
    with pytest.raises(BadInput) as refused:
        read_scenario(file)
    assert str(refused.value).startswith(f"{file}: {problem}")


def test_a_scenario_that_cannot_be_read(file: Path) -> None:
    with pytest.raises(BadInput, match=r"shop\.toml: cannot be read: No such file or directory$"):
        read_scenario(file)
    file.write_bytes(b"\xff")
    with pytest.raises(BadInput, match=r"shop\.toml: is not UTF-8: byte 0 cannot be read$"):
        read_scenario(file)
