"""Chances at points are those of draws, of algebra, and of the formulas written plainly."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import gammainc, ndtr, pdtr

from sim import cli
from sim.designs import by_group, group_variance
from sim.distributions import Triangular
from sim.engine import run
from sim.engine.drift import city_drift, trend_of_sets
from sim.engine.noise import set_parameters
from sim.engine.point_targets import gamma_nodes, point_targets
from sim.engine.points import city_growth, point_chances
from sim.errors import BadInput, Place
from sim.kernels import chain, elementary, normal, philox, points, thresholds
from sim.kernels.normal import normal_table
from sim.kernels.poisson import poisson_quantile
from sim.kernels.thresholds import count_threshold, poisson_count, threshold
from sim.model import Model, compiled
from sim.model.parameters import drawn_parameters
from sim.scenario.plans import PlanFolders
from sim.scenario.scenario import Chance, Execution
from sim.shocks import OneYear
from sim.studies.at_points import at_points, intervals
from tests.scenario_strategies import derived
from tests.strategies import plan, scenario, shock, target

ROOT = Path(__file__).parents[2]
ERRORS = 4.5


def shipped(**changes: object) -> Model:
    from sim.api import load_scenarios

    [baseline] = load_scenarios("baseline")
    plans = PlanFolders(ROOT)
    return compiled(replace(baseline, **changes), plans[baseline.plan])  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def model() -> Model:
    return shipped(design="sobol")


def with_error(model: Model, points: int) -> tuple[np.ndarray, np.ndarray]:
    """Return means and standard errors of the chances at *points* points."""
    chances = point_chances(model, point_targets(model), 0, points)
    variance, count = group_variance(by_group(model.design, chances))
    return chances.mean(axis=1), np.sqrt(variance / count)


def drawn(model: Model, blocks: int) -> tuple[np.ndarray, np.ndarray]:
    """Return means and standard errors of the same chances from draws."""
    targets = point_targets(model)
    asked = replace(
        model,
        targets=tuple(model.targets[row] for row in targets.rows),
        headline=np.arange(len(targets.cells), len(targets.rows)),
        design=type(model.design)(),
        parameters=replace(model.parameters, design=type(model.design)()),
    )
    [summary] = run([asked], range(blocks), detailed=False)
    by_set = summary.by_set.value()
    rows = np.concatenate([by_set[: len(targets.rows)], by_set[-1:]])
    variance, count = group_variance(rows)
    return rows.mean(axis=1), np.sqrt(variance / count)


def assert_alike(model: Model, points: int = 1024, blocks: int = 8) -> None:
    (p, error), (q, other) = with_error(model, points), drawn(model, blocks)
    assert not np.any(np.isnan(p))
    z = (p - q) / np.sqrt(error**2 + other**2 + 1e-10)
    assert np.abs(z).max() < ERRORS, (int(np.abs(z).argmax()), z[np.abs(z).argmax()])
    assert np.sqrt(np.mean(z**2)) < 1.6


def test_points_say_what_draws_say_of_the_shipped_baseline(model: Model) -> None:
    assert_alike(model)


@pytest.mark.parametrize("design", ["plain", "antithetic"])
def test_points_of_every_design_say_the_same(model: Model, design: str) -> None:
    (p, error), (q, other) = with_error(shipped(design=design), 1024), with_error(model, 2048)
    z = (p - q) / np.sqrt(error**2 + other**2 + 1e-12)
    assert np.abs(z).max() < ERRORS + 1.0  # Student's tails of sixteen replicates


def test_points_say_what_draws_say_with_shocks_and_events() -> None:
    pairs = (
        ("hangzhou", "rd_expenditure", 1.0),
        ("ningbo", "new_hitech_firms", 0.5),
        ("zhejiang", "gdp", 1.0),
    )
    size = Triangular(low=-0.2, mode=-0.1, high=0.0)
    slump = shock("slump", pairs, size=size, course=OneYear(year=2018))
    strike = replace(slump, name="strike", chance=Chance(0.4, None))
    assert_alike(shipped(design="sobol", shocks=(slump, strike)))


def test_points_do_not_depend_on_how_they_are_cut(model: Model) -> None:
    targets = point_targets(model)
    whole = point_chances(model, targets, 0, 320)
    parts = [point_chances(model, targets, first, count) for first, count in ((0, 64), (64, 256))]
    assert np.array_equal(whole, np.concatenate(parts, axis=1))


def test_all_together_are_hit_no_oftener_than_the_least(model: Model) -> None:
    p, _ = with_error(model, 512)
    chain = p[len(point_targets(model).cells) :]
    assert 0.0 < chain[-1] < chain[:-1].min()


@given(st.floats(0.02, 0.3), st.floats(0.0, 0.1), st.floats(0.6, 1.6), st.floats(0.0, 0.7))
@settings(max_examples=20)
def test_N17_one_gaussian_city_has_its_closed_form(sd: float, tau: float, height: float, phi: float) -> None:
    baseline = plan({"a": {"k": 100.0}}, growth=0.1, sd=sd, tau=tau, phi=phi, dof=np.inf)
    level = 100.0 * 1.1**5 * height
    baseline = replace(baseline, targets=(target("T", "k", level, area="a"),))
    model = compiled(scenario(baseline), baseline)
    (p, error) = with_error(model, 32)
    [summary] = run([model], range(1), detailed=False)
    assert p[0] == pytest.approx(float(summary.chances.mean()[0]), abs=1e-10)
    assert error[0] < 1e-12


@given(st.floats(0.5, 5000.0), st.floats(-5.0, 5.0))
def test_a_count_at_a_point_is_the_poisson_quantile_of_draws(rate: float, z: float) -> None:
    expected = poisson_quantile(np.array([rate]), np.array([z]))[0]
    assert poisson_count(normal_table(), rate, z) == expected


@pytest.mark.parametrize("leaves", [1.0, 0.93])
def test_counts_that_are_not_rounded_move_no_threshold_in_the_mean(leaves: float) -> None:
    table, draws = normal_table(), np.random.default_rng(4).normal(size=(4000, 3))
    rates, slopes = np.array([9e3, 1e4, 1.1e4]), np.array([0.1, 0.15, 0.2])
    kept, ratio, start, wanted = (
        leaves ** np.arange(2.0, -1.0, -1.0),
        np.full(3, 0.01),
        2e4,
        math.log(5.1e4),
    )
    apart = []
    for normals in draws:
        fine = threshold(table, wanted, 0.0, 0.0, rates, slopes, kept, ratio, normals, True, start)
        exact = count_threshold(table, fine, wanted, 0.0, 0.0, rates, slopes, kept, ratio, normals, start)
        apart.append(fine - exact)
    error = np.std(apart) / math.sqrt(len(apart))
    assert 1e-5 < np.std(apart) < 2e-3  # each is moved a little
    assert abs(np.mean(apart)) < 4.0 * error


@given(st.integers(1, 3000), st.floats(-3.0, 3.0), st.floats(0.1, 0.8))
def test_nodes_give_the_chance_of_a_count_whose_rate_is_log_normal(least: int, z: float, sd: float) -> None:
    nodes = gamma_nodes(float(least))
    if nodes[0, 0] >= sd:
        return
    location = math.log(least) + z * sd
    chance = float(nodes[1, 1:] @ ndtr((location - nodes[0, 1:]) / sd))
    at = np.linspace(-9.0, 9.0, 4001)  # steep, but smooth: the trapezoidal rule is exact to rounding
    weights = np.exp(-0.5 * at**2)
    exact = float((weights / weights.sum()) @ gammainc(least, np.exp(location + sd * at)))
    assert chance == pytest.approx(exact, abs=2e-5)
    assert 1.0 - pdtr(least - 1, 7.0) == pytest.approx(gammainc(least, 7.0), abs=1e-12)


def test_growth_at_points_is_that_of_draws(model: Model) -> None:
    values = drawn_parameters(model.parameters, 1, True, 0, 256)
    p = set_parameters(model, values, 0)
    weight, own, trend = trend_of_sets(model, values, p)
    expected = city_drift(model, p, weight, own, trend)
    assert np.allclose(city_growth(model, p, weight, own, trend), expected, rtol=0.0, atol=1e-13)


def test_a_precision_is_reached_and_actuals_are_refused() -> None:
    from sim.api import load_scenarios

    [baseline] = load_scenarios("baseline")
    plans = PlanFolders(ROOT)
    asked = replace(baseline, design="sobol")
    looks: list[tuple[int, float]] = []
    tell = lambda points, widest: looks.append((points, widest))  # noqa: E731
    found = at_points(asked, plans[baseline.plan], 0.005, tell)
    assert found.widest() <= 0.005
    assert [points for points, _ in looks] == [512 << n for n in range(len(looks))]
    assert found.together is not None
    assert not found.unanswered
    from sim.scenario.observed import actuals_of_plan

    known = replace(asked, observed=actuals_of_plan(plans[baseline.plan], 2016))
    with pytest.raises(BadInput) as refused:
        at_points(known, plans[baseline.plan])
    assert [mistake.code for mistake in refused.value.mistakes] == ["points-know-no-actuals"]


def test_an_execution_prior_is_refused_where_it_is_asked_for() -> None:
    from sim.api import load_scenarios

    [baseline] = load_scenarios("baseline")
    plans = PlanFolders(ROOT)
    prior = Execution("track_record", Place("x.yaml", 3, 12))
    with pytest.raises(BadInput) as refused:
        at_points(replace(baseline, execution=prior), plans[baseline.plan])
    [mistake] = refused.value.mistakes
    assert mistake.line("en").startswith("x.yaml:3:12: ")
    assert mistake.code == "points-know-no-execution"


def test_one_headline_target_alone_has_no_chance_of_all_together() -> None:
    baseline = plan({"a": {"k": 100.0}}, growth=0.1, sd=0.1)
    lone = target("T", "k", 150.0, area="province", group="headline")
    baseline = replace(baseline, targets=(lone,))
    found = at_points(scenario(baseline), baseline, 0.05)
    assert [each.target.id for each in found.chances] == ["T"]
    assert found.together is None


def test_kernels_stay_within_their_arrays_where_a_stock_has_fewer_pairs_than_years(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As plain Python, which knows where arrays end, they make of a few points what they make compiled."""
    stock = derived("stock", "stock", inflow="k", base=("value", "2500"), exit=("value", "0.1"))
    asked = target("T", "stock", 3100.0, kind="stock", year=2021)
    b = plan({"a": {"k": 500.0}, "b": {"k": 300.0}}, derived=(stock,), targets=(asked,))
    model = compiled(scenario(b), b)
    whole = point_chances(model, point_targets(model), 0, 16)
    for module in (chain, thresholds, points, normal, elementary, philox):
        for name, made in list(vars(module).items()):
            if hasattr(made, "py_func"):
                monkeypatch.setattr(module, name, made.py_func)
    monkeypatch.setattr("sim.engine.points.chain_into", chain.chain_into)
    monkeypatch.setattr("sim.engine.points.city_totals_into", points.city_totals_into)

    with np.errstate(all="ignore"):
        assert np.allclose(point_chances(model, point_targets(model), 0, 16), whole, rtol=0.0, atol=1e-9)


def test_of_two_targets_of_one_indicator_and_year_draws_answer_the_second() -> None:
    baseline = plan({"a": {"k": 100.0}}, growth=0.1, sd=0.1)
    pair = [
        target(name, "k", level, area="province", group="headline")
        for name, level in (("T", 150.0), ("U", 170.0))
    ]
    baseline = replace(baseline, targets=tuple(pair))
    found = at_points(scenario(baseline), baseline, 0.05)
    assert [each.target.id for each in found.chances] == ["T"]
    assert [each.id for each in found.unanswered] == ["U"]
    assert found.together is None


def test_intervals_next_to_0_and_1_are_as_narrow_as_the_points_say(model: Model) -> None:
    chances = np.random.default_rng(1).normal([[0.0], [1.0], [1e-9], [0.5]], 1e-6, (4, 512))
    mean, low, high = intervals(model, chances)
    assert np.all((low <= mean) & (mean <= high) & (low >= 0.0) & (high <= 1.0))
    assert np.all(high - low < 3e-6)


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["--precision", "0"], "precision 0.0 will not do"),
        (["--precision", "nan"], "out of range"),
        (["--precision", "1 %"], "the unit is '%'"),
        (["--design", "halton"], "halton"),
    ],
)
def test_what_cannot_be_asked_of_points_is_said_at_once(
    argv: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exit:
        cli.main(["--lang", "en", "chances", *argv], tmp_path)
    assert exit.value.code == 2
    assert said in capsys.readouterr().err


def test_chances_are_shown_in_both_languages(capsys: pytest.CaptureFixture[str]) -> None:
    for lang, words in (("zh", "全部同时达标"), ("en", "all together")):
        assert cli.main(["--lang", lang, "chances", "baseline", "--precision", "2pp"], ROOT) == 0
        out = capsys.readouterr().out
        assert words in out
        assert out.count("H0") == 9


def test_points_that_do_not_suffice_say_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sim.studies.at_points.MOST", 512)
    assert cli.main(["--lang", "en", "chances", "baseline", "--precision", "0.01pp"], ROOT) == 0
    assert "512 points, the most there are, do not reach the precision" in capsys.readouterr().err
