"""Before anything is measured all stacks are asked the same, and their answers are compared."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path

import pytest

from answering import running, stacks
from evidence import numbers_in
from timetrial.machine.clock import Clock
from timetrial.model.errors import AppFailed, BadInput
from timetrial.model.events import ComparingAnswers, Event
from timetrial.model.load import ThinkTime
from timetrial.model.workload import Expectation, Request
from timetrial.project.requests.agreed import Agreed
from timetrial.project.requests.mix import Mix
from timetrial.runner.response_consensus import agree
from timetrial.runner.starter import probe_of
from timetrial.stacks.process import RunningStack
from timetrial.stacks.readiness import check_answers

HELLO = 'answer = lambda environ: page("Hello")'
HOME = Mix((Request("/"),), name="/")
SOON = Clock(sleep=lambda wait_s: time.sleep(min(wait_s, 0.1)))
"""For apps that tell no time: asked again at once, they answer the same."""


def asked_of(folder: Path, mix: Mix, **apps: str) -> Agreed:
    with running(folder, apps) as live:
        return agree(mix, live, stacks(*apps), clock=SOON)


def refused(folder: Path, mix: Mix, **apps: str) -> BadInput:
    with pytest.raises(BadInput) as error:
        asked_of(folder, mix, **apps)
    return error.value


def test_what_all_stacks_answer_is_what_is_expected(tmp_path: Path) -> None:
    code = 'answer = lambda environ: page("Hello " + environ["PATH_INFO"])'
    mix = Mix((Request("/", weight=2), Request("/items")), name="2 paths")
    agreed = asked_of(tmp_path, mix, one=code, other=code)
    assert [step.label for step in agreed.workload.steps] == ["GET /", "GET /items", "GET /"]
    assert [step.expect.body for step in agreed.workload.steps] == [
        "Hello /", "Hello /items", "Hello /",
    ]  # fmt: skip
    assert not agreed.failed
    assert not agreed.disagreements
    assert not agreed.notes
    home, items = agreed.seen
    assert (home.request, home.status, home.content_type) == ("GET /", 200, "text/html")
    assert (items.body_bytes, items.how) == (12, "body")
    assert items.took_s > 0


TOKENS = """
import secrets, time
def answer(environ):
    token = secrets.token_urlsafe(32)
    return page(f'<input name="csrf" value="{token}"> at {time.time()} <p>Hello</p>')
"""


def test_tokens_and_times_are_no_difference_and_the_rest_of_the_page_is_checked(
    tmp_path: Path,
) -> None:
    with running(tmp_path, {"one": TOKENS, "other": TOKENS}) as live:
        agreed = agree(HOME, live, stacks("one", "other"))
        (step,) = agreed.workload.steps
        assert step.expect == Expectation(
            200, body_template='<input name="csrf" value="{*}"> at {*} <p>Hello</p>'
        )
        (note,) = agreed.notes
        assert note.startswith("GET /: ")
        for stack in stacks("one", "other"):
            launch = live[stack.name].launch
            check_answers(launch.host, launch.port, probe_of(step, stack), keep_alive=False)


def test_what_tells_the_stacks_apart_is_no_difference(tmp_path: Path) -> None:
    code = """
def answer(environ):
    return page("next: http://{HTTP_HOST}/items?page=2, port {SERVER_PORT}, 5 pages"
                .format_map(environ))
"""
    agreed = asked_of(tmp_path, HOME, one=code, other=code)
    (step,) = agreed.workload.steps
    assert step.expect.body_template == "next: http://{*}/items?page=2, port {*}, 5 pages"
    assert not agreed.disagreements


def test_what_the_asking_itself_changes_is_not_checked(tmp_path: Path) -> None:
    code = """
def answer(environ):
    seen = [environ.get(name, "none") for name in ("HTTP_CONNECTION", "HTTP_USER_AGENT")]
    return page("you sent {} and {}, dear visitor of this shop".format(*seen))
"""
    (step,) = asked_of(tmp_path, HOME, one=code).workload.steps
    assert step.expect.body_template == "you sent {*} and timetrial, dear visitor of this shop"


def test_parts_that_the_user_calls_dynamic_are_not_compared(tmp_path: Path) -> None:
    mix = dataclasses.replace(HOME, dynamic=(r"by \w+",))
    apps = {name: f'answer = lambda environ: page("served by {name}, Hello")' for name in "ab"}
    agreed = asked_of(tmp_path, mix, **apps)
    assert not agreed.disagreements
    assert agreed.workload.expect.body_template == "served {*}, Hello"


def test_a_stack_with_another_body_stays_and_is_doubted(tmp_path: Path) -> None:
    odd = 'answer = lambda environ: page("Hallo")'
    agreed = asked_of(tmp_path, HOME, odd=odd, one=HELLO, other=HELLO)
    (disagreement,) = agreed.disagreements
    assert (disagreement.stack, disagreement.request) == ("odd", "GET /")
    assert numbers_in(disagreement.evidence) == [1]
    assert disagreement.evidence.endswith("instead of 'Hello'")
    assert not agreed.failed
    staying = {stack.name: stack.differs for stack in agreed.staying(stacks("odd", "one"))}
    assert staying == {"odd": f"GET / ({disagreement.evidence})", "one": ""}


def test_what_is_expected_holds_for_a_stack_that_differs(tmp_path: Path) -> None:
    code = 'answer = lambda environ: page("A page of our shop, served by {}")'
    apps = {"odd": code.format("odd"), "one": code.format("it"), "other": code.format("it")}
    with running(tmp_path, apps) as live:
        agreed = agree(HOME, live, stacks(*apps), clock=SOON)
        (step,) = agreed.workload.steps
        assert [each.stack for each in agreed.disagreements] == ["odd"]
        (note,) = agreed.notes
        assert "differ between servers" in note
        for stack in stacks(*apps):
            launch = live[stack.name].launch
            check_answers(launch.host, launch.port, probe_of(step, stack), keep_alive=False)


def test_a_stack_with_another_status_is_out(tmp_path: Path) -> None:
    gone = 'answer = lambda environ: page("gone", "404 Not Found")'
    agreed = asked_of(tmp_path, HOME, gone=gone, one=HELLO)
    assert agreed.failed["gone"].phase == "answer"
    assert numbers_in(agreed.failed["gone"].reason) == [404, 200]
    assert [stack.name for stack in agreed.staying(stacks("gone", "one"))] == ["one"]
    assert agreed.workload.expect.body == "Hello"


CRASHES = """
def total(prices):
    return sum(prices) / len(prices)

def answer(environ):
    return page(total([]))
"""


def test_a_stack_on_which_alone_the_app_fails_is_out_with_its_traceback(tmp_path: Path) -> None:
    agreed = asked_of(tmp_path, HOME, one=HELLO, crashes=CRASHES)
    failure = agreed.failed["crashes"]
    assert numbers_in(failure.reason) == [500, 200]
    assert failure.reason.endswith(": division by zero")
    assert "ZeroDivisionError" in failure.reason
    assert "in total" in failure.log_tail


def test_an_app_that_fails_everywhere_stops_with_its_own_traceback(tmp_path: Path) -> None:
    error = refused(tmp_path, HOME, one=CRASHES, other=CRASHES)
    assert isinstance(error, AppFailed)
    assert numbers_in(str(error)) == [500, 2]
    assert "ZeroDivisionError" in str(error)
    assert "sum(prices)" in error.detail
    assert "wsgiref" not in error.detail


def test_no_password_is_in_a_traceback(tmp_path: Path) -> None:
    code = "def answer(environ):\n    raise OSError('no way to redis://:s3cr3t@localhost/0')"
    error = refused(tmp_path, HOME, one=code)
    assert isinstance(error, AppFailed)
    assert "redis://:***@localhost/0" in error.detail
    assert "s3cr3t" not in f"{error} {error.detail}"


def test_an_app_that_fails_in_silence_is_quoted(tmp_path: Path) -> None:
    code = 'answer = lambda environ: page("<title>Oh no</title>", "503 Busy")'
    error = refused(tmp_path, HOME, one=code)
    assert str(error) == "GET / answered status 503 on one, whose log does not tell why ('Oh no')"


THUMBNAIL = """
import os, time
from pathlib import Path
MADE, NAMES = Path("FOLDER") / "thumbnail.png", []
def answer(environ):
    if environ["PATH_INFO"] == "/":
        return page("ready")
    if not NAMES:
        name = MADE.name
        if not MADE.exists():
            time.sleep(0.3)
            try:
                MADE.touch(exist_ok=False)
            except FileExistsError:
                name = f"thumbnail-of-{os.getpid()}.png"
        NAMES.append(name)
    return page(NAMES[0])
"""


def test_what_an_app_makes_once_for_all_its_processes_is_made_by_one_stack_alone(
    tmp_path: Path,
) -> None:
    code = THUMBNAIL.replace("FOLDER", str(tmp_path))
    mix = Mix((Request("/thumbnail"),), name="/thumbnail")
    agreed = asked_of(tmp_path, mix, one=code, second=code, third=code)
    (step,) = agreed.workload.steps
    assert step.expect.body == "thumbnail.png"
    assert not agreed.disagreements


def test_a_failure_at_first_is_forgiven(tmp_path: Path) -> None:
    code = """
asked = []
def answer(environ):
    asked.append(1)
    return page("Hello", "503 Busy" if len(asked) < 3 else "200 OK")
"""
    assert asked_of(tmp_path, HOME, one=code).workload.expect.body == "Hello"


REDIRECTS = 'answer = lambda environ: page("", "302 Found", Location="/login/")'


def test_a_redirect_is_refused_with_advice(tmp_path: Path) -> None:
    error = refused(tmp_path, HOME, one=REDIRECTS, other=REDIRECTS)
    assert "redirects to /login/" in str(error)


def test_a_redirect_that_is_meant_is_measured(tmp_path: Path) -> None:
    mix = Mix((Request("/", expect=Expectation(302)),))
    agreed = asked_of(tmp_path, mix, one=REDIRECTS)
    assert agreed.workload.expect == Expectation(302, "", 0)


def test_a_path_that_is_not_there_is_refused(tmp_path: Path) -> None:
    gone = 'answer = lambda environ: page("gone", "404 Not Found")'
    error = refused(tmp_path, HOME, one=gone, other=gone)
    assert str(error).startswith("GET / ")
    assert "status 404" in str(error)


PATHS = """
def answer(environ):
    there = environ["PATH_INFO"] in ("/", "/a")
    return page("Hello") if there else page("gone", "404 Not Found")
"""


def test_of_a_log_what_is_no_longer_there_is_left_out(tmp_path: Path) -> None:
    mix = Mix(
        (Request("/", weight=2), Request("/old", weight=3), Request("/a")), "log", "access.log"
    )
    agreed = asked_of(tmp_path, mix, one=PATHS)
    assert [step.label for step in agreed.workload.steps] == ["GET /", "GET /a", "GET /"]
    (note,) = agreed.notes
    assert "50%" in note
    assert "GET /old" in note
    assert "404" in note
    assert len(agreed.seen) == 2


def test_a_log_of_which_nothing_is_there_is_refused(tmp_path: Path) -> None:
    mix = Mix((Request("/old"),), "log", "access.log")
    assert str(refused(tmp_path, mix, one=PATHS)).startswith(
        "access.log: none of its requests can be measured; GET /old answered status 404: the app"
    )


def test_what_the_user_says_of_an_answer_is_believed(tmp_path: Path) -> None:
    mix = Mix((Request("/", expect=Expectation(200, "Hello")),))
    odd = 'answer = lambda environ: page("Hallo")'
    agreed = asked_of(tmp_path, mix, one=HELLO, odd=odd)
    assert agreed.failed["odd"].phase == "answer"
    assert "'Hallo'" in agreed.failed["odd"].reason
    assert agreed.seen[0].how == "declared"
    assert "another body" in str(refused(tmp_path / "again", mix, odd=odd))


def test_a_write_that_goes_well_only_once_is_refused(tmp_path: Path) -> None:
    code = """
asked = []
def answer(environ):
    asked.append(1)
    return page("", "201 Created") if len(asked) == 2 else page("", "409 Conflict")
"""
    mix = Mix((Request("/users", method="POST", body=b"name=a"),))
    error = refused(tmp_path, mix, one=code)
    assert str(error).startswith("POST /users ")
    assert numbers_in(str(error))[:2] == [201, 409]


def test_a_body_and_headers_are_sent(tmp_path: Path) -> None:
    code = """
def answer(environ):
    length = int(environ["CONTENT_LENGTH"] or 0)
    sent = environ["wsgi.input"].read(length).decode()
    return page("{REQUEST_METHOD} {HTTP_X_SHOP}: {sent}".format(sent=sent, **environ))
"""
    asked = Request("/buy", None, "POST", (("X-Shop", "ours"),), b"book=7")
    (step,) = asked_of(tmp_path, Mix((asked,)), one=code).workload.steps
    assert step.expect.body == "POST ours: book=7"
    assert (step.headers, step.body) == ({"X-Shop": "ours"}, "book=7")


def test_a_number_of_each_requests_own_is_another_one_each_time(tmp_path: Path) -> None:
    code = 'answer = lambda environ: page("you asked for item {PATH_INFO}".format_map(environ))'
    (step,) = asked_of(tmp_path, Mix((Request("/{token}"),)), one=code).workload.steps
    assert step.expect.body_template == "you asked for item {*}"


def test_a_users_cookies_are_kept_from_step_to_step(tmp_path: Path) -> None:
    code = """
def answer(environ):
    name = environ.get("HTTP_COOKIE", "nobody")
    return page("Welcome to our shop, dear " + name, Set_Cookie="user=ann; Path=/; HttpOnly")
"""
    think = ThinkTime(low_s=0.1)
    mix = Mix((Request("/", think=think), Request("/basket")), "scenario", "shop.toml")
    agreed = asked_of(tmp_path, mix, one=code)
    home, basket = agreed.workload.steps
    assert home.expect.body == "Welcome to our shop, dear nobody"
    assert home.think == think
    assert basket.expect.body_template == "Welcome to our shop, dear {*}"


def test_a_step_that_needs_the_cookies_of_another_is_refused_with_advice(tmp_path: Path) -> None:
    code = """
def answer(environ):
    known = environ.get("HTTP_COOKIE") == "user=ann" or environ["PATH_INFO"] == "/"
    cookie = "user=ann; Path=/"
    return page("Hello", Set_Cookie=cookie) if known else page("", "302 Found", Location="/")
"""
    mix = Mix((Request("/"), Request("/basket")), "scenario", "shop.toml")
    assert str(refused(tmp_path, mix, one=code)) == (
        "GET /basket answered status 302, but 200 to a user who keeps the cookies of earlier "
        "steps: give them by a header (--header 'Cookie: …')"
    )


def test_a_stack_that_gives_no_answer_is_out(tmp_path: Path) -> None:
    silent = "import os\ndef answer(environ): return page('') if gone() else None\n"
    silent += (
        "asked = []\ndef gone():\n    asked.append(1)\n    return len(asked) < 2 or os._exit(3)"
    )
    agreed = asked_of(tmp_path, HOME, silent=silent, one=HELLO)
    assert "no answer" in agreed.failed["silent"].reason


def test_where_no_stack_answers_there_is_nothing_to_race(tmp_path: Path) -> None:
    with running(tmp_path, {"one": HELLO}) as live:
        live["one"].stop()
        with pytest.raises(BadInput, match=r"^GET / got no answer: connection refused \(on one\)$"):
            agree(HOME, live, stacks("one"), clock=SOON)


def test_stacks_that_did_not_start_are_not_asked() -> None:
    nobody: dict[str, RunningStack] = {}
    with pytest.raises(BadInput, match=r"^no server has started, so that there is nothing to "):
        agree(HOME, nobody, stacks("one"))


def test_whoever_waits_is_told_how_far_it_has_got(tmp_path: Path) -> None:
    told: list[Event] = []
    with running(tmp_path, {"one": HELLO, "other": HELLO}) as live:
        agree(HOME, live, stacks("one", "other"), told.append, SOON)
    assert told[0] == ComparingAnswers(0, 4)
    assert told[-1] == ComparingAnswers(4, 4)
