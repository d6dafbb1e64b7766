"""The light of the national rule, from actuals and schedule."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sim.baseline.load import load_baseline
from sim.baseline.plan import Baseline
from sim.baseline.progress import Progress, actuals_of, progress_of

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def plan() -> Baseline:
    return load_baseline(ROOT / "baselines" / "zhejiang-2016", ROOT)


def light_of(plan: Baseline, target: str) -> Progress:
    return next(row for row in progress_of(plan) if row.target == target)


def with_actual(plan: Baseline, series: str, value: float) -> Baseline:
    """Return *plan* with another actual of the province in 2017."""
    changed = tuple(
        replace(f, value=value) if (f.series, f.region, f.year) == (series, "zhejiang", 2017) else f
        for f in plan.observed
    )
    assert changed != plan.observed
    return replace(plan, observed=changed)


@pytest.mark.parametrize(
    ("actual", "light", "word"),
    [
        (400_001, "green", "on_schedule"),
        (456_000, "green", "early"),
        (399_000, "yellow", "behind"),
        (361_000, "yellow", "behind"),
        (359_000, "red", "behind"),
    ],
)
def test_the_light_is_red_only_beyond_a_gap_of_a_tenth(
    plan: Baseline, actual: float, light: str, word: str
) -> None:
    row = light_of(with_actual(plan, "rd_personnel_fte", actual), "H02")
    assert (row.light, row.word) == (light, word)
    assert row.gap == pytest.approx(1 - actual / 400_000.14)


def test_actuals_past_the_plan_s_last_year_judge_nothing(plan: Baseline) -> None:
    later = next(f for f in plan.observed if (f.series, f.year) == ("rd_personnel_fte", 2017))
    longer = replace(plan, observed=(*plan.observed, replace(later, year=2021, value=1.0)))
    assert light_of(longer, "H02") == light_of(plan, "H02")


def test_a_target_without_a_printed_path_is_held_against_the_straight_line(plan: Baseline) -> None:
    row = light_of(plan, "H01")
    assert row.line
    assert row.schedule == pytest.approx(2.36 + 0.4 * (2.8 - 2.36), abs=1e-9)
    assert (row.actual, row.light) == (2.45, "yellow")
    assert row.elapsed == pytest.approx(0.4)
    assert row.done == pytest.approx((2.45 - 2.36) / (2.8 - 2.36))


def test_without_actuals_there_is_no_light(plan: Baseline) -> None:
    row = light_of(plan, "H04")
    assert (row.light, row.word, row.actual, row.gap) == ("none", "no_data", None, None)


def test_a_ratio_is_made_from_its_parts_where_it_is_not_published(plan: Baseline) -> None:
    assert actuals_of(plan, "zhejiang", "patents_per_10k")[2017] == pytest.approx(109_952 / 5_590)
    assert actuals_of(plan, "zhejiang", "rd_intensity")[2016] == pytest.approx(100 * 1130.6297 / 47251.36)


def test_yearly_additions_are_never_done_ahead_of_time(plan: Baseline) -> None:
    row = next(r for r in progress_of(plan) if r.quantity == "new_hitech_firms")
    assert (row.light, row.word, row.done) == ("green", "on_schedule", None)


def test_yearly_additions_need_no_base_year(plan: Baseline) -> None:
    """No table has the SMEs that were new in 2015; 8,856 were in 2017, where the plan has 6,000."""
    row = next(r for r in progress_of(plan) if r.quantity == "new_tech_smes")
    assert (row.year, row.actual, row.base, row.light, row.done) == (2017, 8856.0, None, "green", None)


def test_areas_with_actuals_have_rows_of_their_own(plan: Baseline) -> None:
    rows = {(r.area, r.quantity) for r in progress_of(plan) if r.target is None}
    assert ("hangzhou", "rd_expenditure") in rows
    assert all(r.actual is not None for r in progress_of(plan) if r.target is None)
