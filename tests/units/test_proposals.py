"""Draws of a proposal are weighed back to the own law, whatever the proposal."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.kernels.proposals import (
    OWN_EVERY,
    effective,
    fitted_normal,
    is_own,
    log_density,
    normalised,
    proposed,
    tempering_power,
)

MEAN = np.array([0.8, -0.5])
FACTOR = np.array([[0.7, 0.0], [0.3, 0.6]])


def plain(draws: int, seed: int = 3) -> np.ndarray:
    return np.random.Generator(np.random.Philox(seed)).standard_normal((2, draws))


def test_weighed_draws_have_the_moments_of_the_own_law() -> None:
    draws = 200_000
    made = proposed(plain(draws), MEAN[:, None], FACTOR, is_own(draws))
    weight = np.exp(made.log_weight)
    error = 4.5 * weight.std() / np.sqrt(draws)

    assert weight.mean() == pytest.approx(1.0, abs=error)
    assert (weight * made.scores).mean(axis=1) == pytest.approx([0.0, 0.0], abs=3.0 * error)
    assert (weight * made.scores) @ made.scores.T / draws == pytest.approx(np.eye(2), abs=6.0 * error)
    assert made.scores.mean(axis=1) == pytest.approx((1.0 - 1.0 / OWN_EVERY) * MEAN, abs=0.02)  # moved indeed


@given(st.floats(-6.0, 6.0), st.floats(0.05, 4.0))
def test_no_weight_passes_the_share_of_the_own_law(mean: float, sd: float) -> None:
    draws = 64
    moved = proposed(plain(draws)[:1], np.full((1, 1), mean), np.full((1, 1), sd), is_own(draws))
    assert (np.exp(moved.log_weight) <= OWN_EVERY * (1.0 + 1e-12)).all()


def test_the_fit_finds_the_law_that_weights_describe_and_believes_no_noise() -> None:
    scores = plain(100_000)
    wanted = log_density(scores, MEAN, FACTOR) + 0.5 * np.sum(scores**2, axis=0)
    mean, factor = fitted_normal(scores, normalised(wanted))
    none, one = fitted_normal(scores[:, :500], np.full(500, 1.0 / 500))

    assert mean == pytest.approx(MEAN, abs=0.02)
    assert factor @ factor.T == pytest.approx(FACTOR @ FACTOR.T, abs=0.03)
    assert one == pytest.approx(np.eye(2), abs=1e-12)
    assert np.abs(none).max() < 0.2


def test_the_power_is_the_largest_that_leaves_enough_draws() -> None:
    log_likelihood = -20.0 * np.abs(plain(2000)[0])
    none = np.zeros(2000)
    power = tempering_power(log_likelihood, none, 400.0)

    assert 0.0 < power < 1.0
    assert effective(normalised(power * log_likelihood)) == pytest.approx(400.0, rel=1e-3)
    assert tempering_power(0.001 * log_likelihood, none, 400.0) == 1.0
