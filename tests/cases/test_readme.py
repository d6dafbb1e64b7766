"""The README shows what the program prints."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from sim.cli import main
from sim.texts import say

ROOT = Path(__file__).parents[2]
SHOWN = re.compile(r"<!-- shown by: (?P<command>[^>]+) -->\n```text\n(?P<text>.*?)```", re.S)
ELISION = "..."


def missing_chunks(shown: str, printed: str) -> list[str]:
    """Return the parts of *shown* that do not stand in *printed* in this order; ``...`` skips lines."""
    missing, rest = [], printed
    for chunk in re.split(rf"^{re.escape(ELISION)}\n", shown, flags=re.M):
        before, found, rest_after = rest.partition(chunk)
        if found or not chunk:
            rest = rest_after
        else:
            missing.append(chunk)
    return missing


@pytest.mark.parametrize(("page", "lang"), [("README.md", "en"), ("README.zh.md", "zh")])
def test_the_readme_shows_what_the_program_prints(
    page: str, lang: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    examples = list(SHOWN.finditer((ROOT / page).read_text(encoding="utf-8")))
    assert examples
    for example in examples:
        command = example["command"].split()
        out = ["--out", str(tmp_path)] if command[0] == "run" else []

        assert main(["--lang", lang, *command, *out]) == 0

        assert missing_chunks(example["text"], capsys.readouterr().out) == []


@pytest.mark.parametrize("page", ["README.md", "README.zh.md"])
def test_the_readme_opens_with_the_two_commands(page: str) -> None:
    commands = [
        line.split("#")[0].strip()
        for line in (ROOT / page).read_text(encoding="utf-8").splitlines()
        if line.startswith("    python3 run.py")
    ]
    assert commands[:2] == ["python3 run.py", "python3 run.py test"]


def blocks_of(page: str, heading: str) -> tuple[str, str]:
    """Return the scenario and the mistake that the section *heading* of *page* shows."""
    section = (ROOT / page).read_text(encoding="utf-8").partition(f"\n## {heading}\n")[2]
    scenario = section.partition("```yaml\n")[2].partition("```")[0]
    return scenario, section.partition("```text\n")[2].partition("```")[0]


CHANGE_ONE_LINE = [
    ("README.md", "en", "Change one line", "hangzhou_bay", "hangzhou", "hitech_value_added", "shock slump"),
    ("README.zh.md", "zh", "改一行试试", "环杭州湾", "杭州", "高新技术产业增加值", "冲击 slump"),
]


@pytest.mark.parametrize(("page", "lang", "heading", "area", "city", "indicator", "row"), CHANGE_ONE_LINE)
def test_the_readme_walks_through_a_scenario_that_does_what_it_says(
    page: str,
    lang: str,
    heading: str,
    area: str,
    city: str,
    indicator: str,
    row: str,
    capsys: pytest.CaptureFixture[str],
    project: Path,
) -> None:
    scenario, mistake = blocks_of(page, heading)
    file = project / "scenarios" / "export_slump.yaml"
    file.write_text(scenario, encoding="utf-8")
    command = ["explain", str(file), "--area", city, "--indicator", indicator]
    assert f"python3 run.py explain scenarios/export_slump.yaml {' '.join(command[2:])}\n" in (
        ROOT / page
    ).read_text(encoding="utf-8")

    assert main(["--lang", lang, *command], project) == 0
    assert row in capsys.readouterr().out

    file.write_text(scenario.replace(area, "杭洲"), encoding="utf-8")
    assert main(["--lang", lang, "check", str(file)], project) == 2
    assert capsys.readouterr().err == mistake


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a project with the shipped plan and the baseline alone."""
    shutil.copytree(ROOT / "baselines", tmp_path / "baselines")
    (tmp_path / "scenarios").mkdir()
    shutil.copy(ROOT / "scenarios" / "baseline.yaml", tmp_path / "scenarios")
    return tmp_path


@pytest.mark.parametrize(("page", "lang"), [("README.md", "en"), ("README.zh.md", "zh")])
def test_the_readme_tells_the_last_line_of_the_tests(page: str, lang: str) -> None:
    assert f"```text\n{say('cli.test.passed', lang)}\n```" in (ROOT / page).read_text(encoding="utf-8")


def test_both_readmes_link_to_the_same_pages() -> None:
    links = [
        {link.replace(".zh.md", ".md") for link in re.findall(r"\]\(([^)#]+)\)", text)} - {"README.md"}
        for text in ((ROOT / page).read_text(encoding="utf-8") for page in ("README.md", "README.zh.md"))
    ]
    assert links[0] == links[1]


def test_a_line_that_is_not_printed_is_noticed() -> None:
    assert missing_chunks("a\n...\nc\n", "a\nb\nc\n") == []
    assert missing_chunks("a\n...\nd\n", "a\nb\nc\n") == ["d\n"]
