"""Correlations of short records, how far they are shrunk, and the factors that carry them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.kernels.dependence import (
    Correlations,
    correlations,
    loadings_through_marker,
    shrunk,
    single_factor,
)


def normals(*shape: int) -> np.ndarray:
    return np.random.Generator(np.random.Philox(3)).standard_normal(shape)


def test_correlations_of_full_rows_are_the_usual_ones() -> None:
    values = normals(4, 30)
    found = correlations(values, np.ones(values.shape, dtype=bool), centre=True)
    np.testing.assert_allclose(found.value, np.corrcoef(values), atol=1e-12)
    assert np.all(found.number == 30)


def test_correlations_use_what_both_rows_know() -> None:
    values = normals(2, 30)
    known = np.ones((2, 30), dtype=bool)
    known[0, :10] = False
    spoiled = values.copy()
    spoiled[0, :10] = 1e6
    found = correlations(spoiled, known, centre=True)
    assert found.value[0, 1] == pytest.approx(np.corrcoef(values[:, 10:])[0, 1])
    assert found.number[0, 1] == 20


def test_two_points_are_no_correlation() -> None:
    found = correlations(normals(2, 2), np.ones((2, 2), dtype=bool), centre=True)
    assert found.value[0, 1] == 0.0
    assert found.number[0, 1] == 0.0


def test_noise_is_shrunk_away_and_strong_dependence_stays() -> None:
    noise = correlations(normals(9, 12), np.ones((9, 12), dtype=bool), centre=True)
    common = normals(9, 12) * 0.2 + normals(10, 12)[9]
    strong = correlations(common, np.ones((9, 12), dtype=bool), centre=True)
    off = ~np.eye(9, dtype=bool)
    assert np.sum(shrunk(noise)[off] ** 2) < 0.3 * np.sum(noise.value[off] ** 2)
    assert np.min(shrunk(strong)[off] / strong.value[off]) > 0.95


def test_more_observations_shrink_less() -> None:
    value = np.where(np.eye(3, dtype=bool), 1.0, 0.4)
    kept = [shrunk(Correlations(value, np.full((3, 3), n)))[0, 1] for n in (8.0, 20.0, 200.0)]
    assert kept[0] < kept[1] < kept[2] < 0.4


def test_shrinking_looks_at_known_pairs_alone() -> None:
    value = np.array([[1.0, 0.8, 0.0], [0.8, 1.0, 0.0], [0.0, 0.0, 1.0]])
    number = np.array([[9.0, 9.0, 0.0], [9.0, 9.0, 0.0], [0.0, 0.0, 0.0]])
    alone = shrunk(Correlations(value[:2, :2], number[:2, :2]))
    assert shrunk(Correlations(value, number))[0, 1] == pytest.approx(alone[0, 1])


def test_one_factor_is_found_exactly() -> None:
    load = np.array([0.9, 0.5, -0.3, 0.7])
    found = single_factor(np.outer(load, load), np.full(4, 0.9))
    np.testing.assert_allclose(found, load, atol=1e-6)


def test_correlations_with_the_marker_are_kept_as_they_are() -> None:
    correlation = np.corrcoef(normals(5, 40) + 0.6 * normals(6, 40)[5])
    load = loadings_through_marker(correlation, 2, 3, 0.9)
    fit = load.T @ load
    np.testing.assert_allclose(np.delete(fit[2], 2), np.delete(correlation[2], 2), atol=1e-12)


def test_factors_rebuild_a_factor_model() -> None:
    truth = np.array([[0.9**0.5, 0.4, 0.5, 0.3, 0.2, 0.1], [0.0, 0.7, 0.6, 0.5, 0.8, 0.6]])
    correlation = truth.T @ truth
    np.fill_diagonal(correlation, 1.0)
    load = loadings_through_marker(correlation, 0, 2, 0.9)
    np.testing.assert_allclose(load, truth, atol=1e-3)


def test_without_a_marker_the_first_factor_is_empty() -> None:
    load = loadings_through_marker(np.full((3, 3), 0.5), None, 2, 0.9)
    assert not load[0].any()
    np.testing.assert_allclose(load[1], np.sqrt(0.5), atol=1e-6)


@given(st.integers(2, 8), st.integers(0, 2**32 - 1), st.booleans())
def test_no_indicator_is_explained_beyond_the_limit(size: int, seed: int, marked: bool) -> None:
    values = np.random.Generator(np.random.Philox(seed)).standard_normal((size, size + 1))
    found = correlations(values, np.ones(values.shape, dtype=bool), centre=True)
    load = loadings_through_marker(found.value, 0 if marked else None, 3, 0.9)
    assert np.all(np.sum(load**2, axis=0) <= 0.9 + 1e-12)
