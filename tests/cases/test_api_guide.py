"""The guide to the Python interface says what is true: its blocks run, top to bottom."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import sim.api

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)


def test_every_block_of_the_guide_runs_top_to_bottom() -> None:
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-W", "error", "-c", "\n".join(BLOCKS)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    assert "Technology trans" in done.stdout
    assert "H09" in done.stdout


def test_the_first_block_needs_ten_lines() -> None:
    assert len([line for line in BLOCKS[0].splitlines() if line.strip()]) <= 10


def test_the_guide_lists_every_function() -> None:
    listed = set(re.findall(r"`(\w+)\(", GUIDE.split("| function |")[1]))
    assert listed == set(sim.api.__all__)
