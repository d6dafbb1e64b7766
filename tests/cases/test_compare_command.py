"""``run.py compare``: what it shows, what it writes, what it refuses."""

from __future__ import annotations

import csv
import io
import shutil
from pathlib import Path

import pytest

from sim import cli
from sim.outputs.manifest import read_manifest, verify

ROOT = Path(__file__).parents[2]
PLAN = "zhejiang-2016"
BASELINE = (
    f"title: made up\nplan: {PLAN}\ngrowth: {{source: blend}}\n"
    "targets: [H01, H02, H08]\ndraws: 4096\nseed: 1\n"
)
FASTER = "title: =1+1\nextends: baseline\ngrowth: {source: plan}\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with the shipped plan and two made-up scenarios."""
    shutil.copytree(ROOT / "baselines" / PLAN, tmp_path / "baselines" / PLAN)
    (tmp_path / "scenarios").mkdir()
    for name, text in (("baseline", BASELINE), ("faster", FASTER)):
        (tmp_path / "scenarios" / f"{name}.yaml").write_text(text, encoding="utf-8")
    for name in ("pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def answer(capsys: pytest.CaptureFixture[str], root: Path, *argv: str) -> tuple[int, str, str]:
    code = cli.main([*argv, "--lang", "en"], root)
    said = capsys.readouterr()
    return code, said.out, said.err


def test_scenarios_are_compared_by_name_and_the_result_verifies(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = answer(capsys, project, "compare", "baseline", "faster")
    assert code == 0, err
    assert "source of growth: plan, was blend" in out
    assert err.splitlines()[-1] == "the comparison is in results/compare-baseline-faster/."
    place = project / "results" / "compare-baseline-faster"
    assert verify(place) == ()
    assert {"report.xlsx", "report_en.xlsx", "differences.csv", "moved.parquet", "written_excel.csv"} <= {
        file.name for file in place.iterdir()
    }
    manifest = read_manifest(place)
    assert manifest is not None
    assert manifest["source"] == "scenarios/baseline.yaml+scenarios/faster.yaml"
    rows = list(csv.DictReader(io.StringIO((place / "written.csv").read_text(encoding="utf-8"))))
    assert [row["zh"] for row in rows] == ["增速来源：计划（原为计划与趋势加权）"]


def test_R13_the_same_comparison_has_the_same_bytes(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    contents = []
    for out in ("one", "two"):
        code, _, err = answer(
            capsys, project, "compare", "baseline", "faster", "--quiet", "--out", str(project / out)
        )
        assert code == 0, err
        place = project / out / "compare-baseline-faster"
        contents.append({file.name: file.read_bytes() for file in place.iterdir() if file.name != "run.log"})
    assert contents[0] == contents[1]


def test_a_single_scenario_cannot_be_compared(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = answer(capsys, project, "compare", "baseline")
    assert (code, err.split("[")[-1]) == (2, "compare-needs-two]\n")
    assert not (project / "results").exists()


def test_scenarios_of_different_luck_are_refused_unless_draws_are_made_equal(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "scenarios" / "faster.yaml").write_text(FASTER + "draws: 8192\n", encoding="utf-8")
    code, _, err = answer(capsys, project, "compare", "baseline", "faster")
    assert code == 2
    assert err.startswith("scenarios/faster.yaml:1:1: 'faster' has 8192 draws, 'baseline' has 4096")
    assert answer(capsys, project, "compare", "baseline", "faster", "--draws", "4096", "--quiet")[0] == 0
