"""`run.py calibrate --panel`: any panel of units, without a plan of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim import cli
from sim.baseline.load_panel import load_panel
from sim.commands.console import BAD_INPUT, OK
from sim.studies.panel_calibration import panel_calibration
from tests.panels import Truth, panel_figures, plan_with_panels

HEAD = "indicator,region,year,value,unit,source\n"
TRUTH = Truth()


@pytest.fixture
def panel(tmp_path: Path) -> Path:
    figures = panel_figures("r", TRUTH, 7)
    rows = [f"{f.series},{f.region},{f.year},{f.value!r},{f.unit},made up\n" for f in figures]
    path = tmp_path / "panel.csv"
    path.write_text(HEAD + "".join(rows), encoding="utf-8")
    return path


def test_the_truth_of_a_simulated_panel_lies_within_the_errors_that_are_stated(panel: Path) -> None:
    found, left_out = panel_calibration(load_panel(panel, panel.parent), plan_with_panels(), 2020, "province")
    series = found.series["r"]

    assert left_out == ()
    assert found.window == (2015, 2020)
    for field in ("sd", "phi", "slope", "year_sd"):
        estimate = getattr(series, field)
        assert abs(estimate.value - getattr(TRUTH, field)) < 3.0 * estimate.se, field
    assert found.indicators["r"].grade_drift == "A"
    assert found.common_drift["science"].se > 0.0
    assert all(check.passed for check in found.checks)


def test_nothing_later_than_the_year_asked_for_is_used(panel: Path) -> None:
    def known(path: Path) -> object:
        return panel_calibration(load_panel(path, path.parent), plan_with_panels(), 2019)[0].series

    before = known(panel)
    lines = panel.read_text(encoding="utf-8").splitlines(keepends=True)
    panel.write_text("".join(line for line in lines if ",2020," not in line), encoding="utf-8")

    assert known(panel) == before


def test_the_calibration_is_shown_and_written_with_its_manifest(
    panel: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--panel", str(panel), "--plan", "zhejiang-2016", "--out", str(tmp_path / "out")]

    assert cli.main(["--lang", "zh", "calibrate", *arguments]) == OK
    said = capsys.readouterr()
    folder = tmp_path / "out" / "calibration-panel-2020"
    assert "各地共同的年度波动" in "".join(said.out.split())
    assert "先验预测检验 r 2015-2020" in said.out
    assert "out/calibration-panel-2020/calibration.yaml" in said.err
    assert {path.name for path in folder.iterdir()} >= {"calibration.yaml", "manifest.json"}
    assert cli.main(["verify", str(tmp_path / "out")]) == OK


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--region", "provinse"], "unknown-region"),
        (["--as-of", "2017"], "calibration-few-years"),
        (["--breaks", "none.csv"], "missing-file"),
    ],
)
def test_what_a_panel_cannot_give_is_one_line_and_nothing_is_written(
    arguments: list[str], code: str, panel: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--panel", str(panel), "--plan", "zhejiang-2016", "--out", str(tmp_path / "out"), *arguments]

    assert cli.main(["--lang", "en", "calibrate", *arguments]) == BAD_INPUT
    assert capsys.readouterr().err.splitlines()[-1].endswith(f"[{code}]")
    assert not (tmp_path / "out").exists()


def test_options_of_a_panel_need_a_panel(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--lang", "en", "calibrate", "--region", "province"]) == BAD_INPUT
    assert capsys.readouterr().err == (
        "--as-of, --region, --breaks and --out go with --panel [calibrate-needs-panel]\n"
    )
