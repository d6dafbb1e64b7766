"""The command line as planners meet it: exit codes, one line per mistake, any console, any locale."""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from sim import cli
from sim.commands import run as run_command
from sim.outputs.locks import locked
from sim.outputs.machine_tables import columns_from_parquet
from sim.outputs.manifest import verify
from tests.grid_project import PLAN, TINY, project_of

ROOT = Path(__file__).parents[2]
PROGRAM = "import sys; from pathlib import Path; from sim.cli import main; "
PROGRAM += "sys.exit(main(sys.argv[2:], Path(sys.argv[1])))"
SCENARIO = """\
title: {{zh: 出口下滑, en: Fewer exports}}
about: {{zh: 测试。, en: A test.}}
extends: 基准
drift:
  rd:
    areas: {area}
    indicators: {indicator}
    years: [{year}]
    add: -1
"""
NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
FULL = pytest.mark.skipif(not NIGHTLY, reason="the same of a plan of full size; runs each night")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with the shipped plan and baseline, and a scenario of the planner's own."""
    root = tmp_path_factory.mktemp("项目")
    shutil.copytree(ROOT / "baselines", root / "baselines")
    for name in ("pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, root)
    (root / "scenarios").mkdir()
    shutil.copy(ROOT / "scenarios" / "baseline.yaml", root / "scenarios")
    return root


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with the made-up plan and the baseline: consoles and disks are no matter of size."""
    return project_of(tmp_path_factory.mktemp("项目"), TINY)


def started(
    root: Path, *argv: str, environment: Mapping[str, str] | None = None, stdout: int = subprocess.PIPE
) -> subprocess.Popen[bytes]:
    """Start the program as a process of its own."""
    coverage = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE")}
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, root, *argv],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]} | coverage | dict(environment or {}),
        stdout=stdout,
        stderr=subprocess.PIPE,
    )


def test_a_sound_file_is_said_to_be_sound(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", str(project / "scenarios" / "baseline.yaml")], project) == 0
    assert capsys.readouterr().out == "1 file, 1 scenario: no mistakes.\n"


def test_without_files_all_scenarios_of_the_project_are_meant(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["check", "--lang", "zh"], project) == 0
    assert capsys.readouterr().out == "1 个文件、1 个情景，没有错误。\n"


def test_a_folder_without_scenarios_is_a_mistake(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", str(tmp_path)], tmp_path) == 2
    assert "[no-scenarios]" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["check", "run"])
def test_every_mistake_of_every_file_is_a_line_and_nothing_is_written(
    command: str, project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.yaml").write_text("title: x\nplan: zhejiang-2016\ngrowht: {source: plan}\n")
    assert cli.main([command, str(tmp_path), str(tmp_path / "none.yaml")], project) == 2
    said = capsys.readouterr()
    assert said.out == ""
    lines = said.err.splitlines()
    assert any(line.startswith("one.yaml:3:1: ") and line.endswith("[unknown-field]") for line in lines)
    assert any(line.startswith("two.yaml:3:1: ") for line in lines)
    assert any("[missing-file]" in line for line in lines)
    assert "Traceback" not in said.err
    assert not (project / "results").exists()


def test_a_command_that_does_not_exist_is_bad_input(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit:
        cli.main(["chekc"])
    assert exit.value.code == 2
    assert "chekc" in capsys.readouterr().err


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_command_explains_itself_in_both_languages(
    lang: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for command in ["--help", *cli.COMMANDS]:
        if command != "test":  # its arguments are pytest's
            argv = ["--lang", lang, command] if command == "--help" else [command, "--lang", lang, "--help"]
            with pytest.raises(SystemExit) as exit:
                cli.main(argv)
            assert exit.value.code == 0
    assert ("使用" in capsys.readouterr().out) == (lang == "zh")


@pytest.mark.parametrize("draws", ["4095", "-4096", "0", "1e4", "many", "９"])
def test_draws_that_are_no_whole_blocks_are_refused(
    draws: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exit:
        cli.main(["run", f"--draws={draws}"], project)
    assert exit.value.code == 2
    assert "--draws" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("plan", "area", "indicator", "year"),
    [(TINY, "甲市", "research", 2022), pytest.param(PLAN, "杭州", "rd_expenditure", 2017, marks=FULL)],
)
def test_R13_R23_a_run_in_any_time_zone_and_locale_gives_the_same_bytes(
    plan: str, area: str, indicator: str, year: int, tmp_path: Path
) -> None:
    project = project_of(tmp_path / "项目", plan)
    scenario = project / "我的情景" / "出口下滑.yaml"
    scenario.parent.mkdir()
    text = SCENARIO.format(area=area, indicator=indicator, year=year)
    scenario.write_text(text, encoding="utf-8")
    shutil.copy(project / "scenarios" / "baseline.yaml", scenario.with_name("基准.yaml"))
    environments = (
        {"TZ": "UTC", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "1", "PYTHONUTF8": "1"},
        {"TZ": "Asia/Kathmandu", "LC_ALL": "C", "PYTHONHASHSEED": "2", "PYTHONUTF8": "0"},
        {"TZ": "Europe/Berlin", "LC_ALL": "de_DE", "LANG": "zh_CN.GB18030", "PYTHONUTF8": "0"},
    )
    outputs = []
    for number, environment in enumerate(environments):
        out = tmp_path / f"results {number}"
        argv = ("run", os.fspath(scenario), "--draws", "4096", "--out", os.fspath(out), "--quiet")
        with started(project, *argv, environment=environment) as process:
            shown, said = process.communicate()
        assert (process.returncode, shown) == (0, b""), said
        [place] = [path for path in out.iterdir() if path.is_dir()]
        assert os.fsencode(place.name) == "出口下滑".encode()
        assert verify(place) == ()
        outputs.append({p.name: p.read_bytes() for p in place.iterdir() if p.name != "run.log"})
    assert outputs[0] == outputs[1] == outputs[2]
    manifest = json.loads(outputs[0]["manifest.json"])
    assert manifest["source"] == "我的情景/出口下滑.yaml"
    assert set(manifest["inputs"]) > {"我的情景/出口下滑.yaml", "我的情景/基准.yaml"}
    everything = b"".join(outputs[0].values())
    for secret in (os.fsencode(tmp_path), os.uname().nodename.encode() + b".", b"/tmp/"):
        assert secret not in everything


def test_a_run_shows_its_tables_and_publishes_its_files(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scenario = str(project / "scenarios" / "baseline.yaml")
    assert cli.main(["run", scenario, "--draws", "4096", "--out", str(tmp_path / "out")], project) == 0
    said = capsys.readouterr()
    assert "H01" in said.out
    assert said.err.endswith("results of 1 scenario are in out/.\n")
    place = tmp_path / "out" / "baseline"
    for table in ("probabilities", "trajectories"):
        with (place / f"{table}.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        columns = columns_from_parquet((place / f"{table}.parquet").read_bytes())
        assert list(columns) == list(rows[0])
        assert {len(cells) for cells in columns.values()} == {len(rows)}
    head = (place / "probabilities.csv").read_text(encoding="utf-8").partition("\n")[0]
    assert head.startswith(
        "target,area,indicator,year,comparator,value,unit,version,status,p,mc_low,mc_high,p10,p90,draws,seed,grade"
    )
    assert json.loads((place / "manifest.json").read_bytes())["draws"] == 4096


def test_R21_a_result_of_another_file_is_not_overwritten_and_nothing_is_simulated(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "results"
    place = out / "baseline"
    place.mkdir(parents=True)
    for source, code in (("elsewhere/baseline.yaml", 2), ("scenarios/baseline.yaml", 0)):
        write_manifest(place, source)
        monkeypatch.setattr("sim.studies.batch.run_batch", lambda *_, **__: iter(()))
        argv = ["run", str(project / "scenarios" / "baseline.yaml"), "--out", str(out)]
        assert cli.main(argv, project) == code
        assert ("[name-taken]" in capsys.readouterr().err) == (code == 2)


def write_manifest(place: Path, source: str) -> None:
    from sim.outputs.manifest import MANIFEST, Origin, manifest_of

    origin = Origin("baseline", source, 1, 4096, {}, {}, {})
    (place / MANIFEST).write_bytes(manifest_of(origin, {}))


def test_R21_two_files_of_one_name_are_refused(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "baseline.yaml"
    other.write_text((project / "scenarios" / "baseline.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    assert cli.main(["run", str(project / "scenarios" / "baseline.yaml"), str(other)], project) == 2
    assert "[same-output]" in capsys.readouterr().err


def test_R20_a_folder_in_use_ends_with_4_and_says_by_whom(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    argv = ["run", "--out", str(tmp_path), str(project / "scenarios" / "baseline.yaml")]
    with locked(tmp_path):
        assert cli.main(argv, project) == 4
    assert f"pid {os.getpid()}" in capsys.readouterr().err


def test_R19_results_that_are_a_file_end_before_anything_is_simulated(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sim.studies.batch.run_batch", None)
    out = tmp_path / "results"
    out.touch()
    assert cli.main(["run", "--out", str(out), str(project / "scenarios" / "baseline.yaml")], project) == 2
    assert "[is-a-file]" in capsys.readouterr().err


@pytest.mark.parametrize("encoding", ["gbk", "ascii", "cp437"])
def test_R24_a_console_that_lacks_a_letter_gets_a_question_mark(encoding: str, small: Path) -> None:
    with started(small, "targets", "--lang", "zh", environment={"PYTHONIOENCODING": encoding}) as process:
        shown, said = process.communicate()
    assert (process.returncode, said) == (0, b"")
    assert ("研究".encode("gbk") in shown) == (encoding == "gbk")
    assert b"H01" in shown


def test_R24_mistakes_reach_a_console_without_chinese(small: Path, tmp_path: Path) -> None:
    (tmp_path / "坏.yaml").write_text("{")
    argv = ("check", os.fspath(tmp_path / "坏.yaml"), "--lang", "zh")
    with started(small, *argv, environment={"LC_ALL": "C", "PYTHONUTF8": "0"}) as process:
        _, said = process.communicate()
    assert process.returncode == 2
    assert b":1:" in said
    assert b"Traceback" not in said


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_R24_a_reader_who_goes_away_does_not_change_the_exit_code(unbuffered: str, small: Path) -> None:
    with started(small, "targets", environment={"PYTHONUNBUFFERED": unbuffered}) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        said = process.stderr.read()
    assert (process.returncode, said) == (0, b"")


def test_R18_a_full_disk_behind_the_screen_ends_with_5(small: Path) -> None:
    with open("/dev/full", "wb") as full, started(small, "targets", stdout=full.fileno()) as process:
        _, said = process.communicate()
    assert process.returncode == 5
    assert len(said.splitlines()) == 1


def test_R17_a_run_that_is_told_to_end_ends_with_3_and_leaves_no_half_result(
    project: Path, tmp_path: Path
) -> None:
    scenario, results = project / "scenarios" / "baseline.yaml", tmp_path / "results"
    with started(project, "run", os.fspath(scenario), "--out", os.fspath(results)) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == b"running 1 scenario ...\n"
        time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        said = process.stderr.read()
    assert process.returncode == 3
    assert len(said.splitlines()) == 1
    assert os.listdir(results) == [".lock"]


class Failing:
    """A command that ends in *error*."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def add_arguments(self, parser: object, lang: str) -> None:
        return

    def run(self, options: object, console: object) -> int:
        raise self.error


@pytest.mark.parametrize(("error", "code"), [(MemoryError(), 3), (KeyboardInterrupt(), 3)])
def test_what_stops_a_run_is_one_line(
    error: BaseException, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "COMMANDS", {"run": Failing(error)})
    assert cli.main([]) == code
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_mistake_of_ours_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    for error in (ZeroDivisionError(), OSError(5, "input/output error")):
        monkeypatch.setattr(cli, "COMMANDS", {"run": Failing(error)})
        with pytest.raises(type(error)):
            cli.main([])


def test_the_map_over_processes_is_asked_for_by_workers_and_watched() -> None:
    assert list(run_command.map_over(1)(abs, [-1, 2])) == [1, 2]
    assert list(run_command.map_over(2)(abs, iter([-1, 2]))) == [1, 2]
