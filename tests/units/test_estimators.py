"""N11, N12: intervals that are right at none and all, and cover as they say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta, binom

from sim.accumulators import SetChances
from sim.axes import Floats
from sim.estimators import clopper_pearson, interval_of_sets
from sim.streams import SET, Source, uniforms

REPETITIONS = 1000


@pytest.mark.parametrize("draws", [1, 2, 10, 4096])
def test_N11_intervals_are_exact_at_none_one_all_but_one_and_all(draws: int) -> None:
    hits = np.array(sorted({0, 1, draws - 1, draws}), dtype=float)
    low, high = clopper_pearson(hits, np.array(float(draws)))

    for k, a, b in zip(hits, low, high, strict=True):
        assert a == (0.0 if k == 0 else pytest.approx(beta.ppf(0.025, k, draws - k + 1)))
        assert b == (1.0 if k == draws else pytest.approx(beta.ppf(0.975, k + 1, draws - k)))
        assert 0.0 <= a < b <= 1.0
        assert a <= k / draws <= b
    assert high[0] == pytest.approx(1.0 - 0.025 ** (1.0 / draws))  # the rule of three


@given(st.integers(0, 500), st.integers(1, 500), st.sampled_from([0.8, 0.95, 0.99]))
def test_N11_the_tails_beyond_an_interval_are_its_two_halves(hits: int, draws: int, level: float) -> None:
    hits = min(hits, draws)
    low, high = clopper_pearson(np.array(float(hits)), np.array(float(draws)), level)
    tail = (1.0 - level) / 2.0

    assert hits == 0 or binom.sf(hits - 1, draws, low) == pytest.approx(tail, rel=1e-6)
    assert hits == draws or binom.cdf(hits, draws, high) == pytest.approx(tail, rel=1e-6)


@pytest.mark.parametrize("draws", [5, 50, 400])
def test_N11_intervals_cover_at_least_as_often_as_they_say(draws: int) -> None:
    """Coverage at every p of a grid, summed over all outcomes: no luck is involved."""
    hits = np.arange(draws + 1.0)
    low, high = clopper_pearson(hits, np.array(float(draws)))
    for p in np.linspace(0.001, 0.999, 333):
        assert binom.pmf(hits, draws, p)[(low <= p) & (p <= high)].sum() >= 0.95


@pytest.mark.parametrize("share", [0.5, 0.01, 1e-6, 1.0 - 1e-6, 1e-200])
@pytest.mark.parametrize("draws", [1e3, 1e9, 1e12, 1e16])
def test_N11_an_interval_holds_its_proportion_however_many_draws(share: float, draws: float) -> None:
    """The inverse of the incomplete beta function fails past 1e9 draws: the interval may not."""
    low, high = clopper_pearson(np.array(share * draws), np.array(draws))
    half = 1.96 * np.sqrt(share * (1.0 - share) / draws)

    assert 0.0 <= low < share < high <= 1.0
    if share * draws > 100.0 and (1.0 - share) * draws > 100.0 and draws < 1e13:
        assert high - share == pytest.approx(half, rel=0.2)


def hits_of_sets(p: Floats, name: str) -> Floats:
    """Return hits ``[repetition, set, draw]`` of sets whose chances are *p* ``[repetition, set]``."""
    u = uniforms(3, Source(name), 0, p.size * SET).reshape(*p.shape, SET)
    return (u < p[..., None]).astype(np.float64)


def chances_of_sets(mean: float, spread: float, sets: int, name: str) -> Floats:
    """Return beta chances of sets with *mean* and standard deviation *spread*."""
    both = mean * (1.0 - mean) / spread**2 - 1.0
    u = uniforms(4, Source(name), 0, REPETITIONS * sets).reshape(REPETITIONS, sets)
    return np.asarray(beta.ppf(u, mean * both, (1.0 - mean) * both))


def interval(chance: Floats) -> tuple[Floats, Floats]:
    made = SetChances.of(chance)
    return interval_of_sets(made.mean(), made.variance(), made.sets, made.sets * SET)


@pytest.mark.parametrize(
    ("mean", "spread", "sets"),
    [(0.5, 0.15, 16), (0.5, 0.02, 16), (0.2, 0.1, 16), (0.05, 0.03, 16), (0.05, 0.04, 80), (0.9, 0.1, 80)],
)
def test_N11_intervals_cover_although_draws_of_a_set_share_their_parameters(
    mean: float, spread: float, sets: int
) -> None:
    low, high = interval(hits_of_sets(chances_of_sets(mean, spread, sets, "p"), "hit"))
    covered = np.mean((low <= mean) & (mean <= high))

    assert covered >= 0.93
    assert covered <= 0.995  # and they are no wider than they need to be


def test_N11_an_interval_for_independent_draws_would_not_cover() -> None:
    """The guard of the test above: sets must count as clusters."""
    hits = hits_of_sets(chances_of_sets(0.5, 0.15, 16, "p"), "hit").sum(axis=(1, 2))
    low, high = clopper_pearson(hits, np.array(16.0 * SET))

    assert np.mean((low <= 0.5) & (high >= 0.5)) < 0.6


def test_N12_the_standard_error_halves_with_four_times_the_draws() -> None:
    widths = []
    for sets in (16, 64, 256):
        low, high = interval(hits_of_sets(chances_of_sets(0.4, 0.1, sets, "p")[:100], "hit"))
        student = {16: 2.131, 64: 1.998, 256: 1.969}[sets]
        widths.append(float(np.mean(high - low)) / student)

    assert widths[0] / widths[1] == pytest.approx(2.0, rel=0.06)
    assert widths[1] / widths[2] == pytest.approx(2.0, rel=0.03)


def test_N12_the_standard_error_is_the_spread_of_repeated_runs() -> None:
    """Batch means: how far apart runs lie is what each says of itself."""
    made = SetChances.of(hits_of_sets(chances_of_sets(0.4, 0.1, 32, "p"), "hit"))
    claimed = np.sqrt(np.mean(made.variance()) / made.sets)

    assert made.mean().std(ddof=1) == pytest.approx(claimed, rel=0.07)


def test_N11_sets_that_do_not_differ_count_as_independent_draws() -> None:
    low, high = interval_of_sets(np.array([0.0, 1.0, 0.3]), np.zeros(3), 16, 4096)
    expected = clopper_pearson(np.array([0.0, 4096.0, 0.3 * 4096]), np.array(4096.0))

    assert np.allclose([low, high], expected, rtol=1e-12)


def test_N11_smooth_chances_make_narrower_intervals_than_hits_but_never_none() -> None:
    low, high = interval_of_sets(np.array([0.5, 0.5]), np.array([1e-10, 1e-40]), 16, 4096)

    assert np.all((low < 0.5) & (high > 0.5))
    assert np.all(high - low < 1e-4)


def test_N11_one_set_is_taken_as_independent_draws() -> None:
    """Nothing is known of the spread between sets."""
    low, high = interval_of_sets(np.array([0.25]), np.array([0.0]), 1, 256)

    assert np.allclose([low, high], clopper_pearson(np.array([64.0]), np.array([256.0])))
