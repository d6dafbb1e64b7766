"""The audit: what it finds on Zhejiang and nothing else; planted errors, each, and none within rounding."""

from __future__ import annotations

import dataclasses
from fractions import Fraction
from math import ceil, floor, prod
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sim.baseline.audit import Audit, audit_of
from sim.baseline.calibration import Calibration, Estimate
from sim.baseline.load import load_baseline
from sim.baseline.plan import Baseline, Exact, PrintedCell, Target
from sim.baseline.slack import Slack
from sim.errors import Place

ROOT = Path(__file__).resolve().parents[2]
TINY = load_baseline(ROOT / "tests" / "plans" / "tiny-2021", ROOT)
ZHEJIANG = load_baseline(ROOT / "baselines" / "zhejiang-2016", ROOT)
AUDIT = audit_of(ZHEJIANG)

Cells = dict[tuple[str, str, int], PrintedCell]
ABOUT: tuple[Literal["up"], Literal["down"]] = ("up", "down")
CITIES = ("alder", "birch", "cedar")
YEARS = TINY.years


def test_on_zhejiang_the_sums_that_rounding_cannot_explain_are_these_and_no_others() -> None:
    expected = {("rd_expenditure", year) for year in range(2016, 2021)}
    for indicator in ("rd_personnel", "hitech_value_added", "invention_patents"):
        expected |= {(indicator, year) for year in range(2016, 2020)}
    expected |= {("new_product_output", year) for year in (2016, 2017)}
    assert {(row.indicator, row.year) for row in AUDIT.sums if not row.explained} == expected


def test_on_zhejiang_one_growth_cell_contradicts_its_levels() -> None:
    (row,) = [row for row in AUDIT.growths if not row.explained]
    assert (row.indicator, row.area, row.year) == ("new_product_output", "zhejiang", 2017)
    assert row.printed.value == Fraction("0.103")
    assert row.high < Fraction("0.1025")
    assert row.place.file == "baselines/zhejiang-2016/printed.csv"


def test_on_zhejiang_every_chain_that_misses_is_explained_by_rounding() -> None:
    assert AUDIT.chains
    assert all(row.explained for row in AUDIT.chains)
    zhoushan = next(
        row for row in AUDIT.chains if (row.indicator, row.area) == ("rd_expenditure", "zhoushan")
    )
    assert zhoushan.chained == 17 * Fraction("1.127") ** 4
    assert zhoushan.printed.value == 28


def test_every_cell_was_held_against_print() -> None:
    assert AUDIT.checked == (9 * 5, 7 * 12 * 4, 7 * 12)


def slack(audit: Audit, target: str, version: str) -> Slack:
    return next(row for row in audit.slacks if (row.target, row.version) == (target, version))


def test_the_headlines_of_zhejiang_have_almost_no_slack() -> None:
    expected = {
        ("H02", "printed"): Fraction(638, 456_000),
        ("H03", "printed"): Fraction(15, 7_200),
        ("H04", "cagr"): Fraction(0),
        ("H04", "mean_of_rates"): Fraction(0),
        ("H05", "certified"): Fraction(6_879 + 7_500, 15_000) - 1,
        ("H05", "plan_base"): Fraction(0),
        ("H06", "cumulative"): Fraction(23_930 + 30_000, 50_000) - 1,
        ("H06", "plan_base"): Fraction(0),
        ("H08", "printed"): Fraction(0),
        ("H09", "printed"): Fraction(0),
    }
    assert {key: slack(AUDIT, *key).slack for key in expected} == expected


def test_rounding_of_the_printed_level_is_part_of_the_slack() -> None:
    row = slack(AUDIT, "H08", "printed")
    assert (row.low, row.value, row.high) == (Fraction("499.5"), Fraction(500), Fraction("500.5"))


def test_a_ratio_to_something_without_a_path_says_what_would_be_required() -> None:
    row = slack(AUDIT, "H01", "tol2")
    assert (row.value, row.slack, row.needs) == (None, None, "gdp")
    assert row.threshold == Fraction("2.744")  # the least that hits, with 2 % of tolerance
    assert row.required == Fraction(1_744_00) / Fraction("2.744")
    assert slack(AUDIT, "H01", "tol0").required == Fraction(1_744_00) / Fraction("2.8")


def test_an_exit_that_is_not_calibrated_yet_is_named() -> None:
    bare = audit_of(dataclasses.replace(ZHEJIANG, calibration=None))
    assert slack(bare, "H07", "flow").needs == "calibration"
    assert slack(bare, "H07", "flow").required is None
    assert slack(bare, "H07", "series").needs == "patents_in_force"


def calibration_with(exit_rate: float) -> Calibration:
    exits = {"patents_stock": Estimate(exit_rate, 0.01, "A", "made up")}
    dof = Estimate(8.0, 1.0, "C", "made up")
    return Calibration("made up", (2010, 2015), {}, {}, {}, {}, dof, {}, exits, ())


def test_a_calibrated_exit_gives_the_population_at_which_patents_just_suffice() -> None:
    row = slack(audit_of(dataclasses.replace(ZHEJIANG, calibration=calibration_with(0.0))), "H07", "flow")
    assert row.needs == "population"
    assert row.required == Fraction(70_981 + 26_846 + 30_873 + 35_500 + 40_825 + 46_950) / 17


def headline(quantity: str, kind: str, threshold: float, year: int = YEARS[-1]) -> Slack:
    """Return the slack of one made-up headline target of the tiny plan."""
    template: Target = TINY.targets[0]
    target = dataclasses.replace(
        template, quantity=quantity, kind=kind, threshold=threshold, value=threshold, year=year
    )
    (row,) = audit_of(dataclasses.replace(TINY, targets=(target,))).slacks
    return row


def test_flows_add_up_and_ratios_use_the_year_that_their_lag_says() -> None:
    assert headline("new_firms", "cumulative_flow", 290.0).value == 300
    assert headline("new_firms", "cumulative_flow", 290.0, year=2023).value == 180
    assert headline("entry_rate", "ratio", 5.0).value == Fraction(100 * 60, 700 + 240)
    assert headline("entry_rate", "ratio", 5.0, year=2021).value == Fraction(100 * 60, 700)


def test_the_ends_of_a_ratio_are_those_of_its_parts_apart() -> None:
    share = next(item for item in TINY.derived if item.id == "entry_rate")
    both = dataclasses.replace(share, id="both", numerator="research", denominator="research", lag=1)
    target = dataclasses.replace(TINY.targets[0], quantity="both", kind="ratio", comparator=">=", unit="%")
    (row,) = audit_of(dataclasses.replace(TINY, derived=(both,), targets=(target,))).slacks
    last, before = (TINY.printed.cells[TINY.province.id, "research", year].level for year in YEARS[:-3:-1])
    assert (row.low, row.high) == (100 * last.low / before.high, 100 * last.high / before.low)
    assert row.low < row.value < row.high  # type: ignore[operator]


def test_about_is_met_by_its_tolerance_on_the_side_that_counts() -> None:
    for direction, threshold in ((ABOUT[0], Fraction(98)), (ABOUT[1], Fraction(102))):
        target = dataclasses.replace(
            TINY.targets[0], quantity="research", kind="level", comparator="≈", tolerance=2.0,
            direction=direction, threshold=100.0, value=100.0, year=YEARS[-1],
        )  # fmt: skip
        (row,) = audit_of(dataclasses.replace(TINY, targets=(target,))).slacks
        assert row.threshold == threshold


def test_years_to_the_base_come_from_history_and_the_ones_before_as_well() -> None:
    plan = dataclasses.replace(
        ZHEJIANG,
        calibration=calibration_with(0.0),
        targets=tuple(dataclasses.replace(t, year=2016) for t in ZHEJIANG.targets if t.id == "H07"),
    )
    rows = audit_of(plan).slacks
    people = ZHEJIANG.history("resident_population_unrevised", "zhejiang")[2015].value
    assert slack(audit_of(plan), "H07", "flow").value == Fraction(70_981 + 26_846) / Fraction(str(people))
    assert [(row.version, row.needs, row.required) for row in rows if row.value is None] == [
        ("series", "patents_in_force", None)
    ]


def test_a_ratio_of_which_both_parts_are_missing_requires_nothing() -> None:
    item = next(d for d in ZHEJIANG.derived if d.id == "rd_intensity")
    both = dataclasses.replace(item, numerator="patents_in_force")
    target = next(t for t in ZHEJIANG.targets if t.id == "H01")
    row = audit_of(dataclasses.replace(ZHEJIANG, derived=(both,), targets=(target,))).slacks[0]
    assert (row.needs, row.required) == ("patents_in_force", None)
    other = dataclasses.replace(item, numerator="gdp", denominator="gdp")
    row = audit_of(dataclasses.replace(ZHEJIANG, derived=(other,), targets=(target,))).slacks[0]
    assert (row.needs, row.required) == ("gdp", None)


def test_mean_growth_comes_from_printed_growth() -> None:
    row = headline("research", "mean_growth", 9.5)
    assert row.value is not None
    rates = [Fraction(text) for text in ("0.096", "0.097", "0.097", "0.097", "0.097")]
    assert float(row.value) == pytest.approx(float(prod(1 + rate for rate in rates)) ** 0.2 - 1)
    assert headline("research", "mean_of_rates", 9.5).value == sum(rates, Fraction(0)) / 5
    assert headline("new_firms", "mean_growth", 9.5).needs == "new_firms"


@st.composite
def consistent_plans(draw: st.DrawFn) -> Cells:
    """Return tables whose cities sum exactly, and whose growth cells are those of their levels."""
    decimals = draw(st.integers(0, 2))
    unit = Fraction(1, 10**decimals)
    cells: Cells = {}
    sums = {year: Fraction(0) for year in YEARS}
    for area in (*CITIES, TINY.province.id):
        rate = Fraction(draw(st.integers(-50, 250)), 1_000)
        level = Fraction(draw(st.integers(200, 9_000)))
        before: Fraction | None = None
        for year in YEARS:
            shown = sums[year] if area == TINY.province.id else max(1, round(level / unit)) * unit
            sums[year] += shown
            growth = rate if before is None else Fraction(round((shown / before - 1) * 1_000), 1_000)
            cells[area, "research", year] = PrintedCell(
                Exact(shown, unit / 2), Exact(growth, Fraction(1, 2_000)), Place("printed.csv")
            )
            before, level = shown, level * (1 + rate)
    for area, count in zip((*CITIES, TINY.province.id), (30, 20, 10, 60), strict=True):
        for year in YEARS:
            level_of_count = Exact(Fraction(count), Fraction(1, 2))
            cells[area, "new_firms", year] = PrintedCell(level_of_count, None, Place("printed.csv"))
    return cells


def audit_with(cells: Cells) -> Audit:
    plan: Baseline = dataclasses.replace(TINY, printed=dataclasses.replace(TINY.printed, cells=cells))
    return audit_of(plan)


def with_level(cells: Cells, key: tuple[str, str, int], level: Fraction) -> Cells:
    return cells | {key: dataclasses.replace(cells[key], level=Exact(level, cells[key].level.half))}


def with_growth(cells: Cells, key: tuple[str, str, int], growth: Fraction) -> Cells:
    return cells | {key: dataclasses.replace(cells[key], growth=Exact(growth, Fraction(1, 2_000)))}


def test_a_growth_that_is_rounded_from_its_levels_exactly_at_a_half_is_no_mismatch() -> None:
    places = [PrintedCell(Exact(Fraction(level), Fraction(1, 2)), growth, Place("printed.csv"))
              for level, growth in ((2000, None), (2001, Exact(Fraction(0), Fraction(1, 2000))))]  # fmt: skip
    cells = {(TINY.province.id, "research", year): places[1] for year in YEARS}
    cells[TINY.province.id, "research", YEARS[0]] = places[0]
    audit = audit_with(cells)
    assert audit.checked[1] == len(YEARS) - 1
    assert audit.growths == ()
    steeper = {**cells, (TINY.province.id, "research", YEARS[1]): replace_level(places[1], 2002)}
    assert [row.year for row in audit_with(steeper).growths] == [YEARS[1]]


def replace_level(cell: PrintedCell, level: int) -> PrintedCell:
    return dataclasses.replace(cell, level=Exact(Fraction(level), Fraction(1, 2)))


@given(consistent_plans())
def test_a_consistent_plan_has_no_contradictions(cells: Cells) -> None:
    audit = audit_with(cells)
    assert not audit.sums
    assert all(row.explained for row in audit.growths)
    assert all(row.explained for row in audit.chains)


@given(consistent_plans(), st.sampled_from(YEARS), st.sampled_from([-1, 1]))
def test_a_sum_one_unit_beyond_the_bound_is_found_and_one_at_the_bound_is_not(
    cells: Cells, year: int, side: int
) -> None:
    key = (TINY.province.id, "research", year)
    level = cells[key].level
    bound = (len(CITIES) + 1) * level.half
    within = audit_with(with_level(cells, key, level.value + side * bound))
    assert [(row.year, row.explained) for row in within.sums] == [(year, True)]
    beyond = audit_with(with_level(cells, key, level.value + side * (bound + 2 * level.half)))
    assert [(row.indicator, row.year, row.explained) for row in beyond.sums] == [("research", year, False)]
    assert beyond.sums[0].gap == -side * (bound + 2 * level.half)


@given(
    consistent_plans(), st.sampled_from(YEARS), st.sampled_from((*CITIES, "shire")), st.sampled_from([-1, 1])
)
def test_sums_of_counts_must_be_exact(cells: Cells, year: int, area: str, side: int) -> None:
    key = (area, "new_firms", year)
    audit = audit_with(with_level(cells, key, cells[key].level.value + side))
    assert [(row.indicator, row.year, row.explained) for row in audit.sums] == [("new_firms", year, False)]


@given(
    consistent_plans(),
    st.sampled_from(YEARS[1:]),
    st.sampled_from((*CITIES, "shire")),
    st.booleans(),
)
def test_a_growth_one_unit_beyond_its_levels_is_found_and_the_last_within_is_not(
    cells: Cells, year: int, area: str, above: bool
) -> None:
    key = (area, "research", year)
    before, now = cells[area, "research", year - 1].level, cells[key].level
    unit, half = Fraction(1, 1_000), Fraction(1, 2_000)
    if above:
        within = floor((now.high / before.low - 1 + half) / unit) * unit
        beyond = within + unit
    else:
        within = ceil((now.low / before.high - 1 - half) / unit) * unit
        beyond = within - unit
    assert all(row.explained for row in audit_with(with_growth(cells, key, within)).growths)
    wrong = [row for row in audit_with(with_growth(cells, key, beyond)).growths if not row.explained]
    assert [(row.indicator, row.area, row.year) for row in wrong] == [("research", area, year)]


@given(consistent_plans(), st.sampled_from(CITIES), st.booleans())
def test_a_last_year_one_unit_beyond_its_chain_is_found_and_the_last_within_is_not(
    cells: Cells, area: str, above: bool
) -> None:
    key = (area, "research", YEARS[-1])
    first = cells[area, "research", YEARS[0]].level
    half = cells[key].level.half
    growths = [growth for year in YEARS[1:] if (growth := cells[area, "research", year].growth) is not None]
    if above:
        edge = first.high * prod(1 + growth.high for growth in growths)
        within = floor((edge + half) / (2 * half)) * 2 * half
        beyond = within + 2 * half
    else:
        edge = first.low * prod(1 + growth.low for growth in growths)
        within = ceil((edge - half) / (2 * half)) * 2 * half
        beyond = within - 2 * half
    assume(beyond > 0)
    assert all(row.explained for row in audit_with(with_level(cells, key, within)).chains)
    wrong = [row for row in audit_with(with_level(cells, key, beyond)).chains if not row.explained]
    assert [(row.indicator, row.area, row.year) for row in wrong] == [("research", area, YEARS[-1])]
    assert wrong[0].printed.value == beyond


def test_incomplete_tables_are_held_against_print_as_far_as_they_go() -> None:
    cells = dict(TINY.printed.cells)
    del cells["alder", "research", 2023]
    cells["birch", "research", 2022] = dataclasses.replace(cells["birch", "research", 2022], growth=None)
    assert audit_with(cells).checked == (4 + 5, 4 + 3 + 4, 2)
