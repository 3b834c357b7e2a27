"""Histograms, against the reference library for Python."""

from __future__ import annotations

import base64
import math
import zlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from timetrial.engine import Histogram

hdrh = pytest.importorskip("hdrh.histogram", reason="needs the package hdrhistogram")

Reference = Any
"""A histogram of the reference library, which has no types."""
HOUR_NS = 3_600_000_000_000
QUANTILES = (0.0, 0.25, 0.5, 0.9, 0.99, 0.999, 1.0)
DURATIONS = st.lists(st.tuples(st.integers(1, HOUR_NS), st.integers(1, 1_000_000)), max_size=20)
_EXAMPLES = 15
"""Of laws that ask the reference library, which is slow."""
_HEADER_BYTES = 8
"""Cookie and length, before the compressed bytes."""


def ours(durations: list[tuple[int, int]]) -> Histogram:
    made = Histogram()
    for duration_ns, count in durations:
        made.record(duration_ns, count)
    return made


def theirs(durations: list[tuple[int, int]]) -> Reference:
    made = hdrh.HdrHistogram(1, HOUR_NS, 3)
    for duration_ns, count in durations:
        made.record_value(duration_ns, count)
    return made


def assert_alike(one: Histogram, other: Reference) -> None:
    assert one.count == other.get_total_count()
    buckets = {low: count for low, _, count in one.buckets()}
    # Its own iterator asks in Python for each of 23,000 counts, nearly all of them 0.
    for index, count in enumerate(other.counts):
        if count:
            assert buckets.pop(other.get_value_from_index(index)) == count
    assert buckets == {}
    for q in QUANTILES if one.count else ():
        # The reference rounds q × count to the nearest rank, where we take the first one that has
        # at least a share of q up to it: so it is asked for the very rank.
        rank = max(1, math.ceil(q * one.count))
        theirs_ns = other.get_value_at_percentile(rank / one.count * 100)
        low = other.get_lowest_equivalent_value(one.quantile(q))
        assert low == other.get_lowest_equivalent_value(theirs_ns)


@given(DURATIONS)
@settings(max_examples=_EXAMPLES)
def test_both_libraries_count_alike(durations: list[tuple[int, int]]) -> None:
    assert_alike(ours(durations), theirs(durations))


@given(DURATIONS)
@settings(max_examples=_EXAMPLES)
def test_the_reference_library_reads_what_we_wrote(durations: list[tuple[int, int]]) -> None:
    encoded = base64.b64encode(ours(durations).encode())
    assert_alike(ours(durations), hdrh.HdrHistogram.decode(encoded))


@given(DURATIONS)
@settings(max_examples=_EXAMPLES)
def test_we_read_what_the_reference_library_wrote(durations: list[tuple[int, int]]) -> None:
    encoded = base64.b64decode(theirs(durations).encode())
    assert_alike(Histogram.decode(encoded), theirs(durations))


@given(DURATIONS)
@settings(max_examples=_EXAMPLES)
def test_the_plain_encoding_is_what_the_compressed_one_contains(
    durations: list[tuple[int, int]],
) -> None:
    histogram = ours(durations)
    plain = histogram.encode_plain()
    assert zlib.decompress(histogram.encode()[_HEADER_BYTES:]) == plain
    of_reference = base64.b64decode(theirs(durations).encode())[_HEADER_BYTES:]
    for readable in (plain, zlib.decompress(of_reference)):
        assert Histogram.decode(readable).buckets() == histogram.buckets()


@given(DURATIONS, DURATIONS)
@settings(max_examples=_EXAMPLES)
def test_merging_is_counting_into_one(
    one: list[tuple[int, int]], other: list[tuple[int, int]]
) -> None:
    merged = ours(one)
    merged.merge(ours(other))
    assert_alike(merged, theirs(one + other))


@given(DURATIONS, DURATIONS)
def test_what_was_merged_can_be_taken_out_again(
    one: list[tuple[int, int]], other: list[tuple[int, int]]
) -> None:
    merged = ours(one)
    merged.merge(ours(other))
    assert_alike(merged.without(ours(other)), theirs(one))


def test_what_is_no_part_of_it_cannot_be_taken_out() -> None:
    with pytest.raises(ValueError, match="more than the whole"):
        ours([(5, 1)]).without(ours([(5, 2)]))


@given(DURATIONS, DURATIONS)
def test_merging_what_is_encoded_is_merging_what_it_holds(
    one: list[tuple[int, int]], other: list[tuple[int, int]]
) -> None:
    merged, expected = ours(one), ours(one)
    merged.merge_encoded(ours(other).encode())
    expected.merge(ours(other))
    assert merged.buckets() == expected.buckets()


@pytest.mark.parametrize("encoded", [b"", b"nothing of the kind", base64.b64encode(b"x" * 50)])
def test_what_is_no_histogram_is_refused(encoded: bytes) -> None:
    with pytest.raises(ValueError, match="not an encoded HdrHistogram"):
        Histogram.decode(encoded)
    histogram = Histogram()
    with pytest.raises(ValueError, match="not an encoded HdrHistogram"):
        histogram.merge_encoded(encoded)
    assert histogram.count == 0


@pytest.mark.parametrize("q", [-0.1, 1.1, float("nan")])
def test_a_quantile_lies_between_0_and_1(q: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        Histogram().quantile(q)


def test_an_empty_histogram_has_nothing_but_zeros() -> None:
    empty = Histogram()
    figures = (empty.count, empty.min_ns, empty.max_ns, empty.mean_ns, empty.quantile(0.5))
    assert figures == (0, 0, 0, 0.0, 0)


def test_a_quantile_is_the_shortest_duration_that_its_share_does_not_exceed() -> None:
    histogram = ours([(1, 50), (2, 1)])
    assert (histogram.quantile(50 / 51), histogram.quantile(0.99)) == (1, 2)
