"""Scenarios compared: differences on common luck, zero where nothing changed, errors that are right."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sim.baseline.plan import Baseline
from sim.cube import AT_LEAST, Cube
from sim.distributions import Fixed
from sim.engine import run
from sim.errors import BadInput
from sim.model import compiled
from sim.outputs.machine_tables import machine_csv
from sim.outputs.text_table import display_width
from sim.scenario.scenario import Scenario
from sim.shocks import OneYear
from sim.streams import BLOCK, SET
from sim.studies.batch import run_batch
from sim.studies.compare import (
    Interval,
    check_comparable,
    comparison_of,
    comparisons_of,
    paired_difference,
)
from sim.tables.compared import chance_columns, compared_text, interval_text, moved_columns, points
from sim.tables.layout import WIDTH
from tests.strategies import plan, scenario, shock, target

GOAL = 100.0 * 1.1**5 * 2
PLAN = plan(
    {"a": {"jobs": 100.0, "labs": 50.0}, "b": {"jobs": 100.0, "labs": 50.0}},
    unallocated=0.0,
    targets=(target("H01", "jobs", GOAL), target("H02", "labs", 0.5 * GOAL)),
)
ONE_YEAR = OneYear(2022)


def slump(size: float, **changes: object) -> Scenario:
    """Return the scenario in which jobs of city a grow by *size* less in one year."""
    hit = shock("slump", (("a", "jobs", 1.0),), size=Fixed(size), course=ONE_YEAR)
    return scenario(PLAN, id="slump", shocks=(hit,), **changes)


def cubes_of(*scenarios: Scenario, baseline: Baseline = PLAN) -> tuple[Cube, ...]:
    return tuple(run_batch(scenarios, {baseline.id: baseline}))


def test_equal_scenarios_differ_by_exactly_zero_without_error() -> None:
    one, other = cubes_of(scenario(PLAN), scenario(PLAN, id="other"))
    comparison = comparison_of(one, other)
    found = [each.difference for each in comparison.chances] + [each.difference for each in comparison.joint]
    assert set(found) == {(0.0, 0.0, 0.0)}
    assert comparison.moved == ()
    assert comparison.unmoved == 2 * 2 + 2 + 2


def test_what_a_shock_does_not_touch_differs_by_exactly_zero() -> None:
    [comparison] = comparisons_of([scenario(PLAN), slump(-0.05)], cubes_of(scenario(PLAN), slump(-0.05)))
    jobs, labs = comparison.chances
    assert labs.difference == (0.0, 0.0, 0.0)
    assert jobs.difference.high < 0.0
    assert jobs.difference.value == jobs.now - jobs.was
    assert {(shift.area, shift.quantity) for shift in comparison.moved} == {
        ("a", "jobs"),
        ("province", "jobs"),
    }
    assert [row.kind for row in comparison.written] == ["shock"]


def test_none_of_the_targets_are_always_hit_and_that_has_no_error() -> None:
    [comparison] = comparisons_of([scenario(PLAN), slump(-0.05)], cubes_of(scenario(PLAN), slump(-0.05)))
    none, *some = comparison.joint
    assert (none.k, none.difference) == (0, (0.0, 0.0, 0.0))
    assert all(change.difference.high > change.difference.low for change in some)


def test_what_moves_in_a_year_before_the_last_has_moved() -> None:
    [cube] = cubes_of(scenario(PLAN))
    moved = ("a", "jobs", 2023)
    rows = tuple(
        replace(row, mean=1.01 * row.mean) if (row.area, row.indicator, row.year) == moved else row
        for row in cube.trajectories
    )
    comparison = comparison_of(cube, replace(cube, trajectories=rows))
    assert [(shift.area, shift.quantity, shift.change) for shift in comparison.moved] == [("a", "jobs", 0.0)]


def test_the_largest_relative_change_stands_first() -> None:
    [comparison] = comparisons_of([scenario(PLAN), slump(-0.05)], cubes_of(scenario(PLAN), slump(-0.05)))
    first, second = comparison.moved
    assert (first.area, second.area) == ("a", "province")
    assert first.change == pytest.approx(-0.05 / 1.1, rel=1e-6)
    assert second.change == pytest.approx(-0.025 / 1.1, rel=0.02)


def test_common_luck_makes_the_error_of_a_difference_much_smaller_than_that_of_its_parts() -> None:
    one, other = cubes_of(scenario(PLAN, draws=4 * BLOCK), slump(-0.01, draws=4 * BLOCK))
    change = comparison_of(one, other).chances[0]
    alone = one.probabilities[0]
    assert alone.mc_high is not None
    assert alone.mc_low is not None
    assert change.difference.high - change.difference.low < 0.2 * (alone.mc_high - alone.mc_low)


def interval_at(seed: int, blocks: int) -> Interval:
    """Return the difference that a slump makes to the first target, from so many blocks of luck."""
    pair = [compiled(each, PLAN) for each in (scenario(PLAN, seed=seed), slump(-0.03, seed=seed))]
    was, now = run(pair, range(blocks), detailed=False)
    p, q = (float(each.chances.mean()[0]) for each in (was, now))
    return paired_difference(p, q, was.by_set.value()[0], now.by_set.value()[0], blocks * BLOCK)


def test_the_interval_of_a_difference_holds_the_truth_as_often_as_it_says() -> None:
    """Of 60 intervals at 95 %, fewer than 50 hold it with a chance of two in ten thousand."""
    truth = interval_at(999, 32).value
    assert sum(low <= truth <= high for _, low, high in (interval_at(seed, 1) for seed in range(60))) >= 50


def test_the_sets_of_a_result_are_those_of_its_probabilities() -> None:
    [cube] = cubes_of(scenario(PLAN, draws=2 * BLOCK))
    for row in cube.probabilities:
        chances = cube.by_set[row.target.id, row.target.version]
        assert chances.shape == (2 * BLOCK // SET,)
        assert chances.mean() == pytest.approx(row.p, abs=1e-15)
    assert cube.joint is not None
    for k, (p, _, _) in enumerate(cube.joint.at_least):
        assert cube.by_set[AT_LEAST, str(k)].mean() == pytest.approx(p, abs=1e-15)


def test_more_draws_leave_the_first_sets_as_they_are() -> None:
    [few], [many] = (cubes_of(scenario(PLAN, draws=n * BLOCK)) for n in (1, 2))
    for key, chances in few.by_set.items():
        np.testing.assert_array_equal(chances, many.by_set[key][: len(chances)])


def test_a_change_that_no_draw_shows_is_bounded_and_not_called_exact() -> None:
    same = np.full(16, 0.25)
    assert paired_difference(0.25, 0.25, same, same, None) == (0.0, 0.0, 0.0)
    interval = paired_difference(0.25, 0.25, same, same, 4096)
    assert interval.high == pytest.approx(1.0 - 0.025 ** (1 / 4096), rel=1e-9)
    assert interval.low == -interval.high


def test_the_error_is_Students_of_the_differences_by_set() -> None:
    before, after = np.array([0.1, 0.2, 0.4]), np.array([0.2, 0.4, 0.4])
    interval = paired_difference(0.7 / 3, 1.0 / 3, before, after, 768)
    assert interval.value == pytest.approx(0.1)
    assert interval.high - 0.1 == pytest.approx(4.302652729911275 * 0.1 / 3**0.5)


def test_sets_without_a_valid_draw_are_left_out_and_one_set_says_nothing_of_error() -> None:
    before, after = np.array([0.1, np.nan, 0.3]), np.array([0.2, 0.5, 0.5])
    both = paired_difference(0.2, 0.35, before, after, 768)
    assert both == paired_difference(0.2, 0.35, before[[0, 2]], after[[0, 2]], 768)
    assert paired_difference(0.1, 0.2, before[:1], after[:1], 256)[1:] == (-1.0, 1.0)


def test_an_interval_does_not_leave_what_differences_can_be() -> None:
    before, after = np.array([0.0, 0.9]), np.array([1.0, 1.0])
    interval = paired_difference(0.45, 1.0, before, after, 512)
    assert (interval.low, interval.high) == (-1.0, 1.0)


@pytest.mark.parametrize("part", ["plan", "seed", "draws"])
def test_scenarios_without_common_luck_are_refused(part: str) -> None:
    other: object = {"plan": "another", "seed": 2, "draws": 2 * BLOCK}[part]
    with pytest.raises(BadInput) as bad:
        check_comparable([scenario(PLAN), slump(-0.1, **{part: other})])
    assert [mistake.code for mistake in bad.value.mistakes] == [f"other-{part}"]


def test_targets_of_one_scenario_alone_are_not_compared() -> None:
    few = scenario(PLAN, id="few", targets=("H01",))
    whole, part = cubes_of(scenario(PLAN), few)
    comparison = comparison_of(whole, part)
    assert [change.target.id for change in comparison.chances] == ["H01"]
    assert comparison.joint == ()


def test_the_screen_shows_what_differs_what_it_does_and_how_surely() -> None:
    comparisons = comparisons_of([scenario(PLAN), slump(-0.05)], cubes_of(scenario(PLAN), slump(-0.05)))
    for lang, words in (("en", "shock 'slump': "), ("zh", "冲击 “slump”：")):
        text = compared_text(comparisons, lang)
        assert words in text
        [jobs] = [line for line in text.splitlines() if line.startswith("H01")]
        [labs] = [line for line in text.splitlines() if line.startswith("H02")]
        assert " .. " in jobs
        assert labs.split()[-1] == "0"


def test_the_screen_shows_the_target_of_a_city_that_moves_and_none_that_does_not() -> None:
    own = [target(f"X-{city}", "jobs", 0.5 * GOAL, area=city, group="annex_2020") for city in "ab"]
    cities = replace(PLAN, targets=(*PLAN.targets, *own))
    hit = shock("slump", (("a", "jobs", 1.0),), size=Fixed(-0.05), course=ONE_YEAR)
    pair = [scenario(cities), scenario(cities, id="slump", shocks=(hit,))]
    lines = compared_text(comparisons_of(pair, cubes_of(*pair, baseline=cities)), "zh").splitlines()
    [a] = [line for line in lines if line.startswith("X-a")]
    assert " .. " in a
    assert not any(line.startswith("X-b") for line in lines)
    assert not any("printed" in line for line in lines)
    assert all(display_width(line) <= WIDTH for line in lines)


def test_the_screen_says_so_where_nothing_differs() -> None:
    pair = [scenario(PLAN), scenario(PLAN, id="other")]
    text = compared_text(comparisons_of(pair, cubes_of(*pair)), "en")
    assert "\nnothing\n" in text
    assert "moved: 0 (not moved: 8)" in text


def test_files_have_a_row_for_every_target_and_number_of_targets() -> None:
    comparisons = comparisons_of([scenario(PLAN), slump(-0.05)], cubes_of(scenario(PLAN), slump(-0.05)))
    columns = chance_columns(comparisons)
    assert list(columns["event"]) == ["target", "target", *[AT_LEAST] * 3]
    assert list(columns["k"]) == [None, None, 0, 1, 2]
    assert machine_csv(columns).count(b"\n") == 6
    assert list(moved_columns(comparisons)["area"]) == ["a", "province"]


@pytest.mark.parametrize(
    ("fraction", "text"),
    [(0.0, "0"), (0.0132, "+1.3"), (-0.055, "−5.5"), (0.0001, "+0.01"), (-0.0004, "−0.04"), (-1e-6, "≈0")],
)
def test_points_have_a_sign_and_no_more_digits_than_they_are_worth(fraction: float, text: str) -> None:
    assert points(fraction) == text


def test_an_exact_difference_has_no_interval() -> None:
    assert interval_text(paired_difference(0.5, 0.5, np.ones(2), np.ones(2), None)) == ""
