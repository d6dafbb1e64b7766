"""The page on plan folders names every file, every column and every legal value."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from sim.baseline import (
    breaks,
    load_derived,
    load_dimensions,
    load_figures,
    load_indicators,
    load_plan,
    load_printed,
    load_targets,
    load_tiles,
    track_record,
)
from sim.baseline.calibration import BLEND_WEIGHT
from sim.baseline.load import FILES
from sim.studies.series_calibration import DAMPING, SHRINKAGE
from sim.units import units

PAGE = (Path(__file__).parents[2] / "docs" / "new-plan.md").read_text(encoding="utf-8")
WORDS = set(re.findall(r"`([^`]+)`", PAGE))
LEGAL = re.compile(r'choice\("\w+", (?P<words>"[^)]*")\)|\.choice\(\((?P<listed>"[^)]*")\)')


def sections(heading: str) -> str:
    """Return the section whose heading has *heading*."""
    return next(part for part in PAGE.split("\n## ") if heading in part.partition("\n")[0])


def test_every_file_of_a_plan_has_its_place_on_the_page() -> None:
    assert set(FILES) <= WORDS


@pytest.mark.parametrize(
    ("file", "columns"),
    [
        ("areas.csv", load_plan.AREA_COLUMNS),
        ("indicators.csv", load_indicators.COLUMNS),
        ("printed.csv", load_printed.COLUMNS),
        ("history.csv", load_figures.COLUMNS),
        ("targets.csv", load_targets.COLUMNS),
        ("tiles.csv", load_tiles.COLUMNS),
        ("plan_vs_outcome.csv", track_record.COLUMNS),
        ("plan.yaml", load_dimensions.COLUMNS),
        ("observed.csv", breaks.COLUMNS),
    ],
)
def test_every_column_has_its_place_in_the_section_of_its_file(file: str, columns: tuple[str, ...]) -> None:
    assert set(columns) <= set(re.findall(r"`([^`]+)`", sections(file)))


def test_every_legal_value_has_its_place_on_the_page() -> None:
    listed = {*load_targets.KINDS, *load_targets.GROUPS, *load_figures.STATUSES, *load_figures.TRUSTS}
    listed |= {*load_indicators.GRADES, *load_plan.RESERVED}
    for module in (load_indicators, load_targets, load_plan, load_derived):
        source = Path(str(module.__file__)).read_text(encoding="utf-8")
        for match in LEGAL.finditer(source):
            listed |= set(re.findall(r'"([^"]+)"', match["words"] or match["listed"]))
    assert {"quantity", "growth", "≈", "priority", "province"} <= listed
    assert listed <= WORDS


def test_every_unit_has_its_place_on_the_page() -> None:
    assert all(unit in PAGE for unit in units())


@pytest.mark.parametrize("source", load_derived.SOURCES)
def test_every_source_of_a_stock_has_its_place_on_the_page(source: str) -> None:
    assert f"`{{{source}: " in PAGE


def test_the_shipped_plan_s_own_page_counts_the_rows_of_its_files() -> None:
    folder = Path(__file__).parents[2] / "baselines" / "zhejiang-2016"
    page = (folder / "README.md").read_text(encoding="utf-8")
    told = re.findall(r"^\| (`[^|]+`) \|[^|]+\| ([\d, ]+) \|$", page, re.MULTILINE)
    assert len(told) > 12
    for files, counts in told:
        numbers = re.sub(r",(?=\d{3})", "", counts).split(",")
        for file, count in zip(re.findall(r"`([^`]+)`", files), numbers, strict=True):
            text = (folder / file).read_text(encoding="utf-8")
            rows = len(list(csv.reader(text.splitlines()))) - 1
            entries = len(re.findall(r"^\w+:", text, re.MULTILINE))
            assert (rows if file.endswith(".csv") else entries) == int(count), file


def test_the_assumptions_that_the_page_asks_for_are_those_that_code_reads() -> None:
    asked = set(re.findall(r"`(\w+)` \(", sections("assumptions.yaml")))
    assert asked == {BLEND_WEIGHT, SHRINKAGE, DAMPING}
