"""Charts as pictures: the same run, the same bytes; names are names; holes are borne."""

from __future__ import annotations

import dataclasses
import struct
import xml.etree.ElementTree as ET
from collections.abc import Callable
from functools import partial

import pytest
import scenes

from runs import CHARACTERS, a_run, a_suite
from timetrial.analysis.summarize import summarize
from timetrial.model.summary import Summary
from timetrial.reports.chart_specs import Percentiles, pictures
from timetrial.reports.formats import files
from timetrial.reports.matplotlib_charts import ImageKind, Scheme, draw

pytest.importorskip("matplotlib", reason="needs the extra 'charts' (matplotlib)")

PNG = b"\x89PNG\r\n\x1a\n"


def seen(svg: bytes) -> str:
    """Return all text that an SVG shows; it must be well-formed."""
    root = ET.fromstring(svg)  # noqa: S314 - written a moment ago
    return "\n".join(
        "".join(element.itertext()) for element in root.iter("{http://www.w3.org/2000/svg}text")
    )


@pytest.mark.parametrize(
    ("scene", "scheme"),
    [
        (partial(scenes.troubled, short=True), "light"),
        (partial(scenes.interrupted, short=True), "dark"),
        (scenes.nothing_yet, "light"),
    ],
    ids=["troubled-light", "interrupted-dark", "nothing_yet-light"],
)
def test_every_chart_of_every_run_can_be_drawn(
    scene: Callable[[], Summary], scheme: Scheme
) -> None:
    for picture in pictures(scene()):
        assert picture.title in seen(draw(picture, "svg", scheme))


@pytest.mark.parametrize("kind", ["svg", "png"])
def test_the_same_run_gives_the_same_bytes(kind: ImageKind) -> None:
    shown = pictures(scenes.small())
    first, again = ([draw(picture, kind, "light") for picture in shown] for _ in range(2))
    assert first == again


def test_a_png_is_one_and_large_enough_to_be_read() -> None:
    picture = pictures(summarize(a_run(a_suite(["uvicorn"]))))[0]
    content = draw(picture, "png", "light")
    assert content.startswith(PNG)
    width, _ = struct.unpack(">II", content[16:24])
    assert width == 1152


def test_an_svg_has_no_date_and_loads_nothing() -> None:
    picture = pictures(scenes.good())[0]
    text = draw(picture, "svg", "light").decode()
    assert "dc:date" not in text
    assert "<image" not in text
    assert 'href="http' not in text


def test_figures_and_names_are_text() -> None:
    summary = scenes.good()
    text = seen(draw(pictures(summary)[0], "svg", "light"))
    assert "granian 2.5.4" in text
    assert "1 5,3" in text or "1 5,4" in text


def test_stacks_without_a_figure_say_so() -> None:
    text = seen(draw(pictures(scenes.troubled())[0], "svg", "light"))
    assert ("failed" in text, "no figure" in text) == (True, True)


def test_latency_goes_as_far_as_responses_carry_it() -> None:
    summary = scenes.good()
    (picture, *_) = (p for p in pictures(summary) if isinstance(p.what, Percentiles))
    assert isinstance(picture.what, Percentiles)
    for curve in picture.what.curves:
        beyond = [share for share, _ in curve.points]
        assert beyond == sorted(beyond, reverse=True)
        assert beyond[-1] * curve.responses >= 100 * 0.999
        times = [time_ms for _, time_ms in curve.points]
        assert times == sorted(times)


def test_stacks_whose_response_times_are_void_have_no_curve() -> None:
    (picture, *_) = (p for p in pictures(scenes.troubled()) if isinstance(p.what, Percentiles))
    assert isinstance(picture.what, Percentiles)
    assert picture.what.not_shown == ("gunicorn", "waitress")


@pytest.mark.parametrize("name", ["a$x$b", "<b>&amp;", "größer ✓ 表"])
def test_a_name_is_no_markup_and_no_formula(name: str) -> None:
    assert name in seen(draw(pictures(with_stack(name))[0], "svg", "light"))


def with_stack(name: str) -> Summary:
    suite = a_suite(["uvicorn", "uwsgi"])
    stacks = (dataclasses.replace(suite.stacks[0], name=name), suite.stacks[1])
    benchmarks = tuple(
        dataclasses.replace(benchmark, stacks=(name, "uwsgi")) for benchmark in suite.benchmarks
    )
    wanted = dataclasses.replace(suite, stacks=stacks, benchmarks=benchmarks)
    return summarize(a_run(wanted, characters={**CHARACTERS, name: CHARACTERS["uvicorn"]}))


def test_benchmarks_whose_names_differ_in_signs_alone_get_files_of_their_own() -> None:
    suite = a_suite(["uvicorn"])
    benchmarks = tuple(
        dataclasses.replace(suite.benchmarks[0], name=name) for name in ("a/b", "a b", "A-B")
    )
    summary = summarize(a_run(dataclasses.replace(suite, benchmarks=benchmarks)))
    names = [picture.name for picture in pictures(summary)]
    assert len(set(names)) == len(names)
    assert "run-7-a-b-throughput" in names
    assert "run-7-a-b-2-throughput" in names


def test_markdown_links_exactly_the_images_that_are_made_with_it() -> None:
    small = summarize(a_run(scenes.a_short_suite(["uvicorn"])))
    made = {file.name: file.content for file in files(small, ["markdown", "svg"])}
    text = made.pop("run-7.md").decode()
    assert made
    assert all(f'"{name}"' in text for name in made)
