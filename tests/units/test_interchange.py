"""Results for others: the IAMC's rules, and labelled arrays that read back as they were."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import replace

import numpy as np
import pytest
import xarray

from sim.axes import Name
from sim.cube import QUANTILES
from sim.tables.interchange import IAMC, dataset_of, iamc_columns, interchange_files, netcdf
from tests.cube_strategies import CITIES, QUANTITIES, answered, cube, driver, trajectory, unanswered
from tests.strategies import target

YEARS = range(2021, 2026)
ROWS = (
    answered(target("H01", "firms", 100.0), 0.42, driver=driver(0.2, 0.6)),
    answered(target("H02", "papers", 100.0, version="other"), 0.9, shortfall=None),
    unanswered(target("P01", "firms", 10.0, group="prose_2020", status="missing")),
)
SERIES = tuple(
    trajectory(a, q, y) for a in (*CITIES, "unallocated", "province") for q in QUANTITIES for y in YEARS
)
CUBE = cube(ROWS, trajectories=SERIES, title=Name("衢州情景", "scenario"))


def test_the_long_table_keeps_the_rules_of_the_IAMC() -> None:
    rows = list(csv.DictReader(io.StringIO(interchange_files(CUBE)["iamc.csv"].decode("utf-8"))))
    assert tuple(rows[0]) == IAMC
    keys = [tuple(row[name] for name in IAMC[:-1]) for row in rows]
    assert len(set(keys)) == len(keys)
    for row in rows:
        assert all(row[name] == row[name].strip() != "" for name in IAMC)
        assert math.isfinite(float(row["value"]))
        assert row["year"].isdigit()
        assert "*" not in row["variable"]
        assert all(level == level.strip() != "" for level in row["variable"].split("|"))
    assert {row["model"] for row in rows} == {"planodds 0.1.0"}


def test_the_long_table_has_every_number_and_no_row_without_one() -> None:
    columns = iamc_columns([CUBE])
    found = dict(
        zip(zip(*(columns[name] for name in IAMC[1:-1]), strict=True), columns["value"], strict=True)
    )
    assert len(found) == len(SERIES) * (2 + len(QUANTILES)) + 2
    assert found["scenario", "province", "Probability|H02|other", "1", 2025] == 0.9
    assert found["scenario", "alder", "firms|Mean", "亿元", 2021] == 1.5
    assert found["scenario", "alder", "firms|2.5th Percentile", "亿元", 2021] == 1.025
    hole = replace(SERIES[0], mean=math.nan)
    assert len(iamc_columns([cube((), trajectories=(hole,))])["value"]) == 1 + len(QUANTILES)


def test_arrays_have_the_axes_of_the_model_page_with_units_and_names() -> None:
    data = dataset_of([CUBE])
    assert data["level"].dims == ("scenario", "area", "indicator", "year", "quantile")
    assert data["level"].shape == (1, 5, 2, 5, 7)
    assert not data["level"].isnull().any()
    cell = data["level"].sel(scenario="scenario", area="cedar", indicator="papers", year=2023, quantile=0.5)
    assert cell == 1.5
    assert str(cell.unit.item()) == "亿元"
    assert str(data.area_zh.sel(area="alder").item()) == "alder"
    assert str(data.title_zh.item()) == "衢州情景"
    assert data["p"].sel(target="H02/other").item() == 0.9
    assert np.isnan(data["p"].sel(target="P01/printed").item())
    assert np.isnan(data["shortfall"].sel(target="H02/other").item())
    assert str(data["grade"].sel(target="H01/printed").item()) == "ABCA C"


def test_every_array_and_coordinate_says_what_it_is_and_numbers_say_their_unit() -> None:
    growth = answered(target("H03", "firms", 15.0, kind="mean_growth"), 0.4)
    with xarray.open_dataset(
        io.BytesIO(netcdf([replace(CUBE, probabilities=(*ROWS, growth))])), engine="h5netcdf"
    ) as read:
        assert all("long_name" in read[name].attrs for name in (*read.data_vars, *read.coords))
        assert all("units" in read[name].attrs or "note" in read[name].attrs for name in read.data_vars)
        units = dict(zip(map(str, read.target.values), map(str, read.target_unit.values), strict=True))
    assert units == {"H01/printed": "亿元", "H02/other": "亿元", "P01/printed": "", "H03/printed": "%"}


def test_several_scenarios_stand_along_one_axis_and_several_plans_do_not() -> None:
    other = replace(CUBE, scenario="other", probabilities=ROWS[:1], seed=2**64 - 1)
    data = dataset_of([CUBE, other])
    assert list(data.scenario.values) == ["scenario", "other"]
    assert np.isnan(data["p"].sel(scenario="other", target="H02/other").item())
    assert int(data.seed.sel(scenario="other").item()) == 2**64 - 1
    foreign = replace(CUBE, plan=replace(CUBE.plan, id="foreign"))
    with pytest.raises(ValueError, match="several plans"):
        dataset_of([CUBE, foreign])


def test_R13_the_file_reads_back_as_the_arrays_and_has_equal_bytes() -> None:
    content = netcdf([CUBE])
    assert content == netcdf([CUBE])
    with xarray.open_dataset(io.BytesIO(content), engine="h5netcdf") as read:
        xarray.testing.assert_equal(read.load(), dataset_of([CUBE]))
        assert read["level"].attrs == dataset_of([CUBE])["level"].attrs


def test_a_result_without_trajectories_or_targets_is_a_file_too() -> None:
    with xarray.open_dataset(io.BytesIO(netcdf([cube(())])), engine="h5netcdf") as read:
        assert read.sizes["area"] == 0
        assert read.sizes["target"] == 0
