from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import qmc

from sim.designs import (
    REPLICATES,
    is_whole_net,
    replicate_means,
    scrambled_words,
    set_points,
    sobol,
)
from sim.streams import SETS

NET = REPLICATES * SETS * 4  # sets of a run whose replicates are nets of 64 points


def replicate(dimension: int, which: int, seed: int = 1, name: str = "p") -> np.ndarray:
    points = set_points(seed, name, dimension, 0, NET).reshape(-1, REPLICATES, SETS)
    return points[:, which].ravel()


def test_points_are_those_of_joe_and_kuo() -> None:
    theirs = np.sort(qmc.Sobol(40, scramble=False, bits=32).random(256), axis=0)
    ours = np.stack([sobol(d, np.arange(256)) for d in range(1, 41)], axis=1) * 2.0**-32
    assert np.array_equal(np.sort(ours, axis=0), theirs)
    rows = {tuple(row) for row in qmc.Sobol(40, scramble=False, bits=32).random(256)}
    assert {tuple(row) for row in ours} == rows


@given(st.integers(1, 300), st.integers(0, REPLICATES - 1), st.integers(0, 2**64 - 1))
def test_scrambled_or_not_each_of_n_equal_intervals_holds_one_point(
    dimension: int, which: int, seed: int
) -> None:
    points = replicate(dimension, which, seed)
    assert sorted(np.floor(points * len(points))) == list(range(len(points)))
    assert points.min() > 0.0  # N21: no first point at minus infinity
    assert points.max() < 1.0


@given(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1))
def test_a_bit_is_scrambled_by_those_above_it_alone(a: int, b: int, key: int) -> None:
    x, y = (int(word) for word in scrambled_words(np.array([a, b], dtype=np.uint32), key))
    assert (a ^ b).bit_length() == (x ^ y).bit_length()


@given(st.integers(0, 600), st.integers(1, 600))
def test_a_point_does_not_hang_on_what_else_is_drawn(first: int, count: int) -> None:
    whole = set_points(5, "p", 7, 0, 1200)
    assert np.array_equal(set_points(5, "p", 7, first, count), whole[first : first + count])


def test_two_dimensions_of_a_replicate_form_a_net_and_replicates_differ() -> None:
    x, y = (replicate(dimension, 3, name=str(dimension)) for dimension in (1, 2))
    for rows in (2, 4, 8, 16, 32):
        boxes = np.floor(x * rows) * (64 // rows) + np.floor(y * (64 // rows))
        assert sorted(boxes) == list(range(64))
    firsts = {float(replicate(1, which)[0]) for which in range(REPLICATES)}
    assert len(firsts) == REPLICATES


def test_a_smooth_mean_has_far_less_error_than_with_keyed_points_and_its_error_is_told() -> None:
    errors, told = [], []
    for seed in range(40):
        u = np.stack([set_points(seed, str(d), d, 0, NET) for d in range(1, 6)])
        values = np.prod(0.5 + u, axis=0)[None]
        means = replicate_means(values)[0]
        errors.append(means.mean() - 1.0)
        told.append(means.std(ddof=1) / np.sqrt(REPLICATES))
    plain = np.sqrt((13.0 / 12.0) ** 5 - 1.0) / np.sqrt(NET)
    assert np.std(errors) < 0.2 * plain
    assert np.mean(np.abs(errors) <= 2.131 * np.array(told)) == pytest.approx(0.95, abs=0.1)


def test_N21_only_powers_of_two_of_points_are_whole_nets() -> None:
    assert [blocks for blocks in range(0, 130) if is_whole_net(blocks)] == [16, 32, 64, 128]


def test_means_of_replicates_leave_out_sets_without_a_draw() -> None:
    by_set = np.arange(2 * REPLICATES * SETS, dtype=np.float64).reshape(1, -1)
    by_set[0, 0] = np.nan
    means = replicate_means(by_set)
    first = by_set.reshape(2, REPLICATES, SETS)[:, 0]
    assert means.shape == (1, REPLICATES)
    assert means[0, 0] == np.nanmean(first)
