"""The record of earlier targets and the distance from history stand beside a scenario, outside p."""

from __future__ import annotations

from dataclasses import replace
from math import exp
from pathlib import Path

import pytest

from sim.baseline.track_record import COLUMNS, load_track_record, record_of
from sim.cube import Cube
from sim.errors import Found
from sim.studies.plausibility import plausibility_of
from sim.tables.realism import realism_text
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
