"""All forms that a report of a run can take, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from timetrial import reports
from timetrial.model import Summary
from timetrial.reports.additions import NO_ADDITIONS, Additions
from timetrial.reports.chart_specs import Picture, pictures
from timetrial.reports.csv import as_csv
from timetrial.reports.files import File
from timetrial.reports.hlog import as_hlog
from timetrial.reports.html import as_html
from timetrial.reports.markdown import Image, as_markdown
from timetrial.reports.matplotlib_charts import ImageKind, Scheme, draw
from timetrial.reports.openmetrics import as_openmetrics
from timetrial.reports.otlp import as_otlp
from timetrial.reports.pyperf import as_pyperf


@dataclass(frozen=True, slots=True)
class Text:
    """A form that is one text."""

    suffix: str
    written: Callable[[Summary, Additions], str]


TEXTS: Mapping[str, Text] = {
    "html": Text("html", as_html),
    "markdown": Text("md", lambda summary, _: as_markdown(summary)),
    "csv": Text("csv", lambda summary, _: as_csv(summary)),
    "json": Text("json", lambda summary, added: reports.as_json(summary, added)),  # noqa: PLW0108 - to be imported when it is called
    "hdr": Text("hlog", lambda summary, _: as_hlog(summary)),
    "pyperf": Text("pyperf.json", lambda summary, _: as_pyperf(summary)),
    "openmetrics": Text("om.txt", lambda summary, _: as_openmetrics(summary)),
    "otlp": Text("otlp.json", lambda summary, _: as_otlp(summary)),
}
IMAGES: Mapping[str, ImageKind] = {"svg": "svg", "png": "png"}
FORMS = (*TEXTS, *IMAGES)
_SCHEMES: Mapping[Scheme, str] = {"light": "", "dark": "-dark"}
"""What the name of a file ends with."""


def text_of(
    summary: Summary, form: str, additions: Additions = NO_ADDITIONS, *, brief: bool = False
) -> str:
    """Write one of TEXTS; `brief` leaves the single trials out of JSON."""
    if brief and form == "json":
        return reports.as_json(summary, additions, brief=True)
    return TEXTS[form].written(summary, additions)


def files(
    summary: Summary,
    forms: Sequence[str],
    additions: Additions = NO_ADDITIONS,
    *,
    brief: bool = False,
) -> Iterator[File]:
    """Make the files of some forms; Markdown links the images that are made with it."""
    laid_out = pictures(summary) if set(forms) & set(IMAGES) else ()
    for form in forms:
        if form in IMAGES:
            yield from _images(laid_out, IMAGES[form])
        elif form == "markdown":
            yield _file(summary, form, as_markdown(summary, _linked(laid_out, forms)))
        else:
            yield _file(summary, form, text_of(summary, form, additions, brief=brief))


def _file(summary: Summary, form: str, text: str) -> File:
    return File(f"run-{summary.run.number}.{TEXTS[form].suffix}", text.encode())


def _images(laid_out: Sequence[Picture], kind: ImageKind) -> Iterator[File]:
    for picture in laid_out:
        for scheme in _SCHEMES:
            yield File(_name(picture, kind, scheme), draw(picture, kind, scheme))


def _linked(laid_out: Sequence[Picture], forms: Sequence[str]) -> list[Image]:
    """Choose what Markdown links: the first kind of image that was asked for."""
    kind = next((IMAGES[form] for form in forms if form in IMAGES), None)
    if kind is None:
        return []
    return [
        Image(
            picture.benchmark,
            f"{picture.title}, {picture.subtitle}",
            _name(picture, kind, "light"),
            _name(picture, kind, "dark"),
        )
        for picture in laid_out
    ]


def _name(picture: Picture, kind: ImageKind, scheme: Scheme) -> str:
    return f"{picture.name}{_SCHEMES[scheme]}.{kind}"
