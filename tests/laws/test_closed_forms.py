"""N17: what the engine draws, against what algebra says, at a million draws within 4.5 standard errors."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtr, ndtri

from sim.axes import Floats
from sim.engine import run
from sim.kernels import reference as kernel
from sim.model import compiled
from sim.streams import BLOCK, Source, uniforms
from tests.engine_blocks import worked_model
from tests.scenario_strategies import derived
from tests.strategies import calibration, lone, noise, plan, scenario, target

SETS, DRAWS = 1000, 1000
MILLION = SETS * DRAWS
BLOCKS = -(-MILLION // BLOCK)
ERRORS = 4.5
YEARS = 5


def luck(name: str, year: int = 0) -> Floats:
    return uniforms(7, Source(name, year=str(year)), 0, MILLION).reshape(SETS, DRAWS)


def by_year(name: str) -> Floats:
    return np.stack([luck(name, year) for year in range(YEARS)])


def accumulated(phi: float, years: int) -> float:
    """Return the variance of the sum of *years* of a stationary AR(1) of unit variance."""
    return years + 2.0 * sum((years - h) * phi**h for h in range(1, years))


def assert_mean(values: Floats, expected: float) -> None:
    error = float(values.std()) / math.sqrt(values.size)
    assert abs(float(values.mean()) - expected) <= ERRORS * error + 1e-12


def assert_share(hits: float, draws: int, expected: float) -> None:
    assert abs(hits / draws - expected) <= ERRORS * math.sqrt(expected * (1.0 - expected) / draws)


@pytest.fixture(scope="module")
def innovations() -> Floats:
    return np.asarray(ndtri(by_year("e")))


@pytest.fixture(scope="module")
def scales() -> Floats:
    return kernel.mixing(by_year("s"), 5.0)


@given(st.floats(-0.9, 0.95), st.integers(1, 8))
def test_N17_innovations_add_up_to_the_variance_of_an_accumulated_AR1(phi: float, years: int) -> None:
    weights = kernel.accumulation_weights(np.array(phi), years)

    for t in range(years):
        assert np.sum(weights[t] ** 2) == pytest.approx(accumulated(phi, t + 1), rel=1e-12)
        assert np.all(weights[t, t + 1 :] == 0.0)


@pytest.mark.parametrize("dof", [2.5, 3.0, 5.0, 30.0])
def test_N17_mixing_has_unit_mean_square_under_its_cap(dof: float) -> None:
    u = (np.arange(MILLION) + 0.5) / MILLION
    square = kernel.mixing(u, dof) ** 2

    assert square.mean() == pytest.approx(1.0, rel=2e-6)
    assert np.mean(square == square.max()) == pytest.approx(0.001, abs=1e-6)  # and is capped there
    assert np.all(np.diff(square) >= 0.0)


def test_N17_mixing_follows_its_chi_squared_law_below_the_cap() -> None:
    from scipy.stats import chi2

    u = np.array([0.1, 0.5, 0.9, 0.99])
    ratio = kernel.mixing(u, 6.0) ** 2 / (4.0 / chi2(6).isf(u))

    assert ratio == pytest.approx(ratio[0], rel=1e-12)  # one factor brings the variance back to one
    assert 1.0 < ratio[0] < 1.05


def test_N17_tails_without_a_variance_are_refused() -> None:
    with pytest.raises(ValueError, match="degrees of freedom"):
        kernel.mixing(np.array([0.5]), 2.0)


@pytest.mark.parametrize("phi", [-0.4, 0.0, 0.6])
def test_N17_an_AR1_with_fat_tails_has_its_variance_in_each_year(
    phi: float, innovations: Floats, scales: Floats
) -> None:
    steps = kernel.autoregression(np.array(phi), np.array(0.3), scales, innovations)

    for t in range(YEARS):
        assert_mean(steps[t] ** 2, 0.09)
        assert_mean(np.sum(steps[: t + 1], axis=0) ** 2, 0.09 * accumulated(phi, t + 1))


def test_N17_city_noise_has_mean_one_in_every_year(innovations: Floats, scales: Floats) -> None:
    phi, sd, tau = np.array(0.5), np.array(0.15), np.array(0.08)
    weights = kernel.accumulation_weights(phi, YEARS)[..., None, None]
    variance = kernel.accumulated_variance(tau, sd, weights, scales)
    yearly = kernel.autoregression(phi, sd, scales, innovations)
    total = kernel.city_noise(tau * ndtri(luck("b")), yearly, variance)

    for t in range(YEARS):
        assert_mean(np.exp(total[t]), 1.0)


def test_N17_the_sum_of_province_wide_terms_is_normal_with_their_variances(innovations: Floats) -> None:
    phi, sd, n, o = 0.3, 0.05, 0.02, 0.03
    yearly = kernel.autoregression(np.array(phi), np.array(sd), np.ones((YEARS, 1, 1)), innovations)
    total = kernel.province_noise(n * ndtri(luck("n")), o * ndtri(luck("o")), yearly)
    spread = math.sqrt(YEARS**2 * (n**2 + o**2) + sd**2 * accumulated(phi, YEARS))

    for quantile in (0.1, 0.5, 0.9):
        hits = float(np.mean(total[-1] <= spread * ndtri(quantile)) * MILLION)
        assert_share(hits, MILLION, quantile)  # a normal law: so is the log of a level


def test_N17_growth_without_noise_compounds_year_by_year() -> None:
    b = plan({"a": {"rd": 1000.0}, "b": {"rd": 500.0}}, growth=0.07, unallocated=0.1)
    block = worked_model(compiled(scenario(b, noise=noise(province=0.0, city=0.0)), b))

    for t in range(YEARS):
        assert block.city()[:, 0, t, 0, 0] == pytest.approx(
            [1000.0 * 1.07 ** (t + 1), 500.0 * 1.07 ** (t + 1)]
        )
        assert block.quantities[0, t] == pytest.approx(1650.0 * 1.07 ** (t + 1), rel=1e-12)


def test_N17_one_city_with_gaussian_noise_hits_as_the_normal_law_says() -> None:
    """With one city the whole of the noise is province-wide: log level is normal around the path."""
    targets = tuple(target(f"T{i}", "rd", 1000.0 * 1.1**5 * x) for i, x in enumerate((0.8, 1.0, 1.3)))
    b = plan(
        {"a": {"rd": 1000.0}},
        unallocated=0.0,
        targets=targets,
        dof=np.inf,
        common=0.02,
        phi=0.3,
        sd=0.06,
        tau=0.03,
        year_sd=0.02,
        slope=0.0,
    )
    (summary,) = run([compiled(scenario(b), b)], range(1))
    variance = 25.0 * (0.02**2 + 0.03**2) + (0.06**2 + 0.02**2) * accumulated(0.3, 5)
    expected = [float(ndtr(-math.log(x) / math.sqrt(variance))) for x in (0.8, 1.0, 1.3)]

    assert summary.chances.mean() == pytest.approx(expected, rel=1e-7)
    for hits, p in zip(summary.hits, expected, strict=True):
        assert_share(float(hits), BLOCK, p)


def test_N17_two_indicators_are_hit_together_as_their_correlation_says() -> None:
    """At the median: ``1/4 + asin(rho) / (2 pi)``; loadings l on one factor make rho = l^2."""
    load = 0.7
    targets = tuple(target(i, i, base * math.exp(trend_total())) for i, base in (("x", 100.0), ("y", 900.0)))
    b = plan({}, more=(lone("x", 100.0), lone("y", 900.0)), targets=targets, dof=np.inf, load=load)
    (summary,) = run([compiled(scenario(b), b)], range(BLOCKS), detailed=False)

    assert_share(float(summary.hits[0]), summary.draws, 0.5)
    assert_share(float(summary.patterns[3]), summary.draws, 0.25 + math.asin(load**2) / (2.0 * math.pi))
    assert summary.together.mean()[2] == pytest.approx(summary.patterns[3] / summary.draws, abs=1e-12)


def trend_total() -> float:
    """Return five years of the made-up trend: ``mu + damp^h lam (own - mu) + phi^h last``."""
    known = next(iter(calibration((lone("x", 1.0)[0],)).series.values()))
    return sum(
        known.mu.value
        + known.damp.value**h * known.lam.value * (known.own.value - known.mu.value)
        + known.phi.value**h * known.last_year_effect.value
        for h in range(1, 6)
    )


FORMS = {
    "province level": target("province level", "rd", 2600.0),
    "early level": target("early level", "rd", 1850.0, year=2021),
    "interval": target("interval", "rd", 2600.0, comparator="≈", tolerance=10.0, direction="both"),
    "down": target("down", "rd", 2500.0, direction="down"),
    "CAGR": target("CAGR", "rd", 9.0, kind="mean_growth"),
    "city": target("city", "rd", 1500.0, area="a", group="annex"),
    "city CAGR": target("city CAGR", "rd", 11.0, area="b", kind="mean_growth", group="annex", year=2023),
    "ratio": target("ratio", "intensity", 33.0),
    "lagged ratio": target("lagged ratio", "lagged", 36.0),
    "own ratio": target("own ratio", "own", 1.15),
    "stock per head": target("stock per head", "per", 2.2),
    "stock": target("stock", "stock", 12000.0, kind="stock"),
    "stock between": target(
        "stock between", "stock", 12000.0, comparator="≈", tolerance=9.0, direction="both"
    ),
    "rate": target("rate", "rate", 63.0, kind="rate"),
}


def million() -> Floats:
    """Return hits, chances and the variance that conditioning leaves, by form and fifth of chances."""
    more = (
        lone("gdp", 5000.0),
        lone("pop", 5400.0, group="none"),
        lone("rate", 57.0, kind="rate", growth="line", line_end=62.0, group="none", unit="%"),
    )
    quantities = (
        derived("intensity", "ratio", numerator="rd", denominator="gdp", factor=100.0),
        derived("lagged", "ratio", numerator="rd", denominator="gdp", factor=100.0, lag=2),
        derived("own", "ratio", numerator="rd", denominator="rd", lag=1),
        derived("stock", "stock", inflow="rd", base=("value", "3000"), exit=("value", "0.05")),
        derived("per", "ratio", numerator="stock", denominator="pop", lag=1),
    )
    b = plan(
        {"a": {"rd": 1000.0}, "b": {"rd": 600.0}},
        more=more,
        derived=quantities,
        targets=tuple(FORMS.values()),
        dof=5.0,
        sd=0.06,
        tau=0.05,
        phi=0.3,
    )
    b.path[-1, [i.id for i in b.indicators].index("rd")] *= np.array([1.0, 1.02, 0.99, 1.0, 1.03, 1.0])
    model = compiled(scenario(b), b)
    sums = np.zeros((3, len(FORMS), 5))
    for block in range(BLOCKS):
        for row, outcome in enumerate(worked_model(model, block).outcomes):
            fifth = np.minimum((outcome.chance * 5.0).astype(int), 4).ravel()
            chance = outcome.chance.ravel()
            for number, values in enumerate((outcome.hit.ravel(), chance, chance * (1.0 - chance))):
                sums[number, row] += np.bincount(fifth, values, minlength=5)
    return sums


def test_N17_conditional_chances_are_the_share_of_hits() -> None:
    """Given all but one normal, hits less chances have mean zero: over all, and where chances are alike."""
    for form, hits, chances, left in zip(FORMS, *million(), strict=True):
        assert 0.02 < chances.sum() / (BLOCKS * BLOCK) < 0.98, form
        assert abs(hits.sum() - chances.sum()) <= ERRORS * math.sqrt(left.sum()), form
        assert np.all(np.abs(hits - chances) <= ERRORS * np.sqrt(left) + 1e-9), form


def test_N17_the_share_of_a_city_in_the_province_s_spread_adds_up() -> None:
    total, shares = np.array([0.05]), np.array([[0.5], [0.3], [0.2]])
    scale = kernel.city_scale(shares, np.array(0.2))
    common, own = kernel.province_and_city_sd(total, shares, scale)

    assert common**2 + np.sum((shares * own) ** 2, axis=0) == pytest.approx(total**2)  # the province's own
    assert np.sqrt(common**2 + own**2) == pytest.approx(scale * total)  # and each city's own
