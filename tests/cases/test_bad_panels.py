"""A panel that cannot be calibrated: one clear line, exit code 2, not a byte of the plan folder changed."""

from __future__ import annotations

import csv
import io
import shutil
from pathlib import Path

import pytest

from sim import cli
from sim.baseline.load import load_baseline

ROOT = Path(__file__).parents[2]
TINY, SERIES = "tiny-2021", "research_spending"
Rows = list[dict[str, str]]


def one_unit(rows: Rows) -> Rows:
    return [row for row in rows if row["region"] in ("全国", "东山")]


def two_years(rows: Rows) -> Rows:
    return [row for row in rows if row["region"] == "全国" or int(row["year"]) >= 2019]


def with_value(value: str) -> object:
    def change(rows: Rows) -> Rows:
        return [*rows[:-1], rows[-1] | {"value": value}]

    return change


def twice(rows: Rows) -> Rows:
    return [*rows, rows[-1]]


CASES = {
    "one unit": (one_unit, "", "calibration-few-units"),
    "two years": (two_years, "", "calibration-few-years"),
    "zero": (with_value("0"), "", "no-growth-from"),
    "negative": (with_value("-5"), "", "no-growth-from"),
    "no number": (with_value("l2"), "", "bad-value"),
    "twice": (twice, "", "duplicate-figure"),
    "break": (list, f"{SERIES},*,2018,new definition,made up", "panel-break-in-window"),
    "break of nowhere": (list, f"{SERIES},东仙,2018,new definition,made up", "bad-choice"),
    "break of nothing": (list, "research_spendin,*,2018,new definition,made up", "bad-choice"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project of the made-up plan, calibrated."""
    plan = tmp_path / "baselines" / TINY
    shutil.copytree(ROOT / "tests" / "plans" / TINY, plan)
    assert cli.main(["calibrate"], tmp_path) == 0
    return plan


def rewritten(path: Path, change: object) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert callable(change)
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0], lineterminator="\n")
    writer.writeheader()
    writer.writerows(change(rows))
    path.write_text(text.getvalue(), encoding="utf-8")


@pytest.mark.parametrize("case", CASES)
def test_a_bad_panel_of_a_plan_is_one_line_and_nothing_is_written(
    case: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change, broken, code = CASES[case]
    rewritten(folder / "panel.csv", change)
    if broken:
        text = f"indicator,region,year,note,source\n{broken}\n"
        (folder / "breaks.csv").write_text(text, encoding="utf-8")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    capsys.readouterr()

    assert cli.main(["calibrate", "--lang", "en"], folder.parents[1]) == 2

    said = capsys.readouterr()
    lines = said.err.splitlines()
    assert said.out == ""
    assert len(lines) == 1
    assert lines[0].startswith(f"baselines/{TINY}/")
    assert lines[0].endswith(f"[{code}]")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_figures_before_a_declared_break_have_no_part_in_the_calibration(folder: Path) -> None:
    """A unit whose figures double at a declared break gives what it gives without the years before it."""
    root = folder.parents[1]
    plain = load_baseline(folder, root).calibration
    rewritten(
        folder / "panel.csv",
        lambda rows: [
            row | {"value": str(2.0 * float(row["value"]))}
            if row["region"] == "东山" and int(row["year"]) >= 2017
            else row
            for row in rows
        ],
    )
    (folder / "breaks.csv").write_text(
        f"indicator,region,year,note,source\n{SERIES},东山,2017,another law,made up\n", encoding="utf-8"
    )
    assert cli.main(["calibrate"], root) == 0
    with_break = load_baseline(folder, root).calibration
    (folder / "breaks.csv").write_text("indicator,region,year,note,source\n", encoding="utf-8")
    rewritten(folder / "panel.csv", lambda rows: [r for r in rows if r["region"] != "东山"])
    assert cli.main(["calibrate"], root) == 0
    without_unit = load_baseline(folder, root).calibration

    assert plain is not None
    assert with_break is not None
    assert without_unit is not None
    assert with_break.series[SERIES].units == plain.series[SERIES].units - 1
    assert with_break.series[SERIES] == without_unit.series[SERIES]
    assert set(with_break.hashes) - set(plain.hashes) == {"breaks.csv"}


def test_a_break_declared_after_calibrating_makes_the_calibration_stale(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "breaks.csv").write_text("indicator,region,year,note,source\n", encoding="utf-8")
    capsys.readouterr()
    assert cli.main(["audit", "--lang", "en"], folder.parents[1]) == 2
    assert "breaks.csv" in capsys.readouterr().err
