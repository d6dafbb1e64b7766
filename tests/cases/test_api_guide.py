"""The guide to the Python interface says what is true: its blocks run, top to bottom."""

from __future__ import annotations

import re
import runpy
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

import sim.api
from sim.errors import BadInput

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


@pytest.mark.parametrize(
    ("ask", "code", "near"),
    [
        (lambda: sim.api.load_plan("zhejang-2016"), "unknown-plan", "zhejiang-2016"),
        (lambda: sim.api.load_scenarios("basline"), "no-such-file", "baseline"),
        (lambda: sim.api.load_scenarios("baseline", draws=100), "bad-draws", None),
        (lambda: sim.api.load_scenarios("baseline", draws=5000), "bad-draws", None),
        (lambda: sim.api.load_scenarios("baseline", draws=-4096), "bad-draws", None),
    ],
)
def test_what_cannot_be_asked_for_is_refused_with_the_nearest(
    ask: Callable[[], object], code: str, near: str | None
) -> None:
    with pytest.raises(BadInput) as bad:
        ask()
    [mistake] = bad.value.mistakes
    assert mistake.code == code
    assert dict(mistake.details).get("near") == near


def test_sobol_points_are_asked_for_in_whole_nets(tmp_path: Path) -> None:
    file = tmp_path / "net.yaml"
    file.write_text("plan: zhejiang-2016\ndesign: sobol\ndraws: 8192\n", encoding="utf-8")
    with pytest.raises(BadInput, match="draws-no-net"):
        sim.api.load_scenarios(file, draws=3 * 4096)
    assert sim.api.load_scenarios(file, draws=4 * 4096)[0].draws == 4 * 4096
