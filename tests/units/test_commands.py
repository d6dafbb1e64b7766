from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sim import cli
from sim.baseline.load import load_baseline
from sim.commands import golden
from sim.commands import test as test_command
from sim.errors import BadInput
from sim.outputs.text_table import display_width, text_table
from sim.texts import LANGUAGES, table

ROOT = Path(__file__).parents[2]
TINY = "tiny-2021"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose only plan is the made-up one of three cities, without scenarios."""
    shutil.copytree(ROOT / "tests" / "plans" / TINY, tmp_path / "baselines" / TINY)
    (tmp_path / "scenarios").mkdir()
    return tmp_path


def answer(capsys: pytest.CaptureFixture[str], root: Path, *argv: str) -> tuple[int, str, str]:
    code = cli.main([*argv, "--lang", "en"], root)
    said = capsys.readouterr()
    return code, said.out, said.err


def test_a_new_scenario_passes_the_check_as_it_stands(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert answer(capsys, project, "new", "出口下滑.yaml")[0] == 0
    code, out, err = answer(capsys, project, "check")
    assert (code, out) == (0, "1 file, 1 scenario: no mistakes.\n"), err
    assert f"calibrate --plan {TINY}" in err


def test_a_new_scenario_extends_the_baseline_where_there_is_one_and_no_plan_is_asked_for(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answer(capsys, project, "new", "baseline")
    answer(capsys, project, "new", "mine")
    answer(capsys, project, "new", "own", "--plan", TINY)
    assert 'extends: "baseline"' in (project / "scenarios" / "mine.yaml").read_text(encoding="utf-8")
    assert f"plan: {TINY}" in (project / "scenarios" / "own.yaml").read_text(encoding="utf-8")


def test_a_new_scenario_never_replaces_a_file(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = project / "scenarios" / "mine.yaml"
    kept.write_text("mine")
    code, _, err = answer(capsys, project, "new", "mine")
    assert (code, kept.read_text()) == (2, "mine")
    assert err.startswith("scenarios/mine.yaml:1:1: ")


@pytest.mark.parametrize("name", ["../mine", "a b", "CON", "Mine", ""])
def test_S9_a_new_scenario_has_a_plain_name(
    name: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = answer(capsys, project, "new", name)
    assert code == 2
    assert "[bad-scenario-name]" in err
    assert list((project / "scenarios").iterdir()) == []


def test_a_plan_that_does_not_exist_is_a_mistake_with_the_nearest_name(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = answer(capsys, project, "audit", "--plan", "tiny-2020")
    assert code == 2
    assert TINY in err


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("plan", [ROOT, None])
def test_audit_and_targets_speak_both_languages(
    lang: str, plan: Path | None, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for command in ("audit", "targets"):
        assert cli.main([command, "--lang", lang], plan or project) == 0
        out = capsys.readouterr().out
        heads = [text[lang] for key, text in table().items() if key == f"{command}.target"]
        assert heads[0] in out


def test_the_audit_of_the_shipped_plan_shows_what_rounding_cannot_explain(
    capsys: pytest.CaptureFixture[str],
) -> None:
    _, out, _ = answer(capsys, ROOT, "audit", "--plan", "zhejiang-2016")
    assert "growth that contradicts its levels: 1 " in out
    [row] = [line for line in out.splitlines() if "10.30 %" in line]
    assert row.split("  ")[0].startswith("New-product output")
    assert "+0.21 %" in out
    assert "+0.14 %" in out


def test_targets_lists_every_target_once_with_its_status(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = answer(capsys, ROOT, "targets", "--plan", "zhejiang-2016")
    targets = load_baseline(ROOT / "baselines" / "zhejiang-2016", ROOT).targets
    ids = [line.split()[0] for line in out.splitlines()[3:] if line[:1].strip()]
    assert ids[: len(targets)] == [target.id for target in targets]
    prose = [target for target in targets if target.lead and not target.group.startswith("annex")]
    missing = sum(target.status == "missing" for target in prose)
    assert f"targets of the prose: {len(prose)} (evaluated " in out
    assert f"missing data {missing}," in out


def test_calibrate_writes_path_and_calibration_and_puts_away_what_is_stale(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = tmp_path / "baselines" / "zhejiang-2016"
    shutil.copytree(ROOT / "baselines" / "zhejiang-2016", plan)
    wanted = (plan / "path.csv").read_bytes()
    lines = wanted.splitlines(keepends=True)
    (plan / "path.csv").write_bytes(b"".join(lines[:-1]))
    with pytest.raises(BadInput):
        load_baseline(plan, tmp_path)
    code, out, err = answer(capsys, tmp_path, "calibrate")
    assert code == 0, err
    assert (plan / "path.csv").read_bytes() == wanted
    assert load_baseline(plan, tmp_path).calibration is not None
    assert "prior predictive check" in out


def test_calibrate_says_what_is_wrong_with_the_data_and_writes_nothing(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = project / "baselines" / TINY
    (plan / "history.csv").write_text("series\n")
    before = sorted(path.name for path in plan.iterdir())
    code, _, err = answer(capsys, project, "calibrate")
    assert code == 2
    assert f"baselines/{TINY}/history.csv:1:" in err
    assert sorted(path.name for path in plan.iterdir()) == before


def test_schema_writes_the_schema_and_the_tables_of_the_pages(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "docs").mkdir()
    page = project / "docs" / "scenarios.md"
    page.write_text("before\n<!-- made from code: courses -->\nold\n<!-- end -->\nafter\n", encoding="utf-8")
    assert answer(capsys, project, "schema")[0] == 0
    assert TINY in (project / "scenarios" / "schema.json").read_text(encoding="utf-8")
    text = page.read_text(encoding="utf-8")
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "old" not in text


def test_golden_stores_the_reference_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(golden, "reference_columns", lambda root: {"target": ["H01"], "p": [0.5]})
    code, out, _ = answer(capsys, tmp_path, "golden")
    written = [f"wrote tests/golden/{name}." for name in ("probabilities.csv", "draws.json", "run.json")]
    assert (code, out.splitlines()) == (0, written)
    assert (tmp_path / golden.GOLDEN).read_bytes() == b"target,p\nH01,0.5\n"


SENTENCE = "title: 出口下滑\n"


@pytest.mark.parametrize("encoding", ["gbk", "gb18030", "utf-16"])
def test_R5_fix_encoding_saves_as_utf_8_and_keeps_the_original(
    encoding: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "mine.yaml"
    raw = SENTENCE.encode(encoding)
    file.write_bytes(raw)
    code, out, _ = answer(capsys, tmp_path, "fix-encoding", str(file))
    assert code == 0
    assert file.read_bytes() == SENTENCE.encode("utf-8")
    assert (tmp_path / "mine.yaml.original").read_bytes() == raw
    assert "出口下滑" in out
    assert answer(capsys, tmp_path, "fix-encoding", str(file))[1].endswith("nothing to do.\n")


def test_R5_fix_encoding_never_replaces_an_original(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "mine.yaml"
    file.write_bytes(SENTENCE.encode("gbk"))
    (tmp_path / "mine.yaml.original").write_bytes(b"kept")
    code, _, err = answer(capsys, tmp_path, "fix-encoding", str(file))
    assert code == 2
    assert "[original-exists]" in err
    assert (tmp_path / "mine.yaml.original").read_bytes() == b"kept"


def test_R5_fix_encoding_leaves_what_is_no_text_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "picture.yaml"
    file.write_bytes(b"\x89PNG\xff\x00")
    code, _, err = answer(capsys, tmp_path, "fix-encoding", str(file))
    assert code == 2
    assert "[unknown-encoding]" in err
    assert file.read_bytes() == b"\x89PNG\xff\x00"


def test_R22_verify_names_what_was_changed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from sim.outputs.manifest import Origin
    from sim.outputs.results import opened, publish

    results = tmp_path / "results"
    with opened(results, tmp_path, []):
        place = publish(results, Origin("a", "a.yaml", 1, 4096, {}, {}, {}), {"t.csv": b"x"}, b"")
    assert answer(capsys, tmp_path, "verify")[:2] == (0, "1 result folder: whole and unchanged.\n")
    whole = answer(capsys, tmp_path, "verify", str(results))
    assert whole[:2] == (0, "1 result folder: whole and unchanged.\n")
    (place / "t.csv").write_bytes(b"y")
    assert answer(capsys, tmp_path, "verify", str(results))[:2] == (2, "a/t.csv was changed\n")
    assert answer(capsys, tmp_path, "verify")[:2] == (2, "a/t.csv was changed\n")
    code, out, _ = answer(capsys, tmp_path, "verify", str(tmp_path))
    assert (code, out) == (2, f"{tmp_path.name}/manifest.json is missing\n")


def runs(monkeypatch: pytest.MonkeyPatch, failing: str = "") -> list[list[str]]:
    """Replace the processes of ``run.py test``; those whose command holds *failing* fail."""
    done: list[list[str]] = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[bytes]:
        done.append(list(command))
        return subprocess.CompletedProcess(command, 7 if failing and failing in command else 0)

    monkeypatch.setattr(subprocess, "run", run)
    return done


def test_the_test_command_runs_every_check_with_this_python(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(test_command, "missing_programs", tuple)
    monkeypatch.delenv("CI", raising=False)
    done = runs(monkeypatch)
    assert cli.main(["test"]) == 0
    assert "coverage" not in str(done)
    monkeypatch.setenv("CI", "true")
    assert cli.main(["test"]) == 0
    assert {command[0] for command in done} == {sys.executable}
    text = " ".join(" ".join(command) for command in done)
    for check in ("ruff check", "mypy", "importlinter", "-m not speed -n 2", "-m speed", "coverage report"):
        assert check in text
    assert capsys.readouterr().err.endswith("passed.\n")


@pytest.mark.parametrize("failing", ["ruff", "mypy", "--no-logo", "erase", "pytest", "combine", "report"])
def test_the_test_command_fails_with_whatever_check_fails(
    failing: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(test_command, "missing_programs", tuple)
    monkeypatch.setenv("CI", "true")
    runs(monkeypatch, failing)
    assert cli.main(["test"]) == 7
    assert "did not pass" in capsys.readouterr().err


def test_what_follows_test_goes_to_pytest_untouched(monkeypatch: pytest.MonkeyPatch) -> None:
    done = runs(monkeypatch)
    assert cli.main(["test", "-k", "S12", "--lf", "-x", "tests/units", "--lang"]) == 0
    assert done == [[sys.executable, "-m", "pytest", "-k", "S12", "--lf", "-x", "tests/units", "--lang"]]


def test_columns_line_up_where_chinese_letters_take_two_places() -> None:
    shown = text_table(["指标", "n"], [["a", "1"], ["研发e\u0301", "100"]], right=(1,))
    assert shown.splitlines() == ["指标     n", "-----  ---", "a        1", "研发e\u0301  100"]
    assert display_width("研发e\u0301") == 5


def test_every_text_of_the_command_line_stands_in_both_languages() -> None:
    for name in cli.COMMANDS:
        assert all(table()[f"cli.{name}"].values())
