"""Estimators of a short panel find the truth that made the panel."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.axes import Floats
from sim.kernels.panel import (
    PanelFit,
    autocorrelation,
    averaging_matrix,
    change_variance,
    dof_from_kurtosis,
    fit_panel,
    mean_variance,
    residual_kurtosis,
    size_slope,
    spread_from_moments,
)
from tests.panels import UNITS, Truth, simulated_growth, sizes

PANELS = 400
SPANS = np.ones(5, dtype=np.int64)


def fitted(truth: Truth, seed: int = 5) -> PanelFit:
    growth = simulated_growth(truth, PANELS, 5, seed)
    size = np.broadcast_to(sizes(), (PANELS, UNITS))
    return fit_panel(growth, size, np.ones((PANELS, UNITS), dtype=bool), SPANS)


def five_year_variance(tau: Floats, sd: Floats, phi: Floats) -> Floats:
    return tau**2 + sd**2 * mean_variance(phi, 5)


def within_errors(estimates: Floats, truth: float, allowed: float) -> bool:
    """Say whether the mean estimate is the truth but for simulation error and the *allowed* bias."""
    error = 4.5 * float(np.std(estimates)) / np.sqrt(len(estimates))
    return bool(abs(float(np.mean(estimates)) - truth) <= error + allowed)


@pytest.mark.parametrize("truth", [Truth(), Truth(phi=-0.3), Truth(phi=0.6, tau=0.02), Truth(slope=0.4)])
def test_the_variance_of_five_year_growth_is_recovered(truth: Truth) -> None:
    spread = fitted(truth).spread
    wanted = truth.tau**2 + truth.sd**2 * float(mean_variance(np.asarray(truth.phi), 5))
    found = five_year_variance(spread.tau, spread.sd, spread.phi)
    assert within_errors(found, wanted, 0.05 * wanted)


@pytest.mark.parametrize("truth", [Truth(), Truth(phi=-0.3), Truth(phi=0.5)])
def test_drift_year_effects_persistence_and_size_law_are_recovered(truth: Truth) -> None:
    fit = fitted(truth)
    window_mean_removed = truth.mu + np.zeros(1)
    assert within_errors(fit.mu, float(window_mean_removed[0]), 0.0)
    assert within_errors(fit.year_sd**2, truth.year_sd**2, 0.05 * truth.year_sd**2)
    assert within_errors(fit.spread.phi, truth.phi, 0.05)
    assert within_errors(fit.spread.sd, truth.sd, 0.05 * truth.sd)
    assert within_errors(fit.slope, truth.slope, 0.03)


def test_without_bias_correction_persistence_would_be_missed() -> None:
    """The plain lag-1 correlation within units is far below the truth; the estimate is not."""
    truth = Truth(phi=0.5)
    growth = simulated_growth(truth, PANELS, 5, 5)
    own = growth - growth.mean(axis=1, keepdims=True)
    own = own - own.mean(axis=-1, keepdims=True)
    plain = np.sum(own[..., 1:] * own[..., :-1], axis=(-2, -1)) / np.sum(own**2, axis=(-2, -1))
    assert plain.mean() < 0.25
    assert abs(fitted(truth).spread.phi.mean() - truth.phi) < 0.08


def test_a_missing_year_changes_what_is_known_but_not_the_answer() -> None:
    truth = Truth()
    yearly = simulated_growth(truth, PANELS, 5, 9)
    spans = np.array([2, 1, 1, 1])
    growth = np.einsum("pit,ot->pio", yearly, averaging_matrix(spans))
    size = np.broadcast_to(sizes(), (PANELS, UNITS))
    spread = fit_panel(growth, size, np.ones((PANELS, UNITS), dtype=bool), spans).spread
    wanted = truth.tau**2 + truth.sd**2 * float(mean_variance(np.asarray(truth.phi), 5))
    assert within_errors(five_year_variance(spread.tau, spread.sd, spread.phi), wanted, 0.05 * wanted)


def test_units_left_out_have_no_say_in_the_estimates() -> None:
    growth = simulated_growth(Truth(), 1, 5, 3)[0]
    used = np.ones(UNITS, dtype=bool)
    used[:4] = False
    wild = growth.copy()
    wild[:4] += np.array([3.0, -2.0, 5.0, 1.0])[:, None]
    one, other = (fit_panel(x, sizes(), used, SPANS) for x in (growth, wild))
    assert one.spread == other.spread
    assert one.mu == other.mu
    assert one.slope == other.slope


@given(
    tau=st.floats(0.0, 0.2),
    sd=st.floats(0.01, 0.3),
    phi=st.floats(-0.8, 0.8),
    spans=st.sampled_from([(1, 1, 1), (1, 1, 1, 1, 1), (2, 1, 1, 1)]),
)
def test_expected_moments_give_back_the_spread_of_five_years(
    tau: float, sd: float, phi: float, spans: tuple[int, ...]
) -> None:
    steps = np.array(spans)
    matrix = averaging_matrix(steps)
    covariance = sd**2 * matrix @ autocorrelation(np.asarray(phi), matrix.shape[1]) @ matrix.T
    centre = np.eye(len(steps)) - 1.0 / len(steps)
    centred = centre @ covariance @ centre
    weight = steps / steps.sum()
    total = tau**2 + weight @ covariance @ weight
    within = np.trace(centred) / (len(steps) - 1)
    lagged = np.trace(centred, offset=1) / (len(steps) - 1)
    found = spread_from_moments(np.asarray(within), np.asarray(lagged), np.asarray(total), steps)
    years = int(steps.sum())
    again = found.tau**2 + found.sd**2 * mean_variance(found.phi, years)
    assert again == pytest.approx(total, rel=2e-3)
    assert found.phi == pytest.approx(phi, abs=0.02)


def test_growth_less_spread_than_residuals_explain_still_gives_its_own_variance() -> None:
    found = spread_from_moments(np.asarray(0.01), np.asarray(0.001), np.asarray(0.0005), SPANS)
    assert found.tau == 0.0
    assert float(found.sd**2 * mean_variance(found.phi, 5)) == pytest.approx(0.0005, rel=1e-2)


def test_the_size_law_never_says_that_small_units_are_calmer() -> None:
    size = np.linspace(-3.0, 0.0, 20)
    used = np.ones(20, dtype=bool)
    assert size_slope(0.8 * size, size, used) == 0.0
    assert size_slope(-0.8 * size, size, used) == pytest.approx(0.4)


def test_variance_of_means_and_of_their_changes_follow_their_closed_forms() -> None:
    assert float(mean_variance(np.asarray(0.0), 5)) == pytest.approx(0.2)
    assert float(change_variance(np.asarray(0.0), 5)) == pytest.approx(0.4)
    steps = ar_sums(0.6, 5)
    assert float(change_variance(np.asarray(0.6), 5)) == pytest.approx(steps, rel=1e-12)


def ar_sums(phi: float, years: int) -> float:
    """Return the variance of the change of means, summed term by term."""
    sign = [-1.0] * years + [1.0] * years
    return (
        sum(sign[t] * sign[u] * phi ** abs(t - u) for t in range(2 * years) for u in range(2 * years))
        / years**2
    )


def test_kurtosis_of_residuals_gives_the_tails_that_made_them() -> None:
    random = np.random.Generator(np.random.Philox(2))
    used = np.ones(40_000, dtype=bool)
    gauss = random.standard_normal((40_000, 5))
    heavy = random.standard_t(12.0, (40_000, 5))
    assert abs(float(residual_kurtosis(gauss, used))) < 0.1
    assert float(residual_kurtosis(heavy, used)) == pytest.approx(6.0 / 8.0, abs=0.15)
    assert float(dof_from_kurtosis(np.asarray(0.75))) == pytest.approx(12.0)
    assert np.isinf(dof_from_kurtosis(np.asarray(-0.2)))


def test_the_variance_of_five_year_growth_is_that_of_a_mixed_model_fitted_by_statsmodels() -> None:
    """REML of unit effects beside year effects, where residuals have no memory and units one size: the
    variance of unit means is the one number that both claim, and of a balanced panel they must agree.
    """
    from statsmodels.regression.mixed_linear_model import MixedLM

    growth = simulated_growth(Truth(phi=0.0, slope=0.0), 1, 5, 9)[0]
    fit = fit_panel(growth, np.zeros(UNITS), np.ones(UNITS, dtype=bool), SPANS)
    unit, year = (axis.ravel() for axis in np.indices(growth.shape))
    mixed = MixedLM(100.0 * growth.ravel(), np.eye(5)[year], unit).fit(reml=True)
    reml = float(mixed.cov_re[0, 0] + mixed.scale / 5.0) / 1e4

    assert float(five_year_variance(*fit.spread)) == pytest.approx(reml, rel=1e-3)
    assert fit.effects + fit.mu == pytest.approx(mixed.fe_params / 100.0, abs=1e-6)
