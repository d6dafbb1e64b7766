"""The invariants of the model page, over random plans and scenarios."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.baseline.plan import Baseline, Target
from sim.distributions import Fixed
from sim.engine import Summary, run
from sim.model import compiled
from sim.scenario.plans import PlanFolders
from sim.scenario.scenario import Adjustment, Cells, Growth, Scenario
from sim.shocks import Course, Rebound
from tests.engine_blocks import worked
from tests.scenario_strategies import FEW, Case, bent, cases, courses, derived, pairs_of
from tests.strategies import NOWHERE, lone, noise, plan, plans, scenario, shock, target

QUIET = noise(province=0.0, city=0.0)


def summary(scenario: Scenario, baseline: Baseline) -> Summary:
    """Return the summary of the first block."""
    return run([compiled(scenario, baseline)], range(1))[0]


def aimed(baseline: Baseline, times: tuple[float, ...], **fields: object) -> Baseline:
    """Return *baseline* with targets of the province at multiples of its path, for each indicator."""
    rows = [
        target(f"{i.id}-{n}", i.id, float(baseline.path[-1, k, -1]) * x, **fields)
        for k, i in enumerate(baseline.indicators)
        for n, x in enumerate(times)
    ]
    return replace(baseline, targets=tuple(rows))


# --- 1: the identity ----------------------------------------------------------------------------


@FEW
@given(cases())
def test_N16_the_province_is_its_cities_and_the_unallocated_in_every_draw(case: Case) -> None:
    block = worked(case.scenario, case.baseline)
    model = block.model

    for column, k in enumerate(model.with_cities):
        total = block.city()[:, column].sum(axis=0) + block.levels.unallocated[column]
        if model.is_count[k]:
            assert np.array_equal(total, block.quantities[k])
            assert np.array_equal(total, np.rint(total))
        else:
            assert np.allclose(total, block.quantities[k], rtol=1e-9, atol=0.0)


@FEW
@given(plans(), st.integers(0, 2**4 - 1))
def test_N16_sub_totals_of_any_grouping_make_the_same_province(baseline: Baseline, group: int) -> None:
    block = worked(scenario(baseline), baseline)
    inside = np.array([bool(group >> c & 1) for c in range(len(baseline.cities))])
    parts = block.city()[inside].sum(axis=0) + block.city()[~inside].sum(axis=0)

    assert np.allclose(parts + block.levels.unallocated, block.levels.province, rtol=1e-12)


def test_N16_the_ratio_of_the_province_lies_between_those_of_its_cities() -> None:
    """It is the ratio of the sums, not a mean of ratios."""
    ratio = derived("x", "ratio", numerator="rd", denominator="gdp")
    b = plan(
        {"a": {"rd": 10.0, "gdp": 900.0}, "b": {"rd": 80.0, "gdp": 700.0}}, unallocated=0.0, derived=(ratio,)
    )
    block = worked(scenario(b), b)
    of = {i.id: k for k, i in enumerate(b.indicators)}
    cities = block.city()[:, of["rd"]] / block.city()[:, of["gdp"]]
    whole = block.quantities[len(b.indicators)]

    assert np.all(whole >= cities.min(axis=0) * (1.0 - 1e-12))
    assert np.all(whole <= cities.max(axis=0) * (1.0 + 1e-12))
    assert np.allclose(whole, block.quantities[of["rd"]] / block.quantities[of["gdp"]], rtol=1e-12)


@given(plans())
def test_N16_shares_of_cities_sum_to_one(baseline: Baseline) -> None:
    assert np.allclose(compiled(scenario(baseline), baseline).noise.shares.sum(axis=0), 1.0, rtol=1e-14)


@FEW
@given(cases())
def test_N16_quantiles_of_a_cell_never_fall(case: Case) -> None:
    grid = summary(case.scenario, case.baseline).trajectories
    assert grid is not None
    rows = np.array([grid.grid.index_at(q) for q in (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)])

    assert np.all(np.diff(rows, axis=0) >= 0)


def test_N16_the_chance_of_a_sum_is_not_the_sum_of_chances() -> None:
    """Cities at even odds make a province at even odds, not at certainty."""
    cities = {"a": {"rd": 100.0}, "b": {"rd": 100.0}}
    targets = (
        target("sum", "rd", 200.0 * 1.1**5),
        *(target(c, "rd", 100.0 * 1.1**5, area=c) for c in cities),
    )
    b = plan(cities, unallocated=0.0, targets=targets)
    p = summary(scenario(b), b).chances.mean()

    assert 0.4 < p[0] < 0.55
    assert p[1] + p[2] > 0.9


# --- 2: order ------------------------------------------------------------------------------------


@FEW
@given(cases(), st.randoms())
def test_permuting_what_a_scenario_lists_changes_no_number(case: Case, random: object) -> None:
    """Shocks, paths, adjustments, delays, pairs and footprints are sets: their order means nothing."""

    def shuffled(items: tuple[object, ...]) -> tuple[object, ...]:
        return tuple(random.sample(list(items), len(items)))  # type: ignore[attr-defined]

    s = case.scenario
    mixed = replace(
        s,
        shocks=tuple(replace(x, footprint=shuffled(x.footprint)) for x in shuffled(s.shocks)),  # type: ignore
        paths=shuffled(s.paths),  # type: ignore
        drift=tuple(
            replace(x, cells=Cells(shuffled(x.cells.pairs), shuffled(x.cells.years)))  # type: ignore
            for x in s.drift
        ),
        delays=tuple(replace(x, pairs=shuffled(x.pairs)) for x in s.delays),  # type: ignore
        targets=shuffled(s.targets),  # type: ignore
    )

    assert same(summary(mixed, case.baseline), summary(s, case.baseline))


@FEW
@given(st.permutations(["c0", "c1", "c2"]), st.permutations(["k0", "k1"]), st.floats(0.0, 0.3))
def test_permuting_cities_and_indicators_in_the_plan_changes_no_number(
    cities: list[str], indicators: list[str], growth: float
) -> None:
    numbers = {
        c: {k: 100.0 + 7 * int(c[1]) + 30 * int(k[1]) for k in ("k0", "k1")} for c in ("c0", "c1", "c2")
    }
    straight = plan(numbers, growth=growth, targets=(target("T", "k1", 500.0),))
    mixed = plan(
        {c: {k: numbers[c][k] for k in indicators} for c in cities}, growth=growth, targets=straight.targets
    )

    assert same(summary(scenario(mixed), mixed), summary(scenario(straight), straight))


def same(first: Summary, second: Summary) -> bool:
    """Return whether two summaries are equal to the last bit."""
    here, there = first.trajectories, second.trajectories
    assert here is not None
    assert there is not None
    return (
        (first.draws, first.floored) == (second.draws, second.floored)
        and all(
            np.array_equal(getattr(first, name), getattr(second, name))
            for name in ("hits", "ties", "invalid", "passages", "patterns")
        )
        and (first.chances.total, first.chances.squares, first.chances.within, first.shortfall)
        == (second.chances.total, second.chances.squares, second.chances.within, second.shortfall)
        and np.array_equal(first.chances.grid, second.chances.grid)
        and first.together.total == second.together.total
        and here.moments == there.moments
        and all(
            np.array_equal(getattr(here.grid, name), getattr(there.grid, name))
            for name in ("first", "ends", "counts")
        )
    )


# --- 3, 4: the plan is its own median ------------------------------------------------------------


@FEW
@given(plans(), st.integers(0, 100))
def test_without_noise_and_shocks_the_plan_is_what_happens(baseline: Baseline, bend: int) -> None:
    bends = [[0.01 * ((bend * (c + 2) + t) % 7 - 3) for t in range(5)] for c in range(len(baseline.path))]
    baseline = bent(baseline, bends)
    block = worked(scenario(baseline, noise=QUIET), baseline)
    cities = len(baseline.cities)

    # The ratio of province to cities bends here, and its luck is no part of the noise's scale.
    level = np.moveaxis(block.city(), 2, -1)
    assert np.allclose(level, baseline.path[:cities, :, None, None, 1:], rtol=1e-12)


@FEW
@given(plans())
def test_an_even_plan_without_noise_is_met_exactly_and_by_nobody_beyond_it(baseline: Baseline) -> None:
    b = aimed(baseline, (1.0, 1.0 + 1e-6))
    result = summary(scenario(b, noise=QUIET), b)

    assert np.array_equal(result.hits, np.tile([4096, 0], len(b.indicators)))
    assert result.chances.mean() == pytest.approx(result.hits / 4096)


@pytest.mark.parametrize("dof", [4.0, np.inf])
def test_the_chance_of_the_plan_is_one_half_and_slightly_less_with_city_noise(dof: float) -> None:
    cities = {c: {"rd": base} for c, base in {"a": 1000.0, "b": 600.0, "c": 60.0, "d": 20.0}.items()}
    b = aimed(plan(cities, dof=dof, sd=0.05, tau=0.04), (1.0,))
    off = run([compiled(scenario(b, noise=noise(city=0.0)), b)], range(4))[0].chances.mean()
    on = run([compiled(scenario(b), b)], range(4))[0].chances.mean()

    assert off == pytest.approx(0.5, abs=0.015)
    assert np.all((on > 0.45) & (on < 0.51))
    assert np.all(on < off)


def test_the_shipped_plan_is_its_own_median_and_lies_slightly_above_it_with_city_noise() -> None:
    """Of every printed indicator of the province, where its base is the printed one."""
    shipped = PlanFolders(Path(__file__).parents[2])["zhejiang-2016"]
    rows = [
        replace(target(i.id, i.id, float(shipped.path[-1, k, -1])), area=shipped.province.id, year=2020)
        for k, i in enumerate(shipped.indicators)
        if i.scope == "cities" and i.kind == "quantity" and i.base == "printed"
    ]
    b = replace(shipped, targets=tuple(rows))
    off, on = (
        summary(scenario(b, noise=noise(city=x, parameters="drawn")), b).chances.mean() for x in (0.0, 1.0)
    )

    assert len(rows) > 4
    assert off == pytest.approx(np.full(len(rows), 0.5), abs=0.015)
    assert np.all((on > 0.45) & (on < 0.51))


def test_medians_of_cities_lie_below_the_plan_by_half_their_variance() -> None:
    b = plan({"a": {"rd": 1000.0}, "b": {"rd": 100.0}}, dof=np.inf, tau=0.06)
    block = worked(scenario(b), b)
    shift = np.log(block.levels.calm[0]) - 0.5 * block.noise.city_variance[:, 0]
    median = np.median(block.city()[:, 0], axis=(2, 3))

    assert np.allclose(np.exp(shift).mean(axis=(2, 3)), median, rtol=0.02)
    assert np.all(median[1] < block.levels.calm[0][1, :, 0, 0])


# --- 6, 14: more never means less ----------------------------------------------------------------


def rising(course: Course) -> bool:
    return not isinstance(course, Rebound)


@FEW
@given(cases(), courses.filter(rising), st.floats(0.0, 0.05), st.floats(0.001, 0.05), st.data())
def test_a_larger_favourable_shock_lowers_no_level_in_its_footprint(
    case: Case, course: Course, size: float, more: float, data: st.DataObject
) -> None:
    area, ident = data.draw(st.sampled_from(pairs_of(case.baseline)))

    def shocked(by: float) -> Scenario:
        extra = shock("extra", ((area, ident, 1.0),), size=Fixed(by), course=course)
        return replace(case.scenario, shocks=(*case.scenario.shocks, extra))

    small, large = (worked(shocked(x), case.baseline) for x in (size, size + more))
    k = small.model.indicators.position(ident)

    slack = 1.0 - 1e-12  # levels beyond the footprint are equal but for the order of sums
    assert np.all(large.quantities[k] >= small.quantities[k] * slack)
    assert np.all(large.city() >= small.city() * slack)


@FEW
@given(cases(), st.floats(0.001, 0.05))
def test_N14_more_growth_never_lowers_the_chance_of_reaching_a_target(case: Case, more: float) -> None:
    b = case.baseline
    wanted = tuple(t for t in b.targets if t.quantity in ("k0", "n0", "rate", "stock", "firms", "per"))
    up = replace(b, targets=tuple(replace(t, direction="up", tolerance=None) for t in wanted))
    pairs = tuple(p for p in pairs_of(b) if p[1] in ("k0", "n0", "rate"))
    plain = replace(case.scenario, targets=tuple(t.id for t in wanted), drift=())
    pushed = replace(plain, drift=(Adjustment("x", Cells(pairs, b.years), more, NOWHERE),))
    low, high = worked(plain, up), worked(pushed, up)

    for before, after in zip(low.outcomes, high.outcomes, strict=True):
        assert np.all(after.hit >= before.hit)
        assert np.all(after.chance >= before.chance - 1e-12)


def eased(t: Target, by: float) -> Target:
    return replace(t, threshold=t.threshold - by * abs(t.threshold), direction="up", comparator=">=")


@FEW
@given(cases(), st.floats(0.0, 0.3))
def test_N14_an_easier_target_is_never_less_likely(case: Case, by: float) -> None:
    hard = replace(case.baseline, targets=tuple(eased(t, 0.0) for t in case.baseline.targets))
    easy = replace(case.baseline, targets=tuple(eased(t, by) for t in case.baseline.targets))
    first, second = worked(case.scenario, hard), worked(case.scenario, easy)

    for before, after in zip(first.outcomes, second.outcomes, strict=True):
        assert np.all(after.hit >= before.hit)
        assert np.all(after.chance >= before.chance)


# --- 7: together ---------------------------------------------------------------------------------


@FEW
@given(cases())
def test_all_together_is_no_likelier_than_the_least_likely_and_k_of_n_falls_in_k(case: Case) -> None:
    result = summary(case.scenario, case.baseline)
    model = compiled(case.scenario, case.baseline)
    at_least = result.together.mean()
    hits = result.hits[model.headline]

    assert at_least[0] == 1.0
    assert np.all(np.diff(at_least) <= 1e-15)
    assert at_least[-1] * result.draws <= hits.min() + 1e-9
    assert at_least[1:].sum() * result.draws == pytest.approx(hits.sum())  # the mean number of hits
    assert result.patterns.sum() == result.draws
    assert result.patterns[-1] == pytest.approx(at_least[-1] * result.draws)


# --- 9, N15: units -------------------------------------------------------------------------------


def rescaled(baseline: Baseline, factor: float) -> Baseline:
    return replace(
        baseline,
        path=baseline.path * factor,
        targets=tuple(replace(t, threshold=t.threshold * factor) for t in baseline.targets),
    )


@FEW
@given(plans(), st.sampled_from([2.0**13, 0.25, 1e4, 1e-4]))
def test_N15_another_unit_scales_levels_and_leaves_probabilities(baseline: Baseline, factor: float) -> None:
    b = aimed(baseline, (0.9, 1.0, 1.2))
    first, second = worked(scenario(b), b), worked(scenario(rescaled(b, factor)), rescaled(b, factor))

    for before, after in zip(first.outcomes, second.outcomes, strict=True):
        assert np.allclose(after.path, before.path * factor, rtol=1e-12)
        assert np.allclose(after.chance, before.chance, rtol=1e-10, atol=1e-12)
        if factor == 2.0 ** np.log2(factor).round():
            assert np.array_equal(after.path, before.path * factor)
            assert np.array_equal(after.hit, before.hit)


# --- 13: ties and mirrors ------------------------------------------------------------------------


@pytest.mark.parametrize(("comparator", "hits"), [(">=", 4096), (">", 0), ("≈", 4096)])
def test_N13_a_value_on_the_target_meets_at_least_but_not_more_than(comparator: str, hits: int) -> None:
    t = target("T", "rd", 1100.0 * 1.1**4, comparator=comparator)
    b = plan({"a": {"rd": 600.0}, "b": {"rd": 400.0}}, unallocated=0.0, targets=(t,))
    result = summary(scenario(b, noise=QUIET), b)

    assert result.hits[0] == hits
    assert result.chances.mean()[0] == hits / 4096
    assert result.ties[0] == 4096


@FEW
@given(cases())
def test_N13_a_target_and_its_mirror_share_all_chances(case: Case) -> None:
    """Where no value lies on the target: lower is better exactly where higher is not."""
    wanted = [replace(t, comparator=">=", tolerance=None) for t in case.baseline.targets]
    up = replace(case.baseline, targets=tuple(replace(t, direction="up") for t in wanted))
    down = replace(case.baseline, targets=tuple(replace(t, direction="down") for t in wanted))
    first, second = worked(case.scenario, up), worked(case.scenario, down)

    for t, higher, lower in zip(first.model.targets, first.outcomes, second.outcomes, strict=True):
        off = np.abs(higher.path[t.year] - t.threshold) > 1e-8 * abs(t.threshold)
        assert np.array_equal(higher.hit[off], ~lower.hit[off])
        assert np.all(higher.hit[~off] | lower.hit[~off])
        both = (higher.chance + lower.chance)[off]
        assert np.all(both > 1.0 - 1e-6)
        # The two overlap by the comparison's own tolerance, which holds much only where nothing varies.
        assert np.mean(both > 1.0 + 1e-6) < 0.01


# --- what the model page says of single scenarios ------------------------------------------------


def test_faster_gdp_makes_the_ratio_to_it_harder() -> None:
    ratio = derived("x", "ratio", numerator="rd", denominator="gdp", factor=100.0)
    b = plan(
        {"a": {"rd": 150.0}}, more=(lone("gdp", 5000.0),), derived=(ratio,), targets=(target("T", "x", 3.0),)
    )
    faster = (Adjustment("x", Cells((("province", "gdp"),), b.years), 0.02, NOWHERE),)

    assert (
        summary(scenario(b, drift=faster), b).chances.mean() < summary(scenario(b), b).chances.mean() - 0.05
    )


def test_disagreement_of_plan_and_trend_widens_the_blend() -> None:
    """``w (1 - w) gap^2``, not the mean of two spreads."""
    b = plan({"a": {"rd": 150.0}, "b": {"rd": 100.0}}, growth=0.2)
    spread = {}
    for source in ("plan", "trend", "blend"):
        made = scenario(b, growth=Growth(source, 0.5 if source == "blend" else None, NOWHERE))
        spread[source] = worked(made, b).levels.own_sd[0, 0]
    gap = np.log(1.2) - np.log1p(trend_growth(b)).mean()

    # The trend has used a part of the own drift (it differs by unit already); the plan has used none of it.
    assert spread["trend"] < spread["plan"]
    half = 0.5 * (spread["plan"] ** 2 + spread["trend"] ** 2)
    assert spread["blend"] ** 2 == pytest.approx(half + 0.25 * gap**2, rel=1e-9)


def trend_growth(baseline: Baseline) -> np.ndarray:
    known = baseline.calibration
    assert known is not None
    s = known.series["rd"]
    h = np.arange(1, 6)
    decayed = s.damp.value**h * s.lam.value * (s.own.value - s.mu.value)
    return np.asarray(np.expm1(s.mu.value + decayed + s.phi.value**h * s.last_year_effect.value))
