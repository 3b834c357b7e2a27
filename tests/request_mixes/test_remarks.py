"""What is the same of several requests is said once."""

from __future__ import annotations

from timetrial.requests.asked import Asked
from timetrial.requests.remarks import Remarks


def test_a_remark_names_the_first_few_requests() -> None:
    remarks, asked = Remarks(), [Asked(f"/{number}") for number in range(5)]
    for each in asked:
        remarks.add(each, "no text")
    remarks.add(asked[0], "slow")
    remarks.add(asked[1], "")
    assert list(remarks.notes(asked)) == [
        "GET /0, GET /1, GET /2 and 2 more: no text.",
        "GET /0: slow.",
    ]


def test_what_is_left_out_is_told_with_its_share() -> None:
    remarks, asked = Remarks(), [Asked("/a"), Asked("/b", weight=2), Asked("/c")]
    for each in asked[:2]:
        remarks.leave_out(each, "answered status 404")
    assert list(remarks.notes(asked)) == [
        "Left out, 75% of the mix: GET /a, GET /b (answered status 404)."
    ]
