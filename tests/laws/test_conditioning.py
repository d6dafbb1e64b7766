"""Given actuals: closed forms, invariants, and agreement with rejection (sections 7 and 12)."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import reduce
from operator import add

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from sim.accumulators import SetChances
from sim.baseline.plan import Baseline
from sim.distributions import Normal
from sim.engine import run
from sim.engine.luck import Luck
from sim.engine.pilot import FIRST_BLOCK, PILOT_SETS, log_weight_of, with_proposal, with_reference
from sim.engine.tilting import start_of_block
from sim.errors import BadInput
from sim.kernels import conditioning as kernel
from sim.model import Model, compiled
from sim.model.parameters import drawn_parameters
from sim.scenario.scenario import Actual, Chance, Growth, Scenario
from sim.shocks import OneYear
from sim.streams import BLOCK
from sim.studies.results import check_effective
from sim.studies.sensitivity import dependence_variants, held_at
from sim.weights import WeightedChances
from tests import strategies as make
from tests.engine_blocks import Block, worked, worked_model

NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
CITIES = {"a": {"k": 100.0, "l": 30.0}, "b": {"k": 60.0, "l": 50.0}, "c": {"k": 40.0, "l": 20.0}}


def actual(area: str, indicator: str, year: int, value: float, error: float = 0.0) -> Actual:
    name = f"{area}:{indicator}:{year}"
    return Actual(name, area, indicator, year, value, error, "actual", "made up", make.NOWHERE)


def given(*actuals: Actual, **changes: object) -> Scenario:
    baseline = changes.pop("baseline", None) or make.plan(CITIES)
    assert isinstance(baseline, Baseline)
    return make.scenario(baseline, observed=actuals, **changes)


def weights(block: Block) -> np.ndarray:
    log_weight = block.levels.log_weight
    assert log_weight is not None
    relative: np.ndarray = np.exp(log_weight - log_weight.max())
    return relative


def test_gaussian_draws_equal_the_closed_form() -> None:
    more = (make.lone("x", 100.0), make.lone("y", 50.0))
    baseline = make.plan({"a": {"k": 10.0}}, more=more, dof=np.inf, load=0.6, phi=0.3)
    prior = worked(make.scenario(baseline), baseline)
    known = [("x", 2021, 112.0), ("x", 2023, 131.0), ("y", 2022, 70.0)]
    after = worked(given(*(actual("province", *cell) for cell in known), baseline=baseline), baseline)

    kx, ky = (baseline.indicator_axis().position(k) for k in "xy")
    before = np.log(prior.quantities[[kx, ky]])[:, :, 0].reshape(10, -1)  # one set: fixed parameters
    p, phi, load = prior.parameters, 0.3, 0.6
    t = np.arange(5)
    ar = phi ** np.abs(t[:, None] - t)
    sums = np.tril(np.ones((5, 5)))
    blocks = np.empty((2, 2, 5, 5))
    for i, k in enumerate((kx, ky)):
        for j, m in enumerate((kx, ky)):
            rho = 1.0 if i == j else load**2
            steady = (
                p.common_sd[k, 0] * p.common_sd[m, 0] + prior.levels.own_sd[k, 0] * prior.levels.own_sd[m, 0]
            )
            yearly = p.year_sd[k, 0] * p.year_sd[m, 0] * (sums @ ar @ sums.T)
            blocks[i, j] = rho * (steady * np.outer(t + 1.0, t + 1.0) + yearly)
    covariance = np.block([[blocks[0, 0], blocks[0, 1]], [blocks[1, 0], blocks[1, 1]]])
    rows = [0, 2, 6]
    mean = np.concatenate([prior.levels.calm_alone[n][:, 0, 0] for n in (0, 1)])
    observed = np.log([value for _, _, value in known])
    gain = covariance[:, rows] @ np.linalg.inv(covariance[np.ix_(rows, rows)])
    expected = before + gain @ (observed[:, None] - before[rows])

    assert np.abs(np.log(after.quantities[[kx, ky]])[:, :, 0].reshape(10, -1) - expected).max() < 1e-10
    density = multivariate_normal(mean[rows], covariance[np.ix_(rows, rows)]).logpdf(observed)
    assert after.levels.log_weight is not None
    assert np.abs(after.levels.log_weight - density).max() < 1e-10


@pytest.mark.parametrize("dof", [np.inf, 5.0])
def test_observed_cells_have_no_spread_and_sums_hold_in_every_draw(dof: float) -> None:
    baseline = make.plan(CITIES, dof=dof, phi=0.4)
    actuals = [
        actual("province", "k", 2021, 230.0),
        actual("a", "k", 2021, 115.0),
        actual("b", "k", 2022, 70.0),
        actual("province", "k", 2022, 251.0),
        actual("province", "l", 2022, 128.0),
        actual("c", "l", 2021, 23.0, 1.0),
    ]
    block = worked(given(*actuals, baseline=baseline), baseline)
    city, province = block.city(), block.levels.province

    for a in (a for a in actuals if a.error == 0.0):
        k, t = "kl".index(a.indicator), a.year - 2021
        cell = province[k, t] if a.area == "province" else city["abc".index(a.area), k, t]
        assert (cell == a.value).all()
    assert city[2, 1, 0].std() > 0.1  # an actual with an error keeps a spread
    np.testing.assert_allclose(city.sum(axis=0) + block.levels.unallocated, province, rtol=1e-9)
    # The unallocated that closes the sums is the drawn ratio, not what pinning left over.
    ratio = np.log(province / city.sum(axis=0))
    assert np.abs(ratio - ratio[:, :1]).max() < 1e-9


def test_a_draw_that_satisfies_the_actuals_is_not_corrected() -> None:
    baseline = make.plan(CITIES, phi=0.4)
    free = worked(make.scenario(baseline), baseline)
    city, province = free.city()[..., 3, 17], free.levels.province[..., 3, 17]
    actuals = (
        actual("a", "k", 2021, city[0, 0, 0]),
        actual("b", "l", 2022, city[1, 1, 1]),
        actual("province", "k", 2021, province[0, 0]),
        actual("province", "l", 2021, province[1, 0]),
    )
    bound = worked(given(*actuals, baseline=baseline), baseline)

    np.testing.assert_allclose(bound.city()[..., 3, 17], city, rtol=1e-9)
    np.testing.assert_allclose(bound.levels.province[..., 3, 17], province, rtol=1e-9)
    assert np.abs(bound.levels.province[..., 3, 18] / free.levels.province[..., 3, 18] - 1).max() > 1e-4


def test_compiled_moves_are_those_of_the_plain_formulas() -> None:
    baseline = make.plan(CITIES, dof=5.0, phi=0.4, load=0.5, more=(make.lone("x", 100.0),))
    baseline = replace(baseline, calibration=make.calibration(baseline.indicators, dof=5.0, phi=0.4, se=0.4))
    more = (("province", "x", 2022, 140.0), ("b", "k", 2022, 75.0), ("province", "k", 2022, 251.0))
    known = (*SOFT[:4], *more)
    actuals = tuple(actual(*cell, 0.01 * cell[3] * (row % 2)) for row, cell in enumerate(known))
    scene = given(*actuals, baseline=baseline, noise=make.noise(parameters="drawn"))
    model = with_reference(compiled(scene, baseline))
    moved = []
    for fast in (True, False):
        values, luck = start_of_block(model, Luck(model.seed, 0, compiled=fast))
        moved.append(log_weight_of(model, values, luck))

    arrived = np.isfinite(moved[1])
    assert arrived.mean() > 0.5
    assert (np.isfinite(moved[0]) == arrived).all()
    np.testing.assert_allclose(moved[0][arrived], moved[1][arrived], rtol=1e-7, atol=1e-7)


def test_two_steps_of_conditioning_equal_one() -> None:
    rng = np.random.default_rng(1)
    root = rng.normal(size=(6, 6))
    prior, draws = root @ root.T, rng.normal(size=(6, 40))
    rows, wanted = [1, 4, 5], rng.normal(size=(3, 1)) + np.zeros((3, 40))

    def step(x: np.ndarray, cov: np.ndarray, at: list[int], to: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        each = np.broadcast_to(cov[np.ix_(at, at)], (x.shape[1], len(at), len(at)))
        solution = kernel.solved(each, to - x[at])
        gain = cov[:, at] @ np.linalg.inv(cov[np.ix_(at, at)])
        return x + cov[:, at] @ solution.alpha, cov - gain @ cov[at]

    once, _ = step(draws, prior, rows, wanted)
    first, left = step(draws, prior, rows[:1], wanted[:1])
    twice, _ = step(first, left, rows[1:], wanted[1:])

    np.testing.assert_allclose(twice, once, atol=1e-10)


@pytest.mark.parametrize("dof", [4.0, np.inf])
def test_a_pilot_weighs_its_draws_alike_compiled_and_plain(dof: float) -> None:
    """Its sets have two draws each, as no others have; a sum's weight depends on the cities' noise."""
    baseline = make.plan(CITIES, dof=dof)
    known = actual("province", "k", 2022, 260.0), actual("a", "k", 2022, 140.0)
    model = compiled(given(*known, baseline=baseline), baseline)
    values = values_of_pilot(model)
    fast, slow = (
        log_weight_of(model, values, Luck(model.seed, FIRST_BLOCK, form, sets=PILOT_SETS))
        for form in (True, False)
    )

    assert np.ptp(slow) > 0.5
    np.testing.assert_allclose(fast, slow, rtol=1e-9, atol=1e-9)


def values_of_pilot(model: Model) -> np.ndarray:
    """Return the parameters of the sets of a pilot's first block in the model's own law."""
    first = FIRST_BLOCK * PILOT_SETS
    return drawn_parameters(model.parameters, model.seed, model.drawn, first, PILOT_SETS)


def test_the_order_of_actuals_changes_no_bit() -> None:
    baseline = make.plan(CITIES, targets=(make.target("t", "k", 330.0),))
    actuals = (
        actual("province", "k", 2021, 230.0),
        actual("a", "l", 2022, 36.0),
        actual("b", "k", 2021, 64.0),
    )
    results = []
    for order in (actuals, actuals[::-1]):
        model = with_proposal(compiled(given(*order, baseline=baseline), baseline))
        results.append(run([model], range(1), detailed=False)[0])

    assert results[0].hits == results[1].hits
    assert results[0].chances.mean() == results[1].chances.mean()


def test_where_all_is_known_the_unallocated_is_implied_and_keeps_its_printed_change() -> None:
    baseline = make.plan(CITIES)
    cities = {"a": 111.0, "b": 65.0, "c": 45.0}
    known = [actual(c, "k", 2022, v) for c, v in cities.items()]
    block = worked(given(*known, actual("province", "k", 2022, 230.0), baseline=baseline), baseline)

    ratio = np.log(block.levels.province[0] / block.city()[:, 0].sum(axis=0))
    implied = np.log(230.0 / 221.0)
    printed = block.model.log_ratio[0]
    np.testing.assert_allclose(
        ratio, implied + np.broadcast_to((printed - printed[1])[:, None, None], ratio.shape)
    )


def rejected(model: Model, keep: object, blocks: int) -> tuple[float, int]:
    """Return the share of hits among the free draws that *keep* accepts, and how many these are."""
    hits = draws = 0
    for block in range(blocks):
        done = worked_model(model, block)
        chosen = keep(done)  # type: ignore[operator]
        hits += int(done.outcomes[0].hit[chosen].sum())
        draws += int(chosen.sum())
    return hits / draws, draws


@pytest.mark.parametrize("kind", ["quantity", "count"])
def test_tails_events_counts_and_drawn_parameters_agree_with_rejection(kind: str) -> None:
    baseline = make.plan(
        {"a": {"k": 100.0, "l": 30.0}, "b": {"k": 60.0, "l": 50.0}},
        changes={"k": {"kind": kind}},
        dof=5.0,
        phi=0.4,
        targets=(make.target("t", "k", 225.0 if kind == "quantity" else 230.0, year=2023),),
    )
    baseline = replace(baseline, calibration=make.calibration(baseline.indicators, dof=5.0, phi=0.4, se=0.4))
    event = make.shock(
        "e",
        (("a", "k", 1.0), ("b", "k", 1.0)),
        size=Normal(central=-0.15, sd=0.05),
        course=OneYear(year=2021),
        chance=Chance(0.4, None),
    )
    scene = make.scenario(baseline, shocks=(event,), noise=make.noise(parameters="drawn"))
    low, value = (0.99, 165.0) if kind == "quantity" else (0.985, 162.0)

    def near(done: Block) -> np.ndarray:
        province, city = done.levels.province[0, 0], done.city()[1, 1, 0]
        close: np.ndarray = (np.abs(np.log(province / value)) < -np.log(low)) & (
            np.abs(np.log(city / 57.0)) < 0.02
        )
        return close

    expected, draws = rejected(compiled(scene, baseline), near, 10)
    actuals = (actual("province", "k", 2021, value), actual("b", "l", 2021, 57.0))
    model = with_proposal(compiled(replace(scene, observed=actuals), baseline))
    [summary] = run([model], range(3), detailed=False)

    error = np.sqrt(expected * (1 - expected) * (1 / draws + 1 / summary.effective()))
    assert draws > 100
    assert summary.effective() > 1000
    assert abs(summary.chances.mean()[0] - expected) < 4.0 * error + 0.01
    free = run([compiled(scene, baseline)], range(3), detailed=False)[0].chances.mean()[0]
    assert abs(free - expected) > 0.05  # the actuals say something


def mean_weight(model: Model, blocks: int) -> float:
    """Return the mean weight of the draws of a model: how likely it makes its actuals."""
    parts = [worked_model(model, block).levels.log_weight for block in range(blocks)]
    return float(np.exp(kernel.log_mean(np.stack([part for part in parts if part is not None]))))


def test_the_mean_weight_is_the_density_of_the_actuals_among_free_draws() -> None:
    """Of a city and the province: in the sum the rest of the cities must move further than the province."""
    baseline = make.plan({"a": {"k": 100.0}, "b": {"k": 60.0}}, dof=np.inf, tau=0.05, sd=0.1)
    cell, width = (("a", "k", 2021, 116.0), ("province", "k", 2021, 176.0)), 0.02
    free, hits, blocks = compiled(make.scenario(baseline), baseline), 0, 8
    for block in range(blocks):
        done = worked_model(free, block)
        near = np.abs(np.log(done.city()[0, 0, 0] / cell[0][3])) < width
        hits += int((near & (np.abs(np.log(done.levels.province[0, 0] / cell[1][3])) < width)).sum())
    expected = hits / (blocks * BLOCK * (2.0 * width) ** 2)
    known = compiled(given(*(actual(*each) for each in cell), baseline=baseline), baseline)

    assert hits > 300
    assert mean_weight(known, 2) == pytest.approx(expected, rel=4.5 / np.sqrt(hits) + 0.02)


@pytest.mark.parametrize("area", ["a", "province"])
def test_few_cases_have_the_weight_of_their_poisson_chance(area: str) -> None:
    """One or two cases are far from any normal law of their logarithm."""
    numbers = {"a": {"k": 3.0}, "b": {"k": 2.0}}
    baseline = make.plan(numbers, unallocated=0.0, changes={"k": {"kind": "count"}}, dof=np.inf, sd=0.2)
    count = 1.0 if area == "a" else 2.0
    done = [worked_model(compiled(make.scenario(baseline), baseline), block) for block in range(4)]
    counts = [d.city()[0, 0, 0] if area == "a" else d.levels.province[0, 0] for d in done]
    share = float(np.mean(np.stack(counts) == count))
    known = compiled(given(actual(area, "k", 2021, count), baseline=baseline), baseline)

    error = 4.5 * np.sqrt(share / (4 * BLOCK))
    assert mean_weight(known, 2) == pytest.approx(share, rel=0.02, abs=error)


SOFT = (
    ("province", "k", 2021, 232.0),
    ("a", "k", 2021, 116.0),
    ("a", "k", 2022, 131.0),
    ("province", "l", 2022, 132.0),
    ("c", "l", 2022, 22.0),
    ("province", "k", 2023, 297.0),
)
"""Cities, the province and a lone cell of a sum, over three years."""


def likely(done: Block, error: float) -> np.ndarray:
    """Return the likelihood of the cells of `SOFT` in the free draws of a block, ``[S, D]``."""
    total = np.zeros(done.levels.province.shape[2:])
    for area, indicator, year, value in SOFT:
        k, t = "kl".index(indicator), year - 2021
        level = done.levels.province[k, t] if area == "province" else done.city()["abc".index(area), k, t]
        total += -0.5 * (np.log(level / value) / error) ** 2
    likelihood: np.ndarray = np.exp(total)
    return likelihood


@pytest.mark.parametrize(
    ("error", "blocks"),
    [
        (0.04, 40),
        pytest.param(0.02, 2000, marks=pytest.mark.skipif(not NIGHTLY, reason="2000 blocks; runs nightly")),
    ],
)
def test_cities_and_several_years_agree_with_free_draws_weighed_by_hand(error: float, blocks: int) -> None:
    """A figure with an error is a likelihood: free draws weighed by it are the answer, without any cell."""
    targets = (
        make.target("t", "k", 365.0),
        make.target("u", "l", 155.0, year=2024),
        make.target("v", "k", 89.0, area="b", year=2023),
        make.target("w", "l", 43.0, area="a", year=2023),
    )
    baseline = make.plan(CITIES, dof=5.0, phi=0.4, load=0.5, targets=targets)
    baseline = replace(baseline, calibration=make.calibration(baseline.indicators, dof=5.0, phi=0.4, se=0.4))
    scene = make.scenario(baseline, noise=make.noise(parameters="drawn"))
    free = compiled(scene, baseline)
    weight, hits, squares, plain = 0.0, np.zeros(len(targets)), 0.0, np.zeros(len(targets))
    for block in range(blocks):
        done = worked_model(free, block)
        each = likely(done, error)
        weight, squares = weight + each.sum(), squares + (each**2).sum()
        hits += [(each * outcome.hit).sum() for outcome in done.outcomes]
        plain += [outcome.hit.mean() / blocks for outcome in done.outcomes]
    expected, draws = hits / weight, weight**2 / squares
    known = tuple(actual(*cell, error * cell[3]) for cell in SOFT)
    model = with_proposal(compiled(replace(scene, observed=known), baseline))
    [summary] = run([model], range(8), detailed=False)

    sd = np.sqrt(expected * (1 - expected) * (1 / draws + 1 / summary.effective()))
    assert draws > 400
    assert summary.effective() > 2000
    assert (np.abs(summary.chances.mean() - expected) < 4.0 * sd).all()
    assert (np.abs(plain - expected) > 6.0 * sd).sum() >= 2  # the actuals say something


def blended_model() -> tuple[Model, int]:
    """Return a model with actuals and the row of the weight between plan and trend, which it draws."""
    baseline = make.plan(CITIES, dof=5.0, phi=0.4, targets=(make.target("t", "k", 330.0),))
    baseline = replace(baseline, calibration=make.calibration(baseline.indicators, dof=5.0, phi=0.4, se=0.3))
    growth = Growth("blend", None, make.NOWHERE)
    known = (actual("province", "k", 2021, 248.0), actual("a", "k", 2021, 138.0))
    scene = make.scenario(baseline, observed=known, growth=growth, noise=make.noise(parameters="drawn"))
    model = with_proposal(compiled(scene, baseline))
    return model, model.drift.weight_row


def test_what_a_variant_holds_is_drawn_from_no_law() -> None:
    model, row = blended_model()
    assert model.observed is not None
    assert model.observed.proposal is not None
    assert row in model.observed.proposal.rows
    held = held_at(model, row, 0.25)
    values, _ = start_of_block(held, Luck(model.seed, 0))

    assert (values[row] == 0.25).all()
    [fitted] = run([held], range(6), detailed=False)
    assert held.observed is not None
    own = replace(held, observed=replace(held.observed, proposal=None))
    [plain] = run([own], range(6), detailed=False)
    error = np.hypot(*(np.sqrt(0.25 / s.effective()) for s in (fitted, plain)))
    assert fitted.effective() > 2.0 * plain.effective()
    assert abs(fitted.chances.mean()[0] - plain.chances.mean()[0]) < 4.0 * error


def test_a_variant_with_other_noise_is_drawn_from_a_law_of_its_own() -> None:
    more = (make.lone("x", 100.0), make.lone("y", 50.0))
    targets = (make.target("t", "y", 62.0),)
    baseline = make.plan({"a": {"k": 10.0}}, more=more, dof=5.0, load=0.3, phi=0.3, targets=targets)
    known = (actual("province", "x", 2021, 126.0), actual("province", "y", 2021, 47.0))
    model = with_proposal(compiled(given(*known, baseline=baseline), baseline))
    _, strong = dependence_variants(model)
    assert strong.observed is not None
    assert model.observed is not None
    assert strong.observed.proposal not in (None, model.observed.proposal)
    own, plain = (
        run([replace(strong, observed=each)], range(4), detailed=False)[0]
        for each in (strong.observed, replace(strong.observed, proposal=None))
    )

    assert own.effective() > 4.0 * plain.effective()
    p = own.chances.mean()[0]
    error = np.sqrt(p * (1 - p) * (1 / own.effective() + 1 / plain.effective()))
    assert abs(p - plain.chances.mean()[0]) < 4.0 * error


def test_variants_that_run_together_do_not_share_the_law_of_one_another() -> None:
    model, row = blended_model()
    variants = [held_at(model, row, 0.25), model, held_at(model, row, 0.75)]
    together = run(variants, range(1), detailed=False)

    for variant, summary in zip(variants, together, strict=True):
        [alone] = run([variant], range(1), detailed=False)
        assert alone.chances.mean().tolist() == summary.chances.mean().tolist()
        assert alone.weights == summary.weights


def test_a_half_year_rate_with_its_error_lies_between_ignorance_and_certainty() -> None:
    baseline = make.plan(CITIES, dof=np.inf)
    spread = []
    for error in (0.0, 5.0, 30.0):
        block = worked(given(actual("province", "k", 2021, 230.0, error), baseline=baseline), baseline)
        w, x = weights(block), np.log(block.levels.province[0, 0])
        spread.append(np.sqrt(np.average((x - np.average(x, weights=w)) ** 2, weights=w)))
    free = np.log(worked(make.scenario(baseline), baseline).levels.province[0, 0]).std()

    assert spread[0] < 1e-9 < spread[1] < spread[2] < free * 1.02
    precision = 1.0 / free**2 + (230.0 / 5.0) ** 2  # a normal law and a normal error
    assert spread[1] == pytest.approx(precision**-0.5, rel=0.04)


def test_weighted_summaries_of_any_split_equal_the_whole() -> None:
    baseline = make.plan(CITIES, targets=(make.target("t", "k", 330.0), make.target("v", "l", 150.0)))
    model = with_reference(compiled(given(actual("a", "k", 2021, 108.0), baseline=baseline), baseline))
    [whole] = run([model], range(3))
    parts = [run([model], range(block, block + 1))[0] for block in (2, 0, 1)]
    merged = reduce(add, parts)

    assert merged.weights == whole.weights
    assert merged.chances.mean().tolist() == whole.chances.mean().tolist()
    assert merged.trajectories is not None
    assert whole.trajectories is not None
    assert merged.trajectories.moments == whole.trajectories.moments
    assert (merged.patterns == whole.patterns).all()
    assert (merged.by_set.value() == whole.by_set.value()).all()
    assert merged.by_set.value().mean(axis=1)[:2] == pytest.approx(whole.chances.mean(), abs=1e-12)


def test_equal_weights_are_no_weights() -> None:
    chance = np.random.default_rng(2).uniform(size=(2, 16, 256)) ** np.arange(1, 17)[:, None]
    plain, equal = SetChances.of(chance), WeightedChances.of(chance, np.full((16, 256), 1 << 20))

    assert equal.mean() == pytest.approx(plain.mean(), abs=1e-12)
    assert equal.effective_sets() == 16
    assert equal.variance() == pytest.approx(plain.variance() * 15 / 16, rel=1e-9)
    assert equal.quantile(0.9) == pytest.approx(plain.quantile(0.9), abs=0.01)


def test_counts_that_were_observed_stand_in_every_draw() -> None:
    baseline = make.plan({"a": {"k": 100.0}, "b": {"k": 60.0}}, changes={"k": {"kind": "count"}})
    actuals = (actual("a", "k", 2021, 90.0), actual("province", "k", 2022, 190.0))
    block = worked(given(*actuals, baseline=baseline), baseline)

    assert (block.city()[0, 0, 0] == 90.0).all()
    assert (block.levels.province[0, 1] == 190.0).all()
    total = block.city()[:, 0].sum(axis=0) + block.levels.unallocated[0]
    assert (total == block.levels.province[0]).all()


def test_too_few_effective_draws_are_an_error_with_advice() -> None:
    baseline = make.plan(CITIES, targets=(make.target("t", "k", 330.0),))
    scene = given(actual("a", "k", 2021, 300.0), actual("province", "k", 2021, 330.0), baseline=baseline)
    [summary] = run([with_proposal(compiled(scene, baseline))], range(1), detailed=False)

    with pytest.raises(BadInput) as caught:
        check_effective(scene, summary)

    assert caught.value.mistakes[0].code in ("few-effective-draws", "actuals-impossible")
