"""What is the same of several requests is said once."""

from __future__ import annotations

from evidence import numbers_in
from timetrial.model.workload import Request
from timetrial.project.requests.notes import RequestNotes


def test_a_remark_names_the_first_few_requests() -> None:
    remarks, asked = RequestNotes(), [Request(f"/{number}") for number in range(5)]
    for each in asked:
        remarks.add(each, "no text")
    remarks.add(asked[0], "slow")
    remarks.add(asked[1], "")
    assert list(remarks.notes(asked)) == [
        "GET /0, GET /1, GET /2 and 2 more: no text.",
        "GET /0: slow.",
    ]


def test_what_is_left_out_is_told_with_its_share() -> None:
    remarks, asked = RequestNotes(), [Request("/a"), Request("/b", weight=2), Request("/c")]
    for each in asked[:2]:
        remarks.leave_out(each, "answered status 404")
    (note,) = remarks.notes(asked)
    assert numbers_in(note) == [75, 404]
    assert "GET /a, GET /b" in note
    assert "GET /c" not in note
