"""The whole calibration: known truths, the plan of Zhejiang, and what may not change it."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from sim.baseline.calibration import Calibration, Estimate, SeriesCalibration
from sim.baseline.load import load_baseline
from sim.baseline.plan import Assumption, Baseline, Derived
from sim.baseline.write_calibration import calibration_text
from sim.errors import BadInput, Found, Place
from sim.kernels.panel import fit_panel, mean_variance
from sim.kernels.reference import city_scale
from sim.studies.calibrate import calibrate, five_year_sd
from sim.studies.predictive_check import HIGH, LOW
from sim.studies.reference_class import panel_of, smallest_units
from sim.studies.series_calibration import fitted_series
from tests.panels import UNITS, Truth, figure, plan_with_panels, simulated_growth, sizes
from tests.strategies import name

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "baselines" / "zhejiang-2016"


@cache
def zhejiang() -> Baseline:
    return load_baseline(FOLDER, ROOT)


@cache
def calibrated() -> Calibration:
    return calibrate(zhejiang())


@cache
def made_up() -> tuple[SeriesCalibration, ...]:
    """Return the calibrations of one series in forty worlds of the same truth."""
    result = []
    for seed in range(100, 180, 2):
        baseline, found = plan_with_panels(seed=seed), Found()
        panel = panel_of(baseline, "research", smallest_units(baseline), Place("made-up"), found)
        assert panel is not None
        result.append(fitted_series(baseline, panel).calibration)
    return tuple(result)


# --- made-up plans whose truth is known ----------------------------------------------------------


@pytest.mark.parametrize("field", ["sd", "phi", "slope", "year_sd"])
def test_truth_lies_within_the_errors_that_are_stated(field: str) -> None:
    truth = Truth()
    estimates = [getattr(known, field) for known in made_up()]
    wrong = np.array([(e.value - getattr(truth, field)) / e.se for e in estimates])
    assert np.mean(np.abs(wrong) < 2.0) >= 0.85
    assert abs(np.median(wrong)) < 0.7


def test_five_year_spread_of_the_province_is_found() -> None:
    truth = Truth()
    wanted = 5.0 * np.sqrt(truth.tau**2 + truth.sd**2 * float(mean_variance(np.asarray(truth.phi), 5)))
    found = [five_year_sd(known) for known in made_up()]
    assert np.mean(found) == pytest.approx(wanted, rel=0.1)


def test_the_check_seldom_fails_a_model_that_is_true() -> None:
    truth = Truth()
    growth = simulated_growth(truth, 1000, 5, 1)
    size = np.broadcast_to(sizes(), (1000, UNITS))
    used = np.broadcast_to(np.arange(UNITS) >= 4, (1000, UNITS))
    fit = fit_panel(growth, size, used, np.ones(5, dtype=np.int64))
    own = fit.spread.tau**2 + fit.spread.sd**2 * mean_variance(fit.spread.phi, 5)
    scale = city_scale(np.exp(size), fit.slope[:, None])
    ratio = 5.0 * np.sqrt(own * np.mean(scale**2, axis=1)) / np.std(growth.sum(axis=2), axis=1, ddof=1)
    assert np.mean((ratio < LOW) | (ratio > HIGH)) < 0.05


def test_an_indicator_without_history_takes_the_median_of_its_kind_and_has_no_trend() -> None:
    trade = calibrate(plan_with_panels()).indicators["trade"]
    assert trade.series == ("research",)
    assert not trade.has_trend
    assert (trade.grade_drift, trade.grade_spread) == ("C", "C")
    assert "research" in trade.why


def test_order_of_figures_and_indicators_changes_nothing() -> None:
    baseline = plan_with_panels()
    turned = replace(
        baseline, figures=baseline.figures[::-1], indicators=baseline.indicators[::-1], path=baseline.path
    )
    printed = replace(baseline.printed, level=baseline.printed.level[:, ::-1])
    assert calibration_text(calibrate(replace(turned, printed=printed))) == calibration_text(
        calibrate(baseline)
    )


def test_another_series_leaves_the_estimates_of_the_first_alone() -> None:
    baseline = plan_with_panels()
    fewer = replace(
        baseline,
        indicators=tuple(i for i in baseline.indicators if i.id != "gdp"),
        printed=replace(baseline.printed, level=baseline.printed.level[:, 1:]),
    )
    assert smallest_free(calibrate(fewer)) == pytest.approx(smallest_free(calibrate(baseline)), abs=0.02)


def smallest_free(calibration: Calibration) -> float:
    return calibration.series["research"].mu.value


def test_a_plan_without_assumptions_range_has_no_error_of_them() -> None:
    baseline = plan_with_panels()
    fixed = Assumption("shrinkage", name("x"), 0.3, 0.3, 0.3, "1", "C", "", Place("x"))
    made = calibrate(replace(baseline, assumptions={**baseline.assumptions, "shrinkage": fixed}))
    assert made.series["research"].lam == Estimate(0.3, 0.0, "C", "assumption:shrinkage")


def test_a_stock_that_lapses_evenly_gives_its_exit() -> None:
    baseline = plan_with_panels()
    stock, rows = 1000.0, []
    for year in range(2015, 2021):
        rows.append(figure("stock", "province", year, stock))
        rows.append(figure("inflow", "province", year, 150.0))
        stock = stock * 0.93 + 150.0
    item = Derived(
        "stock", name("stock"), "家", "stock", None, None, 0, 1.0, "research", ("history", "stock"),
        ("calibration", "stock"), "stock", "inflow", "A", "A", Place("x"),
    )  # fmt: skip
    made = calibrate(replace(baseline, figures=(*baseline.figures, *rows), derived=(item,)))
    assert made.exits["stock"].value == pytest.approx(0.07)
    assert made.exits["stock"].se == pytest.approx(0.0, abs=1e-12)


def test_a_stock_without_its_inflow_is_refused() -> None:
    item = Derived(
        "stock", name("stock"), "家", "stock", None, None, 0, 1.0, "research", ("history", "stock"),
        ("calibration", "stock"), "stock", "inflow", "A", "A", Place("made-up/derived.yaml", 3, 1),
    )  # fmt: skip
    with pytest.raises(BadInput) as caught:
        calibrate(replace(plan_with_panels(), derived=(item,)))
    assert [str(m.place) for m in caught.value.mistakes] == ["made-up/derived.yaml:3:1"]


def test_cities_known_to_be_calm_quieten_city_terms_to_twice_their_spread() -> None:
    baseline = plan_with_panels(Truth(slope=0.4))
    calm = [
        figure("research", city, year, base * 1.1 ** (year - 2015) * (1.0 + 1e-4 * k * (year - 2015)))
        for k, (city, base) in enumerate((("alder", 60.0), ("birch", 30.0), ("cedar", 10.0)))
        for year in (2015, 2020)
    ]
    factor = (
        calibrate(replace(baseline, figures=(*baseline.figures, *calm))).indicators["research"].city_factor
    )
    assert 0.0 < factor.value < 0.1
    assert factor.grade == "C"
    assert calibrate(baseline).indicators["research"].city_factor.value == 1.0


def test_a_model_that_does_not_give_the_panels_spread_is_refused() -> None:
    """One unit too wild to be used makes the panel's spread one that the model cannot give."""
    baseline = plan_with_panels()
    wild = tuple(
        replace(f, value=f.value * np.exp(0.8 * (f.year - 2015)))
        if f.series == "research" and f.region == "unit00"
        else f
        for f in baseline.figures
    )
    with pytest.raises(BadInput) as caught:
        calibrate(replace(baseline, figures=wild))
    assert {m.code for m in caught.value.mistakes} == {"calibration-check-failed"}


# --- Zhejiang ------------------------------------------------------------------------------------


def test_the_stored_calibration_is_the_one_that_the_figures_give() -> None:
    """To five digits: the last bits of logarithms differ between machines."""
    stored = zhejiang().calibration
    assert stored is not None
    fresh = numbers_of(calibrated())
    assert set(fresh) == set(numbers_of(stored))
    for key, value in numbers_of(stored).items():
        assert value == pytest.approx(fresh[key], rel=2e-5, abs=1e-6), key


def numbers_of(calibration: Calibration) -> dict[str, float]:
    """Return every number of a calibration by its place in the file's text."""
    result: dict[str, float] = {}
    trail: list[str] = []
    for line in calibration_text(calibration).splitlines():
        depth = (len(line) - len(line.lstrip())) // 2
        key, _, rest = line.strip().partition(": ")
        trail = [*trail[:depth], key]
        for part in rest.strip("{}").split(", "):
            label, _, text = part.partition(": ")
            try:
                result["/".join([*trail, label])] = float(text or label)
            except ValueError:
                continue
    return result


def test_the_stored_calibration_names_the_files_that_made_it() -> None:
    stored = zhejiang().calibration
    assert stored is not None
    assert {"panel.csv", "history.csv", "indicators.csv", "printed.csv"} <= set(stored.hashes)
    for file, stored_hash in stored.hashes.items():
        assert hashlib.sha256((FOLDER / file).read_bytes()).hexdigest() == stored_hash, file


def test_all_predictive_checks_of_zhejiang_pass_the_ratio_of_research_to_gdp_included() -> None:
    checks = {check.quantity: check for check in calibrated().checks}
    assert all(check.passed for check in checks.values())
    ratio = checks["log rd_intensity 2010-2015"]
    assert (ratio.low, ratio.high) == (0.8, 1.25)
    assert "common part of log rd_intensity" in checks
    for series in calibrated().series:
        assert series == "st_progress_contribution" or any(q.startswith(series + " ") for q in checks)


def test_research_and_gdp_move_together_least_within_units_and_most_between_years() -> None:
    """The model page: 0.2 within units, 0.5 between unit means, 0.9 between year effects."""

    def correlation(level: str) -> float:
        rows = calibrated().loadings[level].load.values()
        return sum(row["rd_expenditure"].value * row["gdp"].value for row in rows)

    assert 0.05 < correlation("city") < 0.3 < correlation("province") < 0.6 < correlation("year")
    assert correlation("common") > 0.8


def test_lapse_of_patents_is_what_their_stock_and_grants_imply() -> None:
    exit_rate = calibrated().exits["patents_stock"]
    assert exit_rate.value == pytest.approx(0.0857, abs=1e-4)
    assert 0.004 < exit_rate.se < 0.008


def test_five_own_values_give_the_contribution_its_trend_and_assumed_spread() -> None:
    known = calibrated().series["st_progress_contribution"]
    assert known.mu == known.own
    assert (known.lam.value, known.damp.value, known.phi.value, known.year_sd.value) == (1.0, 1.0, 0.0, 0.0)
    assert known.mu.value == pytest.approx(np.log(0.57 / 0.43 * 0.485 / 0.515) / 4.0)
    assert calibrated().indicators["st_contribution"].grade_spread == "C"


def test_grades_follow_the_evidence_and_no_stand_in_is_the_wildest_series() -> None:
    made = calibrated()
    assert made.indicators["rd_expenditure"].grade_drift == "A"
    assert made.indicators["technology_trade"].grade_drift == "B"
    wildest = max((n for n in made.series), key=lambda n: five_year_sd(made.series[n]))
    for id in ("hitech_investment", "new_product_output", "new_hitech_firms", "new_tech_smes"):
        assert made.indicators[id].grade_spread == "C"
        assert not made.indicators[id].has_trend
        assert made.indicators[id].series != (wildest,)


def test_series_without_earlier_windows_use_the_assumptions_by_name() -> None:
    made = calibrated().series
    assert made["rd_expenditure"].lam.method == "assumption:shrinkage"
    assert made["rd_expenditure"].damp.method == "assumption:damping"
    assert not made["gdp"].lam.method.startswith("assumption")
    assert not made["technology_market_output"].lam.method.startswith("assumption")


def test_no_common_drift_is_below_its_floor_but_where_there_is_none() -> None:
    drift = calibrated().common_drift
    assert drift["none"].value == 0.0
    assert min(drift["gdp"].value, drift["science"].value) >= 0.01


def test_calibrating_takes_less_than_ten_seconds() -> None:
    start = time.process_time()  # what else the machine does is no fault of the calibration
    calibrate(zhejiang())
    assert time.process_time() - start < 10.0


WITHOUT_ERROR = (
    "observed mean log growth of the province",  # a number that was observed; lambda says what it means
    "own values, logit units; the error of the mean is tau",
    "no class, ",  # a percentage with five values of its own
    "own trend alone",
    "no city terms",
    "indicators of this group share no drift",
    "by construction: economy is what moves it",
)


def estimates_in(part: object, path: str = "") -> Iterator[tuple[str, Estimate]]:
    """Yield every estimate of a calibration with where it stands."""
    if isinstance(part, Estimate):
        yield path, part
    elif isinstance(part, Mapping):
        for key, inner in part.items():
            yield from estimates_in(inner, f"{path}/{key}")
    elif is_dataclass(part):
        for field in fields(part):
            yield from estimates_in(getattr(part, field.name), f"{path}/{field.name}")


def test_every_number_of_the_stored_calibration_has_its_error_or_the_reason_why_it_has_none() -> None:
    calibration = zhejiang().calibration
    assert calibration is not None
    found = list(estimates_in(calibration))
    bare = [path for path, e in found if e.se == 0.0 and not e.method.startswith(WITHOUT_ERROR)]

    assert len(found) > 200
    assert bare == []
    assert all(e.grade in "ABC" and e.method for _, e in found)
    numbers = {
        name
        for series in calibration.series.values()
        for name in (field.name for field in fields(series))
        if isinstance(getattr(series, name), float)
    }
    assert numbers == set()  # no number of a series stands without an estimate around it
