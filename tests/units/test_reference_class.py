"""From figures to panels: which units, which years, and what is refused in one line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest

from sim.baseline.plan import Baseline, Figure
from sim.errors import BadInput, Found, Place
from sim.studies.calibrate import calibrate
from sim.studies.reference_class import (
    ReferencePanel,
    earlier_windows,
    is_unit,
    national_series,
    panel_of,
    smallest_units,
)
from tests.panels import UNITS, figure, plan_with_panels

PLACE = Place("made-up/indicators.csv", 2, 1)


def with_figures(baseline: Baseline, figures: Iterable[Figure]) -> Baseline:
    return replace(baseline, figures=tuple(figures))


def panel(baseline: Baseline, smallest: frozenset[str] = frozenset()) -> ReferencePanel:
    found = Found()
    made = panel_of(baseline, "research", smallest, PLACE, found)
    found.raise_if_any()
    assert made is not None
    return made


def refusal(baseline: Baseline) -> str:
    """Return the only line with which the panel is refused."""
    with pytest.raises(BadInput) as caught:
        panel(baseline)
    (mistake,) = caught.value.mistakes
    assert "\n" not in mistake.line("en")
    return mistake.line("en")


@pytest.mark.parametrize("region", ["全国", "31省合计", "全国(国内)"])
def test_the_country_is_no_unit(region: str) -> None:
    assert not is_unit(region)
    baseline = plan_with_panels()
    more = [figure("research", region, year, 1e6 * year) for year in range(2015, 2021)]
    kept = [f for f in baseline.figures if f.region != region]
    assert panel(with_figures(baseline, [*kept, *more])).units == panel(with_figures(baseline, kept)).units


def test_a_panel_has_the_window_before_the_plan_and_the_province_at_size_zero() -> None:
    made = panel(plan_with_panels())
    assert made.window == (2015, 2020)
    assert made.growth.shape == (UNITS, 5)
    assert made.units[made.home] == "province"
    assert made.log_size[made.home] == 0.0


def test_a_year_that_nobody_reports_makes_one_growth_of_two_years() -> None:
    baseline = plan_with_panels()
    gap = with_figures(baseline, [f for f in baseline.figures if f.year != 2016])
    whole, made = panel(baseline), panel(gap)
    assert made.spans.tolist() == [2, 1, 1, 1]
    np.testing.assert_allclose(made.growth[:, 0], whole.growth[:, :2].mean(axis=1))


def test_a_unit_with_a_gap_is_left_out_alone() -> None:
    baseline = plan_with_panels()
    kept = [f for f in baseline.figures if (f.series, f.region, f.year) != ("research", "unit03", 2017)]
    assert set(panel(baseline).units) - set(panel(with_figures(baseline, kept)).units) == {"unit03"}


def test_the_smallest_units_by_gdp_do_not_fit_spreads() -> None:
    baseline = plan_with_panels()
    smallest = smallest_units(baseline)
    last = {f.region: f.value for f in baseline.figures if f.series == "gdp" and f.year == 2020}
    assert smallest == set(sorted((unit for unit in last if is_unit(unit)), key=lambda unit: last[unit])[:4])
    made = panel(baseline, smallest)
    assert [unit for unit, used in zip(made.units, made.used, strict=True) if not used] == sorted(smallest)


def test_figures_after_the_base_year_are_not_seen() -> None:
    baseline = plan_with_panels()
    later = [figure("research", f"unit{u:02d}", 2021, 1e9 * (u + 1)) for u in range(UNITS)]
    np.testing.assert_array_equal(
        panel(with_figures(baseline, [*baseline.figures, *later])).log_level, panel(baseline).log_level
    )


def test_one_unit_is_refused() -> None:
    baseline = plan_with_panels()
    line = refusal(with_figures(baseline, [f for f in baseline.figures if f.region == "province"]))
    assert line.startswith("made-up/indicators.csv:2:1: ")
    assert "without gaps: 1; at least 6" in line


def test_two_years_are_refused() -> None:
    baseline = plan_with_panels()
    line = refusal(with_figures(baseline, [f for f in baseline.figures if f.year >= 2019]))
    assert "2 years" in line


def test_a_panel_without_the_province_is_refused() -> None:
    baseline = plan_with_panels()
    line = refusal(with_figures(baseline, [f for f in baseline.figures if f.region != "province"]))
    assert "[calibration-no-province]" in line


def test_a_zero_is_refused_where_it_stands() -> None:
    baseline = plan_with_panels()
    spoiled = [
        replace(f, value=0.0) if (f.series, f.region, f.year) == ("research", "unit05", 2018) else f
        for f in baseline.figures
    ]
    line = refusal(with_figures(baseline, spoiled))
    assert line.startswith("made-up/panel.csv:2018:1: ")
    assert "unit05" in line


def test_units_that_all_grow_alike_are_refused() -> None:
    baseline = plan_with_panels()
    even = [replace(f, value=100.0 * 1.1 ** (f.year - 2015)) for f in baseline.figures]
    assert "[calibration-no-spread]" in refusal(with_figures(baseline, even))


def test_all_series_that_cannot_be_calibrated_are_reported_together() -> None:
    baseline = plan_with_panels()
    few = with_figures(baseline, [f for f in baseline.figures if f.year >= 2019])
    with pytest.raises(BadInput) as caught:
        calibrate(few)
    assert {dict(m.details).get("series") for m in caught.value.mistakes} >= {"gdp", "research"}


def test_earlier_windows_need_two_windows_before_the_last() -> None:
    baseline = plan_with_panels()
    made = panel(baseline)
    assert earlier_windows(baseline, made) is None
    level = dict(zip(made.units, made.log_level[:, 0], strict=True))
    older = [
        figure("research", unit, year, float(np.exp(level[unit] - 0.1 * (2015 - year) - 0.01 * k)))
        for k, unit in enumerate(made.units)
        for year in (2005, 2010)
    ]
    windows = earlier_windows(with_figures(baseline, [*baseline.figures, *older]), made)
    assert windows is not None
    assert windows.first.tolist() == [1, 1, 2, 3, 4, 5]
    assert windows.last.tolist() == [5, 1, 2, 3, 4, 5]
    np.testing.assert_allclose(windows.earlier[0], 0.1)


def test_national_series_continue_each_other_and_drop_another_vintage() -> None:
    baseline = plan_with_panels()
    rows = [figure("grants", "全国(国内)", 2000, 10.0), figure("grants", "全国", 2010, 20.0)]
    rows += [figure("grants", "全国", 2009, 1.0, "older vintage")]
    (made,) = national_series(with_figures(baseline, rows), "grants")
    assert made.years.tolist() == [2000, 2010]


def test_sums_over_units_come_before_the_national_row() -> None:
    baseline = plan_with_panels()
    rows = [figure("grants", region, year, 10.0) for region in ("全国", "31省合计") for year in (2010, 2015)]
    assert [s.region for s in national_series(with_figures(baseline, rows), "grants")] == ["31省合计", "全国"]
