"""Functions from basic operations: below one unit in the last place of the exact values."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtr, ndtri

from sim.axes import Floats
from sim.kernels import normal
from sim.kernels.elementary import exp_into, log_into, normal_quantile_into
from sim.kernels.normal import hits_into, normal_table
from sim.kernels.reference import mixing
from sim.kernels.tails import scale_table, scales_into
from sim.streams import Source, key_of, stream_of, uniforms

LONG = np.finfo(np.longdouble).nmant > 60


def made(function: Callable[[Floats, Floats], None], x: Floats) -> Floats:
    out = np.empty_like(x)
    function(x, out)
    return out


@pytest.mark.skipif(not LONG, reason="needs a float longer than float64 to compare with")
@given(st.integers(0, 2**32), st.sampled_from([1.0, 30.0, 700.0]))
def test_exp_is_within_one_unit_in_the_last_place(seed: int, reach: float) -> None:
    x = np.random.default_rng(seed).uniform(-reach, reach, 4096)
    value, exact = made(exp_into, x), np.exp(x.astype(np.longdouble))

    assert np.all(np.abs(value - exact) < np.spacing(value))


@pytest.mark.skipif(not LONG, reason="needs a float longer than float64 to compare with")
@given(st.integers(0, 2**32), st.sampled_from([0.01, 1.0, 300.0]))
def test_log_is_within_one_unit_in_the_last_place(seed: int, reach: float) -> None:
    x = np.exp(np.random.default_rng(seed).uniform(-reach, reach, 4096))
    value, exact = made(log_into, x), np.log(x.astype(np.longdouble))

    assert np.all(np.abs(value - exact) < np.spacing(np.abs(value)))


def test_the_ends_of_exp_and_log_are_those_of_ieee_754() -> None:
    x = np.array([np.inf, -np.inf, np.nan, 0.0, -0.0, 710.0, -746.0, -745.0])
    y = np.array([np.inf, np.nan, 0.0, 1.0, 5e-324, 2.0**-1022])

    assert np.array_equal(
        made(exp_into, x), [np.inf, 0.0, np.nan, 1.0, 1.0, np.inf, 0.0, 5e-324], equal_nan=True
    )
    assert np.allclose(made(log_into, y), [np.inf, np.nan, -np.inf, 0.0, np.log(5e-324), np.log(2.0**-1022)],
                       rtol=1e-15, equal_nan=True)  # fmt: skip
    assert np.isnan(made(log_into, np.array([-1.0]))[0])


def test_normal_quantiles_are_right_far_into_the_tails() -> None:
    tails = 2.0 ** -np.arange(1.0, 53.5, 0.25)
    u = np.concatenate([tails, 1.0 - tails[1:], np.linspace(0.001, 0.999, 5001)])

    assert np.allclose(made(normal_quantile_into, u), ndtri(u), rtol=4e-15, atol=2e-16)


def test_chances_from_the_table_are_those_of_the_normal_distribution() -> None:
    x = np.linspace(-9.0, 9.0, 40001)
    chance = np.empty_like(x)
    hits_into(normal_table(), x, np.ones_like(x), 0.0, np.inf, chance)

    assert np.abs(chance - ndtr(x)).max() < 1e-15
    hits_into(normal_table(), x, np.full_like(x, 4.0), -1.0, 2.0, chance)
    assert np.abs(chance - (ndtr((x + 1.0) / 2.0) - ndtr((x - 2.0) / 2.0))).max() < 1e-15


def test_chances_are_steps_without_variance_and_nothing_without_numbers() -> None:
    where = np.array([0.9, 1.0, 2.0, 2.1, np.nan, 1.0])
    variance = np.array([0.0, 0.0, 0.0, 0.0, 1.0, np.nan])
    chance = np.empty(6)
    hits_into(normal_table(), where, variance, 1.0, 2.0, chance)

    assert np.array_equal(chance, [0.0, 1.0, 1.0, 0.0, np.nan, np.nan], equal_nan=True)


@pytest.mark.parametrize("x", [np.nan, -np.inf, np.inf, -8.6, 8.6])
def test_a_chance_is_looked_up_within_the_table_wherever_it_is_asked(x: float) -> None:
    """As plain Python, which says where a table ends: the place of no number was none, far before it."""
    found = vars(normal)["chance_below"].py_func(normal_table(), x)

    assert found == pytest.approx(ndtr(x), abs=1e-16, nan_ok=True)


@pytest.mark.parametrize("dof", [2.1, 3.0, 5.65138, 8.0, 30.0, 1000.0, 1e5])
def test_the_mixing_variable_of_the_table_is_that_of_the_formula(dof: float) -> None:
    source = Source("mixing:year", year="2020")
    table, highest = scale_table(dof)
    scales = np.empty((1, 1 << 15))
    scales_into(stream_of(key_of(1, source))[None], 0, table, highest, scales)

    assert np.allclose(scales[0], mixing(uniforms(1, source, 0, 1 << 15), dof), rtol=1e-12, atol=0.0)
