"""Windows of five years: how own trends fade and how the shared drift changes."""

from __future__ import annotations

import numpy as np
import pytest

from sim.kernels.panel import change_variance
from sim.kernels.windows import (
    common_drift_from_changes,
    reversion_from_windows,
    shrunk_spread,
    window_changes,
)
from tests.panels import ar


def test_reversion_finds_the_share_and_the_damping_that_made_the_growth() -> None:
    random = np.random.Generator(np.random.Philox(4))
    earlier = np.tile(0.03 * random.standard_normal(31), (5, 1))
    first = last = np.arange(1, 6)
    later = 0.7 * 0.8 ** first[:, None] * earlier + 0.1
    found = reversion_from_windows(earlier, later, np.ones((5, 31)), first, last)
    assert float(found.lam) == pytest.approx(0.7, abs=0.01)
    assert float(found.damp) == pytest.approx(0.8, abs=0.005)


def test_reversion_is_right_on_average_over_noisy_panels() -> None:
    random = np.random.Generator(np.random.Philox(4))
    earlier = np.repeat(0.03 * random.standard_normal((300, 1, 31)), 5, axis=1)
    first = last = np.arange(1, 6)
    later = 0.6 * 0.85 ** first[:, None] * earlier + 0.02 * random.standard_normal((300, 5, 31))
    found = reversion_from_windows(earlier, later, np.ones((300, 5, 31)), first, last)
    share = np.array([0.6 * 0.85**h for h in first]).mean()
    again = (found.lam[:, None] * found.damp[:, None] ** first).mean(axis=1)
    assert again.mean() == pytest.approx(share, abs=0.02)


def test_growth_that_turns_round_keeps_nothing() -> None:
    earlier = np.linspace(-0.1, 0.1, 9)[None, :]
    found = reversion_from_windows(earlier, -earlier, np.ones((1, 9)), np.array([1]), np.array([5]))
    assert found.lam == 0.0


def test_units_without_figures_have_no_weight_in_the_reversion() -> None:
    earlier = np.linspace(-0.1, 0.1, 9)[None, :]
    later = 0.5 * earlier
    weight = np.ones((1, 9))
    weight[0, 3] = 0.0
    spoiled = later.copy()
    spoiled[0, 3] = 77.0
    first, last = np.array([1]), np.array([1])
    assert reversion_from_windows(earlier, spoiled, weight, first, last) == reversion_from_windows(
        earlier, later, weight, first, last
    )


def test_even_growth_has_no_changes_and_a_break_in_growth_is_seen() -> None:
    years = np.arange(2000, 2016)
    level = 0.1 * (years - 2000).astype(np.float64)
    assert set(window_changes(years, level, 5, 1)) == set(range(2005, 2011))
    assert max(map(abs, window_changes(years, level, 5, 1).values())) < 1e-12
    bent = np.where(years > 2005, level + 0.03 * (years - 2005), level)
    assert window_changes(years, bent, 5, 1)[2005] == pytest.approx(0.03)


def test_a_missing_year_inside_is_replaced_by_its_neighbour_and_none_beyond_the_ends() -> None:
    years = np.array([2004, 2006, 2010, 2011, 2015])
    level = 0.1 * (years - 2004.0)
    assert set(window_changes(years, level, 5, 1)) == {2010}


def test_common_drift_is_recovered_after_what_year_effects_imply() -> None:
    random = np.random.Generator(np.random.Philox(7))
    year_sd, phi, tau = 0.03, 0.3, 0.04
    found = []
    for _ in range(300):
        effects = year_sd * ar(phi, (12, 10), random)
        change = effects[:, 5:].mean(axis=1) - effects[:, :5].mean(axis=1) + tau * random.standard_normal(12)
        implied = np.full(12, year_sd**2 * float(change_variance(np.asarray(phi), 5)))
        found.append(common_drift_from_changes(change**2, implied, np.ones(12), 0.0))
    spreads, errors = np.array(found).T
    assert np.mean(spreads**2) == pytest.approx(tau**2, rel=0.1)
    assert np.mean(np.abs(spreads - tau) < 2.0 * errors) > 0.85


def test_a_spread_is_believed_as_far_as_it_exceeds_its_error() -> None:
    assert shrunk_spread(0.05, 0.0, 0.01) == pytest.approx(0.05)
    half = 0.05 * (2.0**0.5 - 1.0)  # a step in the spread that doubles the variance
    assert shrunk_spread(0.05, half, 0.01) ** 2 == pytest.approx(0.5 * 0.05**2)
    assert shrunk_spread(0.02, 0.08, 0.01) == 0.01
    assert shrunk_spread(0.0, 0.02, 0.0) == 0.0
    spreads = [shrunk_spread(0.05, error, 0.0) for error in (0.0, 0.01, 0.03, 0.09)]
    assert spreads == sorted(spreads, reverse=True)


def test_changes_that_year_effects_explain_leave_the_floor() -> None:
    spread, error = common_drift_from_changes(np.array([1e-4]), np.array([4e-3]), np.array([2.0]), 0.01)
    assert spread == 0.01
    assert error > 0.0


def test_a_series_with_wild_year_effects_says_little() -> None:
    calm = (np.array([0.0020]), np.array([0.0004]), np.array([3.0]))
    with_wild = (np.array([0.0020, 0.0001]), np.array([0.0004, 0.05]), np.array([3.0, 3.0]))
    alone, _ = common_drift_from_changes(*calm, 0.01)
    both, _ = common_drift_from_changes(*with_wild, 0.01)
    assert both == pytest.approx(alone, rel=0.1)
