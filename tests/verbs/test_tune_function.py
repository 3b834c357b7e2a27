"""The function behind `timetrial tune`, up to where it starts something."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from timetrial.model.errors import BadInput, UnknownName
from timetrial.model.events import ImportingApp
from timetrial.verbs.options.tune import TuneOptions
from timetrial.verbs.tune import TuneEvent, tune

WSGI = """
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "5")])
    return [b"hello"]
"""


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "shop.py").write_text(WSGI)
    return tmp_path / "shop"


def _options(folder: Path, server: str, **others: object) -> TuneOptions:
    given = {
        "app": "shop:app",
        "folder": folder,
        "python": (sys.executable,),
        "server": server,
        "store": str(folder / "runs.db"),
    }
    return TuneOptions.model_validate({**given, **others})


def test_a_server_that_is_not_known_is_refused_once_the_app_was_seen(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    events: list[TuneEvent] = []
    with pytest.raises(UnknownName, match="nginx"):
        tune(_options(folder, "nginx"), events.append)
    assert events == [ImportingApp("shop:app")]
    assert capsys.readouterr() == ("", "")
    assert not (folder / "runs.db").exists()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"budget": 5.0}, "--budget: "),
        ({"rate": 100.0}, "--rate is"),
        ({"server_cpus": 4096}, "--server-cpus 4096: "),
        ({"variants": True}, "--variants: "),
    ],
)
def test_what_cannot_be_searched_is_refused(
    options: dict[str, object], sentence: str, folder: Path
) -> None:
    with pytest.raises(BadInput, match=sentence):
        tune(_options(folder, "bjoern", **options))
