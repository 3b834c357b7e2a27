"""CPUs for the server, when somebody says how many."""

from __future__ import annotations

import pytest

from timetrial.features.tune.cpu_limit import is_shared, limited
from timetrial.machine.placement import place
from timetrial.model.errors import BadInput

FOUR, TWO = (0, 1, 2, 3), (0, 1)


def test_without_a_wish_it_gets_all_that_the_load_engine_does_not_need() -> None:
    assert limited(place(FOUR), FOUR, None) == place(FOUR)


def test_fewer_are_the_first_of_its_own() -> None:
    placed = limited(place(FOUR), FOUR, 2)
    assert placed.server_cpus == (0, 1)
    assert placed.generator_cpus == place(FOUR).generator_cpus
    assert not is_shared(placed)


def test_as_many_as_there_are_have_to_be_shared_and_that_is_said() -> None:
    placed = limited(place(TWO), TWO, 2)
    assert placed.server_cpus == (0, 1)
    assert is_shared(placed)
    assert "CPU 1," in placed.warnings[-1]
    assert len(placed.warnings) == len(place(TWO).warnings) + 1


def test_more_than_there_are_is_refused() -> None:
    with pytest.raises(BadInput, match="--server-cpus 3: there are 2 CPUs here"):
        limited(place(TWO), TWO, 3)
