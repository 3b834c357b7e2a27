"""Where a change of counts came from."""

from __future__ import annotations

from pathlib import PurePath

from timetrial.features.counting.origins import by_function, changes, origin_texts

FOLDER = PurePath("/srv/shop")


def test_functions_are_named_alike_in_two_checkouts() -> None:
    counts = [
        ("/srv/shop/views.py", "items", 7, 400),
        ("/srv/shop/.venv/lib/python3.11/site-packages/flask/app.py", "Flask.wsgi_app", 90, 600),
        ("/usr/lib/python3.11/json/encoder.py", "encode", 3, 40),
        ("/srv/shop/views.py", "items", 20, 200),
    ]
    assert by_function(counts, FOLDER, requests=20) == {
        "items (views.py)": 30,
        "Flask.wsgi_app (flask/app.py)": 30,
        "encode (encoder.py)": 2,
    }
    moved = [("/elsewhere/views.py", "items", 9, 20)]
    assert by_function(moved, PurePath("/elsewhere"), requests=20) == {"items (views.py)": 1}


def test_the_largest_changes_are_named_first_and_small_ones_not() -> None:
    old = {"view": 100.0, "gone": 50.0, "same": 7.0, **{f"f{n}": 20.0 for n in range(20)}}
    new = {"view": 4_100.0, "added": 200.0, "same": 7.0, **{f"f{n}": 30.0 + n for n in range(20)}}
    found = changes(old, new)
    assert [(each.function, each.change) for each in found] == [("view", 4_000), ("added", 200)]
    assert origin_texts(found, ()) == (
        "What changed most, bytecodes of Python a request: view +4,000 and added +200.",
    )


def test_of_many_changes_ten_are_named() -> None:
    assert len(changes({"f0": 0.0}, {f"f{n}": 100.0 + n for n in range(20)})) == 10


def test_where_nothing_changed_nothing_is_named() -> None:
    assert changes({"f": 1.0}, {"f": 1.0}) == changes({}, {}) == ()
    assert origin_texts((), ()) == ()


def test_functions_of_which_one_side_is_unknown_are_not_said_to_have_changed() -> None:
    assert changes({}, {"view": 100.0}) == changes({"view": 100.0}, {}) == ()
