"""An app's texts are filled with what its services are, and with nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from timetrial.catalog.registry import App
from timetrial.stacks.services.services import filled


def an_app(env: Mapping[str, str], *setup: tuple[str, ...]) -> App:
    return App("shop", "Shop", Path(), (), {"wsgi": "shop:app"}, env, setup, {})


def test_urls_take_the_place_of_their_placeholders_and_others_stay() -> None:
    app = an_app({"CACHE": "{redis_url}?db={data}"}, ("{python}", "{redis_url}"))
    found = filled(app, {"redis_url": "redis://127.0.0.1:1/0"})
    assert found.env == {"CACHE": "redis://127.0.0.1:1/0?db={data}"}
    assert found.setup == (("{python}", "redis://127.0.0.1:1/0"),)


def test_what_names_a_service_that_is_not_there_is_left_out() -> None:
    app = an_app({"CACHE": "{redis_url}", "HOME": "{data}"}, ("{python}", "{redis_url}"), ("true",))
    found = filled(app, {})
    assert found.env == {"HOME": "{data}"}
    assert found.setup == (("true",),)


@given(st.text(), st.text())
def test_no_url_is_ever_taken_for_a_template(url: str, around: str) -> None:
    escaped = around.replace("{", "{{").replace("}", "}}")
    found = filled(an_app({"URL": escaped + "{redis_url}" + escaped}), {"redis_url": url})
    assert found.env["URL"].format_map({}) == around + url + around
