"""A spreadsheet program opens the workbooks, every sheet of them, with the numbers that were written."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import openpyxl
import pytest

from sim.api import compare, load_scenarios, run
from sim.commands.test import office
from sim.outputs.manifest import Origin
from sim.texts import say
from sim.workbook import comparison_files, workbook_files

ROOT = Path(__file__).parents[2]
NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
ORIGIN = Origin("baseline", "scenarios/baseline.yaml", 1, 4096, {}, {}, {})


@pytest.fixture(scope="module")
def workbooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the workbooks of the shipped plan: of one scenario and of two compared."""
    folder = tmp_path_factory.mktemp("workbooks")
    scenarios = load_scenarios("baseline", "trade_friction", draws=4096)
    [cube] = run(scenarios[:1])
    for name, content in workbook_files(cube, ORIGIN).items():
        (folder / name).write_bytes(content)
    for name, content in comparison_files(compare(scenarios), ORIGIN).items():
        if name.endswith(".xlsx"):
            (folder / f"compared_{name}").write_bytes(content)
    return folder


def converted(files: list[Path], folder: Path) -> list[Path]:
    """Return what LibreOffice makes of *files* when it opens them and saves them anew."""
    program = office()
    assert program is not None, say("cli.test.no-program", "en", names="libreoffice-calc")
    profile = (folder / "profile").as_uri()
    command = [
        program,
        "--headless",
        f"-env:UserInstallation={profile}",
        "--convert-to",
        "xlsx:Calc MS Excel 2007 XML",
    ]
    done = subprocess.run(
        [*command, "--outdir", str(folder), *map(str, files)], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return [folder / file.name for file in files]


def test_R15_LibreOffice_opens_every_workbook_with_all_its_sheets_and_numbers(
    workbooks: Path, tmp_path: Path
) -> None:
    files = sorted(workbooks.iterdir())
    assert len(files) == 4
    if not NIGHTLY:  # one of each kind and of each language
        files = [workbooks / "report.xlsx", workbooks / "compared_report_en.xlsx"]
    for written, saved in zip(files, converted(files, tmp_path), strict=True):
        before, after = openpyxl.load_workbook(written), openpyxl.load_workbook(saved)
        assert before.sheetnames == after.sheetnames
        numbers = 0
        for sheet in before:
            assert len(sheet._charts) == len(after[sheet.title]._charts)
            for row in sheet.iter_rows():
                for cell in row:
                    value = after[sheet.title][cell.coordinate].value
                    if isinstance(cell.value, str):
                        assert value == cell.value, (written.name, sheet.title, cell.coordinate)
                    elif isinstance(cell.value, (int, float)):
                        assert value == pytest.approx(cell.value, rel=1e-9)
                        numbers += 1
        assert numbers > 1000
