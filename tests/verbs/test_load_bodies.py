"""Large bodies, against a server that is not ours. Counts alone are asserted."""

from __future__ import annotations

import hashlib
import zlib
from pathlib import Path
from typing import Literal

import pytest
from body_server import TEXT, taking_bodies

from timetrial._engine import Responder
from timetrial.drivers.driver import UploadFacts
from timetrial.machine.upload_content import content_of
from timetrial.model import BadInput, Request, Upload
from timetrial.reports.load import as_data, notes
from timetrial.reports.load_answer import headline_of
from timetrial.stacks.connection import Connection
from timetrial.stacks.sent_body import sent_body
from timetrial.verbs.load import load
from timetrial.verbs.options.load import LoadOptions

SIZE = 2_500_000
BINARY = "application/octet-stream"
BACKENDS: tuple[Literal["epoll", "auto"], ...] = ("epoll", "auto")


def answer_to(content: bytes, kind: str = BINARY) -> str:
    return f"{kind} {len(content)} {zlib.crc32(content):08x}"


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("chunked", [False, True])
def test_a_generated_body_arrives_in_whole(
    backend: Literal["epoll", "auto"],
    chunked: bool,  # noqa: FBT001 - by pytest
) -> None:
    expected = answer_to(content_of(Upload(SIZE)))
    with taking_bodies() as url:
        options = LoadOptions(
            url=url, connections=2, threads=1, count=6, backend=backend, upload_bytes=SIZE,
            chunked=chunked, expect_body=expected,
        )  # fmt: skip
        done = load(options)
    counts, result = done.result.overall, done.result
    assert (counts.arrivals, counts.ok) == (6, 6)
    assert (result.bytes_sent or 0) > 6 * SIZE
    assert result.uploads == UploadFacts()
    assert done.terms.request == (
        f"POST {url} · 2.38 MiB generated" + (" · in chunks" if chunked else "")
    )
    assert "/s sent, " in headline_of(done.terms, result).text
    shown = as_data(done.terms, result)
    assert shown["bytes_sent"] == result.bytes_sent
    assert shown["uploads"] == {
        "cut_short": 0, "after_100_continue": 0, "without_100_continue": 0
    }  # fmt: skip


def test_a_file_is_sent_after_100_continue(tmp_path: Path) -> None:
    file = tmp_path / "picture.bin"
    file.write_bytes(bytes(range(256)) * 400)
    with taking_bodies() as url:
        options = LoadOptions(
            url=url, connections=1, threads=1, count=2, upload=file, expect_continue=True,
            method="POST", expect_body=answer_to(file.read_bytes()),
        )  # fmt: skip
        result = load(options).result
    assert (result.overall.ok, result.uploads) == (2, UploadFacts(invited=2))


def test_a_file_of_a_form_is_sent_with_its_frame(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("some text")
    with taking_bodies() as url:
        options = LoadOptions(
            url=url, connections=1, threads=1, count=1, upload=file, multipart="photo",
            expect_template="multipart/form-data {*}",
        )  # fmt: skip
        assert load(options).result.overall.ok == 1


def test_a_refusal_before_the_body_is_judged_and_told() -> None:
    with taking_bodies() as url:
        options = LoadOptions(
            url=f"{url}/too-large", connections=1, threads=1, count=3, upload_bytes=30_000_000,
            expect_status=413,
        )  # fmt: skip
        result = load(options).result
    assert result.overall.arrivals == 3
    assert result.overall.ok + (result.overall.reset or 0) == 3
    assert any("before the whole body was sent" in note for note in notes(result))


def test_length_and_digest_are_of_what_a_compressed_body_stands_for() -> None:
    digest = hashlib.sha256(TEXT).hexdigest()
    with taking_bodies() as url:
        for decode in (True, False):
            options = LoadOptions(
                url=url, connections=1, threads=1, count=3, expect_length=len(TEXT),
                expect_digest=digest, decode=decode,
            )  # fmt: skip
            result = load(options).result
            assert result.overall.ok == 3
            assert ((result.bytes_received or 0) < len(TEXT)) is decode
        other = LoadOptions(
            url=url, connections=1, threads=1, count=1, decode=True, expect_digest="0" * 64
        )
        assert load(other).result.overall.wrong_body == 1


@pytest.mark.parametrize("upload", [Upload(70_000), Upload(70_000, chunked=True)])
def test_what_is_asked_once_before_a_measurement_has_the_same_body(upload: Upload) -> None:
    with taking_bodies() as url:
        port = int(url.rpartition(":")[2])
        asked = Request("/", method="POST", upload=upload)
        with Connection("127.0.0.1", port) as connection:
            answer = connection.ask(asked, keep_alive=True)
    assert answer.body.decode() == answer_to(content_of(upload))


def test_a_form_that_is_sent_once_has_the_file_between_its_boundaries(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("some text")
    upload = Upload(9, str(file), field="photo")
    body, headers = sent_body(Request("/", method="POST", upload=upload))
    boundary = headers["Content-Type"].partition("boundary=")[2]
    assert body.startswith(b"--" + boundary.encode())
    assert b'name="photo"; filename="a.txt"' in body
    assert b"\r\n\r\nsome text\r\n--" in body
    file.write_text("another text")
    with pytest.raises(BadInput, match="has 12 bytes; it had 9"):
        content_of(upload)


def test_generated_bytes_are_always_the_same() -> None:
    assert zlib.crc32(content_of(Upload(1024))) == 0x371F97EB
    assert zlib.crc32(content_of(Upload(1_048_576))) == 0x80FDEAC2


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_body_is_encrypted_piece_by_piece(backend: Literal["epoll", "auto"]) -> None:
    with Responder(tls=True) as server:
        options = LoadOptions(
            url=f"https://{server.address}/", connections=2, threads=1, count=4, insecure=True,
            backend=backend, upload_bytes=SIZE, expect_body="Hello world!",
        )  # fmt: skip
        result = load(options).result
    assert (result.overall.ok, result.uploads) == (4, UploadFacts())
    assert (result.bytes_sent or 0) > 4 * SIZE
