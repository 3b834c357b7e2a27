"""A race of uploads: what is sent, and refusals before anything starts."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import complaint

from races import a_project
from timetrial.model import BadInput, Upload
from timetrial.project.requests.workload import workload_of
from timetrial.verbs.options.race import RaceOptions
from timetrial.verbs.request_mix import mix_of_upload


def test_a_file_is_the_body_of_a_post_to_the_path(tmp_path: Path) -> None:
    file = tmp_path / "photo.jpg"
    file.write_bytes(b"x" * 1000)
    asked = RaceOptions.model_validate(
        {"upload": file, "multipart": "photo", "allow_writes": True, "headers": (("A", "b"),)}
    )
    mix = mix_of_upload(asked)
    assert mix is not None
    (step,) = workload_of(mix, a_project("wsgi", "asgi").targets).steps
    assert (step.method, step.paths["wsgi"], step.headers) == ("POST", "/", {"A": "b"})
    assert step.request("asgi").upload == Upload(1000, str(file), field="photo")
    assert mix_of_upload(RaceOptions()) is None


NOT_ALLOWED = (
    "--upload is a POST that may write, and would be sent thousands of times; if that is meant, "
    "say --allow-writes"
)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (
            ("--upload", "FILE"),
            NOT_ALLOWED,
        ),
        (("--multipart", "a"), "--multipart is for --upload FILE"),
        (
            ("--upload", "FILE", "--allow-writes", "--path", "/a", "--path", "/b"),
            "--upload goes to one --path: it is given more than once",
        ),
        (
            ("--upload", "FILE", "--allow-writes", "--requests", "FILE"),
            "--requests and --upload exclude each other: the file is all that is sent",
        ),
        (
            ("--websocket", "/ws", "--send", "a", "--upload", "FILE"),
            "--upload is about requests of HTTP, not about --websocket",
        ),
    ],
)
def test_what_does_not_go_together(
    arguments: tuple[str, ...], expected: str, tmp_path: Path
) -> None:
    assert complaint("race", "shop:app", *arguments, folder=tmp_path) == expected


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"--upload .*: No such file or directory"):
        mix_of_upload(
            RaceOptions.model_validate({"upload": tmp_path / "none", "allow_writes": True})
        )
