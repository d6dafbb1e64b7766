"""The guide to the Python interface says what is true: its blocks run, top to bottom."""

from __future__ import annotations

import re
import runpy
import warnings
from pathlib import Path

import pytest

import sim.api

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)


def test_every_block_of_the_guide_runs_top_to_bottom(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    program = tmp_path / "guide.py"
    program.write_text("\n".join(BLOCKS), encoding="utf-8")
    monkeypatch.chdir(ROOT)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        runpy.run_path(str(program))
    printed = capsys.readouterr().out
    assert "Technology trans" in printed
    assert "H09" in printed


def test_the_first_block_needs_ten_lines() -> None:
    assert len([line for line in BLOCKS[0].splitlines() if line.strip()]) <= 10


def test_the_guide_lists_every_function() -> None:
    listed = set(re.findall(r"`(\w+)\(", GUIDE.split("| function |")[1]))
    assert listed == set(sim.api.__all__)
