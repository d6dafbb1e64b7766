"""From summaries to the numbers that a reader sees: each against the same number taken by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.axes import Name
from sim.baseline.plan import Assumption, Baseline, Target
from sim.cube import QUANTILES, Cube, Driver, Probability, grade_of
from sim.engine import run
from sim.estimators import clopper_pearson
from sim.model import compiled
from sim.scenario.scenario import Growth, Path
from sim.streams import BLOCK
from sim.studies.batch import run_batch
from sim.studies.results import assumed_growth
from sim.studies.sensitivity import DEPENDENCE, TAILS, carried_over, sensitivity_from
from sim.tables.screen import screen_text
from sim.weights import Weights
from tests.engine_blocks import Block, worked
from tests.scenario_strategies import derived
from tests.strategies import NOWHERE, lone, name, noise, plan, scenario, target

BLEND = Growth("blend", None, NOWHERE)


def assumed(ident: str, low: float, central: float, high: float) -> Assumption:
    return Assumption(ident, name(ident), low, central, high, "亿元", "C", "made up", NOWHERE)


def made_plan() -> Baseline:
    targets = (
        target("T1", "rd", 2600.0),
        target("T2", "x", 34.0),
        target("T3", "rd", 9.0, kind="mean_growth"),
        target("T4", "stock", 12500.0, kind="stock"),
        target("T5", "rd", 1600.0, area="a", group="annex", year=2024),
        target("T6", "rd", 9000.0, kind="cumulative_flow", group="annex"),
        target("T7", "rd", 1.0, status="missing", needs="data"),
        target("T8", "rate", 62.0, kind="rate", group="annex"),
        target("T9", "new", 90.0, kind="annual_flow", group="annex"),
    )
    return plan(
        {"a": {"rd": 1000.0, "new": 40.0}, "b": {"rd": 600.0, "new": 15.0}},
        more=(
            lone("gdp", 5000.0),
            lone("rate", 57.0, kind="rate", growth="line", line_end=62.0, group="none", unit="%"),
        ),
        changes={"new": {"kind": "count"}},
        derived=(
            derived("x", "ratio", numerator="rd", denominator="gdp", factor=100.0),
            derived("stock", "stock", inflow="rd", base=("assumption", "start"), exit=("value", "0.05")),
        ),
        targets=targets,
        assumptions=(assumed("start", 500.0, 3000.0, 6000.0),),
        se=0.2,
    )


@pytest.fixture(scope="module")
def plan_and_cube() -> tuple[Baseline, Cube, Block]:
    b = made_plan()
    made = scenario(b, growth=BLEND, noise=noise(parameters="drawn"))
    return b, next(iter(run_batch([made], {b.id: b}))), worked(made, b)


def row(cube: Cube, ident: str) -> Probability:
    return next(p for p in cube.probabilities if p.target.id == ident)


def test_beyond_20_points_one_assumption_makes_a_range(plan_and_cube: tuple[Baseline, Cube, Block]) -> None:
    answer = row(plan_and_cube[1], "T1")
    for high, is_range in ((0.595, False), (0.605, True)):
        assert replace(answer, p=0.5, driver=Driver("x", name("x"), 0.4, high)).is_range() == is_range


ANSWERED = ("T1", "T2", "T3", "T4", "T5", "T6", "T8", "T9")


@pytest.mark.parametrize("ident", ANSWERED)
def test_p_is_the_mean_chance_within_both_uncertainties(
    ident: str, plan_and_cube: tuple[Baseline, Cube, Block]
) -> None:
    _, cube, block = plan_and_cube
    answer, outcome = row(cube, ident), block.outcomes[ANSWERED.index(ident)]
    by_set = outcome.chance.mean(axis=1)

    assert answer.p == pytest.approx(outcome.chance.mean(), rel=1e-12)
    assert answer.mc_low is not None
    assert answer.mc_high is not None
    assert answer.p10 is not None
    assert answer.p90 is not None
    assert answer.mc_low < outcome.chance.mean() < answer.mc_high
    error = math.sqrt(by_set.var(ddof=1) / 16)
    assert answer.mc_high - answer.mc_low == pytest.approx(2 * 2.13 * error, rel=0.1)
    assert by_set.min() - 0.001 <= answer.p10 <= answer.p90 <= by_set.max() + 0.001
    within = np.mean(outcome.chance.var(axis=1, ddof=1) / 256) / by_set.var(ddof=1)
    raw = np.quantile(by_set, [0.1, 0.9], method="inverted_cdf")
    kept = by_set.mean() + math.sqrt(max(0.0, 1.0 - within)) * (raw - by_set.mean())
    assert [answer.p10, answer.p90] == pytest.approx(kept, abs=0.0006)


@pytest.mark.parametrize("ident", ANSWERED)
def test_shortfall_and_first_passage_are_those_of_the_draws(
    ident: str, plan_and_cube: tuple[Baseline, Cube, Block]
) -> None:
    b, cube, block = plan_and_cube
    position = ANSWERED.index(ident)
    answer, outcome, t = row(cube, ident), block.outcomes[position], block.model.targets[position]
    values = outcome.path[t.year]
    missing = (t.threshold - values)[values < t.lower] * (100.0 if ident == "T3" else 1.0)
    met = outcome.path >= t.lower
    years = np.where(met.any(axis=0), met.argmax(axis=0), 99)
    median = int(np.sort(years.ravel())[BLOCK // 2 - 1])

    assert answer.shortfall == pytest.approx(missing.mean(), rel=1e-9)
    assert answer.reached == (b.years[median] if median < 99 else None)
    assert answer.ties == np.count_nonzero(values == t.threshold)
    assert (answer.ties != 0) == (ident == "T9")  # whole counts fall on a whole target
    assert answer.invalid == 0


@pytest.mark.parametrize("ident", ["T1", "T2", "T3", "T4", "T5", "T8", "T9"])
def test_the_median_is_that_of_what_the_target_speaks_of(
    ident: str, plan_and_cube: tuple[Baseline, Cube, Block]
) -> None:
    _, cube, block = plan_and_cube
    position = ANSWERED.index(ident)
    values = block.outcomes[position].path[block.model.targets[position].year]
    expected = float(np.quantile(values, 0.5, method="inverted_cdf")) * (100.0 if ident == "T3" else 1.0)

    assert row(cube, ident).median == pytest.approx(expected, rel=0.004 if ident == "T3" else 0.0011)
    assert row(cube, "T6").median is None  # a sum over years is no cell of the trajectories


def test_growth_still_required_meets_the_target_when_it_is_had(
    plan_and_cube: tuple[Baseline, Cube, Block],
) -> None:
    _, cube, _ = plan_and_cube
    expected = {
        "T1": (2600.0 / 1632.0) ** 0.2,
        "T2": (34.0 / (100 * 1632.0 / 5000.0)) ** 0.2,
        "T3": 1.09,
        "T4": (12500.0 / 3000.0) ** 0.2,
        "T5": (1600.0 / 1000.0) ** 0.25,
        "T8": (62.0 / 57.0) ** 0.2,
    }

    for ident, factor in expected.items():
        assert row(cube, ident).required == pytest.approx(factor - 1.0, rel=1e-6), ident
    assert row(cube, "T6").required is None
    assert row(cube, "T9").required is None  # additions have no base to grow from


@pytest.mark.parametrize(("base", "threshold"), [("0", 5.0), ("10", -5.0)])
def test_where_no_growth_leads_to_the_target_none_is_required(base: str, threshold: float) -> None:
    stock = derived("stock", "stock", inflow="rd", base=("value", base), exit=("value", "0"))
    b = plan({"a": {"rd": 1.0}}, derived=(stock,), targets=(target("T", "stock", threshold),))
    (cube,) = run_batch([scenario(b)], {b.id: b})

    assert row(cube, "T").required is None


def test_a_target_without_data_is_listed_and_has_no_number(
    plan_and_cube: tuple[Baseline, Cube, Block],
) -> None:
    b, cube, _ = plan_and_cube
    missing = row(cube, "T7")

    assert [p.target.id for p in cube.probabilities] == [t.id for t in b.targets]
    assert (missing.p, missing.median, missing.grade, missing.driver, missing.ties) == (None,) * 5


def test_trajectories_are_the_moments_and_quantiles_of_the_draws(
    plan_and_cube: tuple[Baseline, Cube, Block],
) -> None:
    b, cube, block = plan_and_cube
    quantities = block.model.quantities.labels
    seen = set()
    for t in cube.trajectories:
        k, year = quantities.index(t.indicator), b.years.index(t.year)
        if t.area == "province":
            values = block.quantities[k, year]
        elif t.area == "unallocated":
            values = block.levels.unallocated[list(block.model.with_cities).index(k), year]
        else:
            values = block.city()["ab".index(t.area), list(block.model.with_cities).index(k), year]
        assert t.mean == pytest.approx(values.mean(), rel=1e-10), t
        assert t.sd == pytest.approx(values.std(ddof=1), rel=1e-6), t
        expected = np.quantile(values, QUANTILES, method="inverted_cdf")
        # What is unallocated lies around zero: there the grid is fine beside the province's base level.
        near = abs(block.model.base_province[k]) / 8192 if t.area == "unallocated" else 0.0
        assert t.quantiles == pytest.approx(list(expected), rel=0.00051, abs=near), t
        if t.indicator == "new":  # whole things: the very number, not the middle of a cell
            assert t.quantiles == tuple(expected), t
        seen.add((t.area, t.indicator, t.year))

    # Cities and the unallocated have what is printed for cities; the province has everything.
    assert len(seen) == len(cube.trajectories) == 5 * (2 * 2 + 2 + len(quantities))


def test_the_joint_numbers_are_counts_of_draws(plan_and_cube: tuple[Baseline, Cube, Block]) -> None:
    _, cube, block = plan_and_cube
    hits = np.stack([block.outcomes[i].hit for i in block.model.headline])
    joint = cube.joint
    assert joint is not None

    assert joint.targets == ("T1", "T2", "T3", "T4")
    assert joint.p == pytest.approx(hits.all(axis=0).mean(), rel=1e-12)
    assert joint.low < joint.p < joint.high
    for k, (p, low, high) in enumerate(joint.at_least):
        assert p == pytest.approx((hits.sum(axis=0) >= k).mean(), rel=1e-12)
        assert low <= p <= high
    for i in range(4):
        for j in range(4):
            assert joint.conditional[i, j] == pytest.approx(hits[j][hits[i]].mean(), rel=1e-12)


def test_one_headline_target_has_no_joint() -> None:
    b = plan({"a": {"rd": 1000.0}}, targets=(target("T1", "rd", 1600.0),))
    (cube,) = run_batch([scenario(b)], {b.id: b})

    assert cube.joint is None


# --- what moves p most ---------------------------------------------------------------------------


def test_the_driver_is_the_assumption_that_moves_p_most_from_end_to_end(
    plan_and_cube: tuple[Baseline, Cube, Block],
) -> None:
    b, cube, _ = plan_and_cube
    driver = row(cube, "T4").driver
    assert driver is not None

    assert driver.assumption == "start"
    assert driver.size() > 0.2
    assert row(cube, "T4").is_range()
    for end, value in (("low", 500.0), ("high", 6000.0)):
        held = replace(b, assumptions={**b.assumptions, "start": assumed("start", value, value, value)})
        block = worked(scenario(held, growth=BLEND, noise=noise(parameters="drawn")), held)
        assert getattr(driver, end) == pytest.approx(block.outcomes[3].chance.mean(), rel=1e-12), end


def test_the_weight_of_the_plan_moves_what_follows_plan_and_trend() -> None:
    b = plan(
        {"a": {"rd": 1000.0}, "b": {"rd": 600.0}}, growth=0.2, targets=(target("T", "rd", 1632.0 * 1.14**5),)
    )
    (cube,) = run_batch([scenario(b, growth=BLEND)], {b.id: b})
    driver = cube.probabilities[0].driver
    assert driver is not None

    assert driver.assumption == "blend_weight"
    assert driver.low < driver.high  # more plan, more growth


def four_at_half(load: float, dof: float = 6.0) -> Cube:
    """Return four lone indicators, each at even odds."""
    names = ("k1", "k2", "k3", "k4")
    b = plan({}, more=tuple(lone(k, 100.0) for k in names), load=load, dof=dof)
    middle = worked(scenario(b, noise=noise(province=0.0)), b).quantities[0, -1, 0, 0]
    b = replace(b, targets=tuple(target(k, k, float(middle)) for k in names))
    return next(iter(run_batch([scenario(b)], {b.id: b})))


def test_four_targets_at_even_odds_are_hit_together_as_they_depend() -> None:
    """Fact 2 of the model page: 0.06 if independent, towards 0.50 as they move as one."""
    joint = four_at_half(0.5).joint
    assert joint is not None

    assert joint.independent == pytest.approx(0.0625, abs=4.5 * math.sqrt(0.0625 * 0.94 / BLOCK))
    assert 0.0625 < joint.p < joint.dependent
    assert joint.dependent > 0.3


def test_an_assumption_of_whose_ends_too_few_draws_tell_is_named_and_has_no_figure() -> None:
    b = plan({}, more=(lone("k1", 100.0), lone("k2", 100.0)), dof=6.0)
    b = replace(b, targets=(target("k1", "k1", 150.0), target("k2", "k2", 150.0)))
    [whole] = run([compiled(scenario(b), b)], range(1), detailed=False)
    thin, enough = replace(whole, weights=Weights(399, 399)), replace(whole, weights=Weights(400, 400))
    found = sensitivity_from([(DEPENDENCE, enough, thin), (TAILS, enough, whole)])
    cube = replace(four_at_half(0.5), effective=5000.0, actuals=2, untold=(Name("某假设", "an assumption"),))

    assert found.untold == (DEPENDENCE,)
    assert [[move.assumption for move in moves] for moves in found.moves] == [[TAILS], [TAILS]]
    assert math.isnan(found.joint_independent)
    assert math.isnan(found.joint_dependent)
    told = " ".join(screen_text(cube, "en").split())
    assert "2 actuals given (5,000 effective draws)" in told
    assert "fewer than 400 effective draws at one of their ends: an assumption." in told


def test_strong_dependence_is_twice_the_loading_or_95_percent() -> None:
    from sim.studies.sensitivity import strong

    assert strong(np.array([[0.3, 0.0], [-0.3, 0.0], [0.6, 0.0]])) == pytest.approx(
        np.array([[0.6, 0.0], [-0.6, 0.0], [0.95, 0.0]])
    )
    assert np.linalg.norm(strong(np.array([[0.6, 0.5]]))) == pytest.approx(0.95)


def test_tails_move_nothing_where_they_are_gaussian_already() -> None:
    drivers = {p.driver.assumption for p in four_at_half(0.5, np.inf).probabilities if p.driver}

    assert TAILS not in drivers
    assert drivers == {DEPENDENCE}


# --- grades --------------------------------------------------------------------------------------


def test_grades_are_the_worst_of_the_parts_letter_by_letter() -> None:
    b = made_plan()
    known = b.calibration
    assert known is not None
    gdp = replace(known.indicators["gdp"], grade_drift="B", grade_spread="C")
    b = replace(b, calibration=replace(known, indicators={**known.indicators, "gdp": gdp}))

    assert str(grade_of(b, "rd", ())) == "AAAA A"
    assert str(grade_of(b, "rd", ("rd",))) == "ACAA C"  # growth equal to plan is an assumption
    assert str(grade_of(b, "gdp", ("rd",))) == "ABCA C"  # but trend is what it follows in any case
    assert str(grade_of(b, "x", ())) == "ABCA C"


def one_answer(t: Target) -> Probability:
    b = plan({"a": {"rd": 1000.0}, "b": {"rd": 600.0}}, targets=(t,))
    return next(iter(run_batch([scenario(b)], {b.id: b}))).probabilities[0]


def test_N11_a_hopeless_and_a_certain_target_have_open_intervals() -> None:
    never, always = (
        one_answer(target("T", "rd", 1e9, kind="mean_of_rates")),
        one_answer(target("T", "rd", 1e-3)),
    )

    assert (never.p, never.mc_low) == (0.0, 0.0)
    assert never.mc_high == pytest.approx(float(clopper_pearson(np.array(0.0), np.array(4096.0))[1]))
    assert always.mc_low is not None
    assert always.p == pytest.approx(1.0)
    assert always.mc_low < 1.0


def test_a_path_typed_in_is_an_assumption_where_it_matters() -> None:
    b = made_plan()
    typed = Path("typed", "a", "rd", dict.fromkeys(b.years, 1500.0), NOWHERE)
    run_with = replace(scenario(b), paths=(typed,))

    assert assumed_growth(scenario(b), b, "a") == assumed_growth(run_with, b, "b")
    assert "rd" in assumed_growth(run_with, b, "a") & assumed_growth(run_with, b, b.province.id)
    whole = replace(run_with, paths=(replace(typed, area=b.province.id, indicator="gdp"),))
    assert "gdp" in assumed_growth(whole, b, "b")


@given(st.floats(0.01, 0.99), st.floats(0.01, 0.99), st.floats(0.01, 0.99))
def test_what_an_assumption_moves_on_one_block_stands_beside_the_whole_run(
    end: float, here: float, whole: float
) -> None:
    carried = carried_over(end, here, whole)
    assert 0.0 < carried < 1.0
    assert (carried > whole) == (end > here) or carried == pytest.approx(whole)
    assert carried_over(here, here, whole) == pytest.approx(whole)
    assert carried_over(carried, whole, here) == pytest.approx(end)
    assert carried_over(0.0, here, whole) == 0.0
