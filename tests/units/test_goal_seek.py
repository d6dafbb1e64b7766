"""What it would take: growth and chance, back and forth."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import numpy as np
import pytest
from scipy.special import ndtr

from sim.engine import run
from sim.model import compiled
from sim.scenario.plans import PlanFolders
from sim.studies.goal_seek import STEPS, Need, anchored, driver_of, groups_of, moved
from sim.studies.sensitivity import headline_only
from tests.pages import ROOT, cubes_of

GROWTH = np.linspace(0.0, 0.1, 6)
NEED = Need("H", "k", 0.04, tuple((float(g), float(ndtr(40 * (g - 0.05)))) for g in GROWTH))


def test_growth_and_chance_are_each_other_s_inverse() -> None:
    for p in (0.1, 0.5, 0.8, 0.95):
        assert NEED.p_at(NEED.growth_for(p)) == pytest.approx(p, abs=1e-9)
    assert NEED.growth_for(0.5) == pytest.approx(0.05)


def test_what_lies_beyond_all_that_was_tried_is_said_to() -> None:
    assert NEED.growth_for(0.001) == -inf
    assert NEED.growth_for(0.999) == inf
    assert NEED.p_at(1.0) == NEED.curve[-1][1]


def test_a_curve_passes_through_the_scenario_s_own_chance_and_keeps_its_shape() -> None:
    curve = ndtr(np.linspace(-2, 2, len(STEPS)))
    moved_curve = anchored(curve, 0.3)
    assert moved_curve[STEPS.index(0.0)] == pytest.approx(0.3)
    assert np.all(np.diff(moved_curve) > 0)


def test_a_curve_that_is_certain_at_its_ends_stays_a_curve_of_chances() -> None:
    curve = anchored(np.array([0.0, 0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0, 1.0]), 0.4)
    assert np.isfinite(curve).all()
    assert np.all(np.diff(curve) >= 0)
    assert curve[STEPS.index(0.0)] == pytest.approx(0.4)
    assert anchored(np.full(len(STEPS), 1.0), 1.0) == pytest.approx(1.0, abs=1e-5)


def test_faster_growth_never_lowers_a_chance_and_nothing_added_gives_the_scenario_s_own() -> None:
    cubes, needs, _ = cubes_of("baseline", "plan", "trade_friction")
    for cube in cubes:
        rows = {row.target.id: row for row in cube.headline()}
        assert [need.target for need in needs[cube.scenario]] == list(rows)
        for need in needs[cube.scenario]:
            assert np.all(np.diff([p for _, p in need.curve]) >= 0)
            assert need.p_at(need.growth) == pytest.approx(rows[need.target].p, abs=1e-5)


def test_the_growth_that_is_told_gives_the_chance_when_it_is_run() -> None:
    _, needs, scenarios = cubes_of("baseline", "plan", "trade_friction")
    model = headline_only(compiled(scenarios[0], PlanFolders(ROOT)[scenarios[0].plan]))
    need = next(n for n in needs["baseline"] if n.target == "H02")
    added = need.growth_for(0.8) - need.growth
    k = model.indicators.position("rd_personnel")
    (summary,) = run([moved(model, {k}, added)], range(1), detailed=False)
    assert summary.chances.mean()[1] == pytest.approx(0.8, abs=0.01)


def test_a_driver_that_is_part_of_another_target_moves_alone() -> None:
    _, _, scenarios = cubes_of("baseline", "plan", "trade_friction")
    model = headline_only(compiled(scenarios[0], PlanFolders(ROOT)[scenarios[0].plan]))
    assert len(groups_of(model)) == 1
    gdp = model.indicators.position("gdp")
    both = replace(model, targets=(*model.targets, replace(model.targets[0], quantity=gdp)))
    assert groups_of(both)[-1] == {gdp}
    first = replace(model, targets=(both.targets[-1], *model.targets))
    assert groups_of(first)[0].isdisjoint({model.indicators.position("rd_expenditure")})
    assert driver_of(model, model.targets[0].quantity) == model.indicators.position("rd_expenditure")


def test_counts_move_from_their_second_year_and_rates_in_points() -> None:
    _, _, scenarios = cubes_of("baseline", "plan", "trade_friction")
    model = headline_only(compiled(scenarios[0], PlanFolders(ROOT)[scenarios[0].plan]))
    firms = model.indicators.position("new_hitech_firms")
    rate = model.indicators.position("st_contribution")
    drift = moved(model, {firms, rate}, 0.1).drift
    column = list(model.with_cities).index(firms)
    assert np.array_equal(drift.add[0, column] - model.drift.add[0, column], [0.0, 0.1, 0.1, 0.1, 0.1])
    alone = list(model.alone).index(rate)
    assert drift.add_alone[alone] - model.drift.add_alone[alone] == pytest.approx(0.02)
