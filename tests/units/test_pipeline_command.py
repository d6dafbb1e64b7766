"""`run.py pipeline`: what it shows in both languages, what it writes, and what it says of a wrong name."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

import pytest

from sim import cli

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
    assert "one__incubation.csv" in out

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
