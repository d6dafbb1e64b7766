"""The README shows what the program prints."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sim.cli import main

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


def test_a_line_that_is_not_printed_is_noticed() -> None:
    assert missing_chunks("a\n...\nc\n", "a\nb\nc\n") == []
    assert missing_chunks("a\n...\nd\n", "a\nb\nc\n") == ["d\n"]
