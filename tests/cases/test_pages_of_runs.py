"""Pages and pictures as commands write them: beside the tables, whole, hashed, and the same each time."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from sim import cli
from sim.commands import test as test_command
from sim.outputs.manifest import verify

ROOT = Path(__file__).resolve().parents[2]
NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
FULL = pytest.mark.skipif(not NIGHTLY, reason="the same of a plan of full size; runs each night")
FEW = ("--draws", "4096", "--lang", "en")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with the made-up plan, its baseline, and one scenario more."""
    root = tmp_path_factory.mktemp("project")
    shutil.copytree(ROOT / "tests" / "plans" / "tiny-2021", root / "baselines" / "tiny-2021")
    shutil.copytree(ROOT / "baselines" / "zhejiang-2016", root / "baselines" / "zhejiang-2016")
    for name in ("pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, root)
    (root / "scenarios").mkdir()
    shutil.copy(ROOT / "scenarios" / "baseline.yaml", root / "scenarios")
    shutil.copy(ROOT / "scenarios" / "plan.yaml", root / "scenarios")
    tiny = (root / "scenarios" / "baseline.yaml").read_text(encoding="utf-8")
    tiny = tiny.replace("zhejiang-2016", "tiny-2021")
    (root / "scenarios" / "tiny.yaml").write_text(tiny, encoding="utf-8")
    assert cli.main(["calibrate", "--plan", "tiny-2021", "--lang", "en"], root) == 0
    return root


@pytest.mark.parametrize("name", ["tiny", pytest.param("plan", marks=FULL)])
def test_every_run_writes_its_page_and_R13_the_same_bytes_again(project: Path, name: str) -> None:
    first, second = project / "first", project / "second"
    for out in (first, second):
        argv = ["run", str(project / "scenarios" / f"{name}.yaml"), "--quiet", *FEW, "--out", str(out)]
        assert cli.main(argv, project) == 0
    assert verify(first / name) == ()
    page = (first / name / "report.html").read_bytes()
    assert page == (second / name / "report.html").read_bytes()
    assert (first / name / "manifest.json").read_bytes() == (second / name / "manifest.json").read_bytes()
    assert f"run.py run scenarios/{name}.yaml".encode() in page
    assert str(project).encode() not in page


def test_report_sets_scenarios_side_by_side_and_says_in_what_they_differ(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = project / "together"
    assert cli.main(["report", "baseline", "plan", *FEW, "--out", str(out)], project) == 0
    assert "3 files are in together/report/." in capsys.readouterr().err
    page = (out / "report" / "report.html").read_text(encoding="utf-8")
    assert verify(out / "report") == ()
    assert "run.py report scenarios/baseline.yaml scenarios/plan.yaml" in page
    assert "source of growth: plan, was blend" in page
    assert (out / "report" / "report.xlsx").exists()
    assert (out / "report" / "report_en.xlsx").exists()


@pytest.mark.parametrize("name", ["tiny", pytest.param("plan", marks=FULL)])
def test_plot_writes_pictures_alone_under_the_name_that_is_asked_for(project: Path, name: str) -> None:
    out = project / f"drawn {name}"
    assert cli.main(["plot", name, "--name", "图", *FEW, "--out", str(out)], project) == 0
    names = {path.name for path in (out / "图").iterdir()}
    assert {"fan.en.svg", "heatmap.en.png", "tiles.en.svg", "scenarios.en.png"} <= names
    assert "report.html" not in names


def test_another_plan_without_tiles_has_a_page_too(project: Path) -> None:
    out = project / "tiny"
    argv = ["run", str(project / "scenarios" / "tiny.yaml"), "--quiet", *FEW, "--out", str(out)]
    assert cli.main(argv, project) == 0
    assert "Cedar" in (out / "tiny" / "report.html").read_text(encoding="utf-8")


def test_scenarios_of_two_plans_are_refused_before_anything_is_run(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["report", "baseline", "tiny", *FEW, "--out", str(project / "none")], project) == 2
    assert "[other-plan]" in capsys.readouterr().err
    assert not (project / "none").exists()


def test_in_ci_no_test_is_left_out_for_want_of_a_program(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("PLANODDS_CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("CI", "true")
    monkeypatch.setattr(test_command, "_run", None)  # nothing may be run
    assert cli.main(["test"]) == 2
    assert "chromium, libreoffice-calc" in capsys.readouterr().err
    monkeypatch.setenv("PLANODDS_CHROMIUM", "my-browser")
    assert test_command.chromium() == "my-browser"


def test_elsewhere_tests_that_need_a_missing_program_are_left_out_and_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    commands: list[tuple[str, ...]] = []

    def note(command: tuple[str, ...], console: object) -> int:
        commands.append(command)
        return 0

    monkeypatch.delenv("PLANODDS_CHROMIUM", raising=False)
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(test_command, "_run", note)
    assert cli.main(["test"]) == 0
    assert [c for c in commands if "pytest" in c] == [c for c in commands if "--ignore=tests/browser" in c]
    assert "tests/cases/test_R15_spreadsheets.py" in capsys.readouterr().err
