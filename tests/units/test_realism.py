"""The record of earlier targets and the distance from history stand beside a scenario, outside p."""

from __future__ import annotations

import io
from dataclasses import replace
from math import exp
from pathlib import Path

import numpy as np
import openpyxl
import pytest

from sim.baseline.track_record import COLUMNS, load_track_record, record_of
from sim.cube import Cube
from sim.errors import Found
from sim.outputs.manifest import Origin
from sim.studies.plausibility import _units_as_fast, plausibility_of
from sim.studies.reference_class import figures_by_region
from sim.tables.realism import realism_text
from sim.workbook.workbooks import workbook
from tests.pages import cubes_of


@pytest.fixture(scope="module")
def cube() -> Cube:
    return cubes_of("baseline")[0][0]


def test_none_of_five_targets_for_research_intensity_was_met(cube: Cube) -> None:
    target = next(row.target for row in cube.headline() if row.quantity == "rd_intensity")
    record = record_of(target, cube.plan)
    assert record is not None
    assert (record.own_hits, record.own_count) == (0, 5)
    assert "0" in realism_text(cube, "en")


def test_the_record_changes_no_probability(cube: Cube) -> None:
    without = replace(cube, plan=replace(cube.plan, track_record=()))
    assert without.probabilities == cube.probabilities
    assert "earlier targets" not in realism_text(without, "en")


def faster(cube: Cube, points: float) -> Cube:
    """Return the cube whose medians of the last year grew by so many points of log growth a year more."""
    years, last = len(cube.plan.years), cube.plan.years[-1]
    moved = [
        replace(t, quantiles=tuple(q * exp(points * years) for q in t.quantiles)) if t.year == last else t
        for t in cube.trajectories
    ]
    return replace(cube, trajectories=tuple(moved))


def test_six_points_a_year_more_has_hardly_ever_happened(cube: Cube) -> None:
    here, there = plausibility_of(cube), plausibility_of(faster(cube, 0.06))
    assert here is not None
    assert there is not None
    assert there.distance > here.distance + 1.0
    assert there.farther < here.farther
    gdp = next(d for d in there.departures if d.indicator == "gdp")
    assert gdp.faster <= 2
    assert there.kl == pytest.approx(there.distance**2 / 2)


def test_the_spread_of_the_reference_is_that_of_mean_growth_without_what_trend_has_used(cube: Cube) -> None:
    known = plausibility_of(cube)
    calibration = cube.plan.calibration
    assert known is not None
    assert calibration is not None
    series, years = calibration.series["rd_personnel_fte"], len(cube.plan.years)
    tau, sd, phi, lam, damp = (getattr(series, p).value for p in ("tau", "sd", "phi", "lam", "damp"))
    n = series.window[1] - series.window[0]

    def variance_of_mean(count: int) -> float:
        lags = sum((count - h) * phi**h for h in range(1, count))
        return float(count + 2.0 * lags) / count**2

    kept = lam * sum(damp**h for h in range(1, years + 1)) / years
    own = max(0.0, tau**2 - kept**2 * (tau**2 + sd**2 * variance_of_mean(n)))
    yearly = (sd**2 + series.year_sd.value**2) * variance_of_mean(years)
    common = calibration.common_drift["science"].value
    assert 0.0 < own < 0.9 * tau**2
    row = next(d for d in known.departures if d.indicator == "rd_personnel")
    assert row.sd == pytest.approx((common**2 + own + yearly) ** 0.5, rel=1e-9)


def test_a_region_that_grew_just_as_fast_counts(cube: Cube) -> None:
    plan = cube.plan
    assert plan.calibration is not None
    window = plan.calibration.series["gdp"].window
    known = [figures_by_region(plan, "gdp")["上海"][year].value for year in window]
    growth = float(np.log(known[1] / known[0])) / (window[1] - window[0])
    just, above = (_units_as_fast(plan, "gdp", g, window)[0] for g in (growth, growth + 1e-9))
    assert just == above + 1


def test_one_indicator_at_its_expected_growth_has_no_distance(cube: Cube) -> None:
    known = plausibility_of(cube)
    assert known is not None
    gdp = next(d for d in known.departures if d.indicator == "gdp")
    kept = tuple(t for t in faster(cube, gdp.expected - gdp.growth).trajectories if t.indicator == "gdp")
    alone = plausibility_of(replace(cube, trajectories=kept))
    assert alone is not None
    assert alone.distance == pytest.approx(0.0, abs=1e-6)
    assert alone.departures[0].percentile == pytest.approx(0.5, abs=1e-6)


def test_a_row_that_contradicts_its_own_numbers_is_a_mistake(tmp_path: Path) -> None:
    row = "plan,region,rd,2010,1,2015,2.5,2.4,%,hit,a,b,c\n"
    (tmp_path / "plan_vs_outcome.csv").write_text(",".join(COLUMNS) + "\n" + row, encoding="utf-8")
    found = Found()
    load_track_record(tmp_path, tmp_path, found)
    assert [m.code for m in found.mistakes] == ["track-record-contradicts"]


def summary_of(cube: Cube, lang: str) -> list[tuple[object, ...]]:
    origin = Origin("baseline", "scenarios/baseline.yaml", cube.seed, cube.draws, {}, {}, {})
    book = openpyxl.load_workbook(io.BytesIO(workbook(cube, origin, lang)))
    return list(book.worksheets[0].iter_rows(values_only=True))


@pytest.mark.parametrize(
    ("lang", "head", "told", "distance"),
    [
        ("en", "how earlier targets fared", "of the 5 for this very quantity, 0", "Plausibility: distance"),
        ("zh", "对照往绩", "其中同一指标 5 个中完成 0 个", "马氏距离"),
    ],
)
def test_record_and_plausibility_stand_in_the_workbook_too(
    cube: Cube, lang: str, head: str, told: str, distance: str
) -> None:
    rows = summary_of(cube, lang)
    start = next(i for i, row in enumerate(rows) if any(head in str(cell) for cell in row))
    [column] = [i for i, cell in enumerate(rows[start]) if head in str(cell)]
    answers = {str(row[0])[:3]: str(row[column]) for row in rows[start + 1 :] if row[0]}
    assert told in answers["H01"]
    assert "4" in answers["H02"]
    assert any(distance in str(row[0]) for row in rows[:start])


def test_the_workbook_says_that_the_execution_prior_is_on_and_what_p_is_without_it(cube: Cube) -> None:
    first = cube.headline()[0]
    on = replace(cube, without={(first.target.id, first.target.version): 0.125})
    rows = summary_of(on, "en")
    start = next(i for i, row in enumerate(rows) if "without the execution prior" in row)
    column = rows[start].index("without the execution prior")
    assert [row[column] for row in rows[start + 1 : start + 3]] == [0.125, None]
    assert any("execution prior is on" in str(row[0]) for row in rows[:start])
    assert not any("execution prior" in str(cell) for row in summary_of(cube, "en") for cell in row)
