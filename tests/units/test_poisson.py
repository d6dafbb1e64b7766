"""Poisson quantiles: exact where the distribution function can tell, and monotone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtr, ndtri
from scipy.stats import poisson

from sim.axes import Floats
from sim.kernels.poisson import compiled_quantile, poisson_quantile
from sim.streams import Source, uniforms

RATES = np.concatenate([np.geomspace(1e-6, 20.0, 120), np.geomspace(20.0, 2e5, 120), [15.999, 16.0, 16.001]])
Quantile = Callable[[Floats, Floats], Floats]
either = pytest.mark.parametrize("quantile", [poisson_quantile, compiled_quantile], ids=["plain", "compiled"])

NORMALS = np.linspace(-6.0, 6.0, 241)  # further out a float64 probability settles no integer


@either
def test_quantiles_are_exact_over_a_grid(quantile: Quantile) -> None:
    rate, normal = np.meshgrid(RATES, NORMALS)

    assert np.array_equal(quantile(rate, normal), poisson.ppf(ndtr(normal), rate))


@either
def test_quantiles_are_exact_at_random_rates(quantile: Quantile) -> None:
    rate = np.exp(uniforms(1, Source("rate"), 0, 200_000) * 14.0 - 2.0)
    normal = ndtri(uniforms(1, Source("normal"), 0, 200_000))

    assert np.array_equal(quantile(rate, normal), poisson.ppf(ndtr(normal), rate))


@pytest.mark.parametrize("normal", [-3.0, -0.5, 0.0, 0.7, 2.5])
def test_quantiles_never_fall_when_the_rate_rises(normal: float) -> None:
    rates = np.linspace(0.01, 400.0, 400_001)
    counts = poisson_quantile(rates, np.full_like(rates, normal))

    assert np.all(np.diff(counts) >= 0.0)
    assert np.all(np.diff(counts) <= 1.0)


@either
@given(st.floats(1e-3, 1e5), st.floats(-5.0, 5.0))
def test_a_quantile_is_the_least_count_that_reaches_its_probability(
    quantile: Quantile, rate: float, normal: float
) -> None:
    count = float(quantile(np.array([rate]), np.array([normal]))[0])

    assert poisson.cdf(count, rate) >= ndtr(normal)
    assert count == 0.0 or poisson.cdf(count - 1.0, rate) < ndtr(normal)


def test_counts_have_the_mean_and_variance_of_their_law() -> None:
    normal = ndtri(uniforms(2, Source("normal"), 0, 1_000_000))
    for rate in (0.3, 7.0, 90.0):
        counts = poisson_quantile(np.full_like(normal, rate), normal)
        assert abs(counts.mean() - rate) <= 4.5 * np.sqrt(rate / normal.size)
        assert counts.var() == pytest.approx(rate, rel=0.01)


@either
@pytest.mark.parametrize("rate", [0.0, 1e-300, 1e-12, 1e-3])
def test_rates_near_nothing_are_answered_at_once(rate: float, quantile: Quantile) -> None:
    """The search for a count begins near it: a floor of growth can take a rate to any smallness."""
    counts = quantile(np.full(3, rate), np.array([-8.2, 0.0, 8.2]))

    assert np.array_equal(counts[:2], [0.0, 0.0])
    assert counts[2] == poisson.ppf(ndtr(8.2), rate) if rate else counts[2] == 0.0


@either
def test_a_rate_past_all_numbers_is_no_count(quantile: Quantile) -> None:
    with np.errstate(all="ignore"):
        assert not np.any(np.isfinite(quantile(np.array([np.inf, np.nan]), np.array([0.1, 0.1]))))


@either
@pytest.mark.parametrize("rate", [3e5, 9e5, 2e6])
def test_large_rates_are_exact_on_both_sides_of_where_sums_end(rate: float, quantile: Quantile) -> None:
    normal = np.linspace(-5.0, 5.0, 400)

    assert np.array_equal(quantile(np.array([[rate]]), normal[None]), [poisson.ppf(ndtr(normal), rate)])
