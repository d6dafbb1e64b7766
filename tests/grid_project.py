"""Small projects, one with a grid of scenarios, and programs that run them as a planner would."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from sim import cli

ROOT = Path(__file__).parents[1]
PLAN = "zhejiang-2016"
TINY = "tiny-2021"
GRID = f"""\
title: {{zh: 网格, en: Grid}}
about: {{zh: 测试。, en: A test.}}
plan: {PLAN}
draws: 8192
growth: {{source: blend}}
sweep: {{growth.weight: [0.25, 0.75]}}
"""
MAIN = "import sys; from pathlib import Path; from sim.cli import main; "
MAIN += "sys.exit(main(sys.argv[2:], Path(sys.argv[1])))"


def project_of(root: Path, plan: str) -> Path:
    """Make a project with *plan*, the shipped or the made-up one, calibrated, and the baseline; return it."""
    source = ROOT / "tests" / "plans" if plan == TINY else ROOT / "baselines"
    shutil.copytree(source / plan, root / "baselines" / plan)
    for name in ("pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, root)
    if plan == TINY:
        assert cli.main(["calibrate", "--plan", TINY, "--lang", "en"], root) == 0
    (root / "scenarios").mkdir()
    baseline = (ROOT / "scenarios" / "baseline.yaml").read_text(encoding="utf-8")
    (root / "scenarios" / "baseline.yaml").write_text(baseline.replace(PLAN, plan), encoding="utf-8")
    return root


def grid_project(root: Path, grid: str = GRID, plan: str = PLAN) -> Path:
    """Make a project with *plan* and one sweep; return it."""
    project_of(root, plan)
    (root / "scenarios" / "baseline.yaml").unlink()
    (root / "scenarios" / "grid.yaml").write_text(grid.replace(PLAN, plan), encoding="utf-8")
    return root


def program(
    root: Path, *argv: str, code: str = MAIN, environment: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Start *code* on the project as a process of its own."""
    coverage = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE")}
    return subprocess.Popen(
        [sys.executable, "-c", code, root, *argv],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)} | coverage | dict(environment or {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def written(results: Path) -> dict[str, bytes]:
    """Return all that a finished batch wrote, chunks too; times and locks apart."""
    return {
        path.relative_to(results).as_posix(): path.read_bytes()
        for path in sorted(results.rglob("*"))
        if path.is_file() and path.name != "run.log" and not path.name.startswith(".lock")
    }
