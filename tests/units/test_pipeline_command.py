"""`run.py pipeline`: what it shows in both languages, what it writes, and what it says of a wrong name."""

from __future__ import annotations

import csv
import shutil
from collections import defaultdict
from pathlib import Path

import pytest

from sim import cli
from sim.baseline.load import load_baseline
from sim.outputs.text_table import display_width
from sim.pipelines import pipeline
from sim.tables.layout import WIDEST
from sim.tables.targets_table import targets_text
from sim.texts import say

ROOT = Path(__file__).parents[2]


def shown(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    code = cli.main(["pipeline", *argv], ROOT)
    said = capsys.readouterr()
    return code, said.out, said.err


def scenario(tmp_path: Path, text: str) -> str:
    file = tmp_path / "one.yaml"
    file.write_text("plan: zhejiang-2016\n" + text, encoding="utf-8")
    return str(file)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_pipeline_without_coupling_is_watched_and_its_flow_table_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], lang: str
) -> None:
    file = scenario(tmp_path, "pipelines: {incubation: {coupling: 0, start_queue: 50}}\n")
    code, out, err = shown(
        capsys, "incubation", "--watch", "--scenario", file, "--out", str(tmp_path), "--lang", lang
    )

    assert code == 0, err
    words = {"zh": ("前 4,096 次抽样（16 组参数）", "离散也变小"), "en": ("16 sets", "spreads less")}
    assert all(word in out for word in words[lang])
    assert {f"{year}-{month:02d}" for year in range(2016, 2021) for month in range(1, 13)} <= set(out.split())
    assert f"{tmp_path.name}/pipelines/one__incubation.csv" in out

    flows: defaultdict[tuple[str, str], float] = defaultdict(float)
    with (tmp_path / "pipelines" / "one__incubation.csv").open(encoding="utf-8-sig", newline="") as table:
        for row in csv.DictReader(table):
            flows[row["from"], row["to"]] += float(row["mean"])
    came = 50.0 + flows["nursery", "queue"]
    assert flows["queue", "graduating"] + flows["queue", "failing"] <= came
    assert flows["outside", "accelerator queue"] <= flows["graduating", "outside"]


def test_a_pipeline_that_is_not_there_is_a_mistake_with_the_nearest_name(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, _, err = shown(capsys, "frims", "--lang", "en")

    assert code == 2
    assert "pipelines.yaml" in err
    assert "did you mean 'firms'?" in err


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_wrong_number_stops_it_with_the_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], lang: str
) -> None:
    file = scenario(tmp_path, "pipelines:\n  incubation: {stay: -1}\n  firms: {capacity: 0.5}\n")
    code, out, err = shown(capsys, "firms", "--scenario", file, "--out", str(tmp_path), "--lang", lang)

    assert (code, out) == (2, "")
    assert "one.yaml:3:22: " in err
    assert "one.yaml:4:21: " in err
    assert not (tmp_path / "pipelines").exists()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_it_shows_fits_a_terminal_and_says_neither_none_nor_all(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], lang: str
) -> None:
    """So little room that no draw meets a target, so many accounts that their table is in parts."""
    file = scenario(
        tmp_path,
        "draws: 4096\npipelines: {incubation: {start_area: 100, start_tenants: 1000, area_yearly: 0}}\n",
    )
    argv = ("incubation", "--watch", "--scenario", file, "--out", str(tmp_path), "--lang", lang)
    code, out, err = shown(capsys, *argv)

    assert code == 0, err
    assert max(display_width(line) for line in out.splitlines()) <= WIDEST
    rows = [line.split() for line in out.splitlines() if line.startswith("P0")]
    assert len(rows) == 6
    assert all("<0.1" in row and not {"0.0", "100.0"} & set(row) for row in rows)


VENTURE = """
venture_capital:
  name: {zh: 创投机构, en: Venture-capital institutions}
  kind: programme
  coupled_to: rd_expenditure
  dates: ["12-31"]
  numbers:
    start: {low: 150, central: 180, high: 220, unit: "家", grade: C, source: "a guess"}
    first: {value: 25, unit: "家", grade: C, source: "a guess"}
    yearly: {value: 25, unit: "家", grade: C, source: "a guess"}
    exit: {value: 0.02, unit: "1", grade: C, source: "a guess"}
    coupling: {value: 1, unit: "1", grade: C, source: "a guess"}
  outputs:
    stock: {id: vc_firms, name: {zh: 创投机构, en: VC firms}, unit: "家", grade_definition: C}
"""


def test_a_missing_figure_entered_where_the_list_says_gives_an_evaluated_target(tmp_path: Path) -> None:
    """Each step that the list names leads to the next, and the last to an answer."""
    plan = tmp_path / "plan"
    shutil.copytree(ROOT / "baselines" / "zhejiang-2016", plan)

    def said() -> str:
        lines = targets_text(load_baseline(plan, tmp_path), "en").splitlines()
        begin = next(number for number, line in enumerate(lines) if line.startswith("P01"))
        end = next(number for number, line in enumerate(lines) if line.startswith("P02"))
        return " ".join(" ".join(lines[begin:end]).split())

    table = plan / "targets.csv"
    lines = table.read_text(encoding="utf-8").splitlines(keepends=True)
    own = next(number for number, line in enumerate(lines) if line.startswith("P01,"))
    words = ("missing data", "pipelines.yaml", "quantity", f"targets.csv:{own + 1}", "evaluated")
    assert all(word in said() for word in words)
    with (plan / "pipelines.yaml").open("a", encoding="utf-8") as file:
        file.write(VENTURE)
    lines[own] = lines[own].replace("zhejiang,,stock", "zhejiang,vc_firms,stock")
    table.write_text("".join(lines), encoding="utf-8")
    assert "pipelines.yaml" not in said()
    assert all(word in said() for word in ("missing data", f"targets.csv:{own + 1}", "status", "evaluated"))
    lines[own] = lines[own].replace(",missing,", ",evaluated,")
    table.write_text("".join(lines), encoding="utf-8")
    assert "missing data" not in said()
    assert load_baseline(plan, tmp_path).targets[own - 1].quantity == "vc_firms"


def test_every_kind_of_pipeline_has_a_word_in_chinese() -> None:
    for kind in pipeline:
        assert say(f"pipeline.kind.{kind}", "zh") != say(f"pipeline.kind.{kind}", "en")
