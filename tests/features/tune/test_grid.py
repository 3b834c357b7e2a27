"""Candidates: geometric steps within what the server, the CPUs and the load can use."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timetrial.features.tune.grid import Candidate, Tunable, grid, steps, thinned
from timetrial.model.errors import BadInput

GTHREAD = Tunable("gunicorn-gthread", 256, 256)
UVICORN = Tunable("uvicorn", 256, 1)
WAITRESS = Tunable("waitress", 1, 256)


def test_steps_are_powers_of_two_with_steps_between() -> None:
    assert steps(16, (1, 1.5)) == (1, 2, 3, 4, 6, 8, 12, 16)
    assert steps(32) == (1, 2, 4, 8, 16, 32)


def test_the_end_of_a_scale_is_tried_if_it_lies_well_beyond_the_last_step() -> None:
    assert steps(5, (1, 1.5)) == (1, 2, 3, 4, 5)
    assert steps(9, (1, 1.5)) == (1, 2, 3, 4, 6, 8)


@given(st.integers(1, 512))
def test_steps_rise_from_one_and_never_exceed_the_most(most: int) -> None:
    found = steps(most, (1, 1.5))
    assert found[0] == 1
    assert list(found) == sorted(set(found))
    assert found[-1] <= most


def test_workers_go_up_to_twice_the_cpus_and_one() -> None:
    assert grid([UVICORN], 2, 64).values("workers") == (1, 2, 3, 4, 5)


def test_a_server_of_one_process_is_tuned_by_its_threads() -> None:
    found = grid([WAITRESS], 4, 64)
    assert found.knobs == ("threads",)
    assert found.name(found.candidates[0]) == "1 thread"


def test_threads_end_where_every_connection_has_one() -> None:
    found = grid([GTHREAD], 1, 16)
    assert [candidate.threads for candidate in found.candidates if candidate.workers == 1] == [
        1,
        2,
        4,
        8,
        16,
    ]
    assert [each.threads for each in found.candidates if each.workers == 3] == [1, 2, 4, 8]


def test_a_name_tells_the_knobs_that_there_are() -> None:
    both = grid([GTHREAD], 2, 64)
    assert both.name(Candidate(4, 1, "gunicorn-gthread")) == "4 workers × 1 thread"
    loops = grid([UVICORN, Tunable("uvicorn-asyncio", 256, 1)], 2, 64)
    assert loops.name(Candidate(2, 1, "uvicorn")) == "uvicorn, 2 workers"


def test_a_server_without_settings_is_refused_in_one_sentence() -> None:
    with pytest.raises(BadInput, match="velocem has nothing to tune: it is one process"):
        grid([Tunable("velocem", 1, 1)], 4, 64)


def test_candidates_come_in_order_of_size_with_names_of_their_own() -> None:
    found = grid([GTHREAD], 4, 64)
    assert list(found.candidates) == sorted(found.candidates)
    assert len({found.name(candidate) for candidate in found.candidates}) == len(found.candidates)


@given(st.integers(1, 40))
def test_a_thinned_grid_keeps_the_ends_of_its_scales_and_says_what_it_left_out(most: int) -> None:
    full = grid([GTHREAD], 2, 64)
    fewer = thinned(full, most)
    assert {*fewer.candidates} <= {*full.candidates}
    assert fewer.values("workers")[:: len(fewer.values("workers")) - 1] == (1, 5)
    if len(full.candidates) > most:
        assert len(fewer.candidates) < len(full.candidates)
        assert len(fewer.notes) == len(full.notes) + 1
    else:
        assert fewer == full
