"""A small project with a grid of scenarios, and programs that run it as a planner would."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[1]
PLAN = "zhejiang-2016"
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


def grid_project(root: Path, grid: str = GRID) -> Path:
    """Make a project with the shipped plan and one sweep; return it."""
    shutil.copytree(ROOT / "baselines" / PLAN, root / "baselines" / PLAN)
    for name in ("pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, root)
    (root / "scenarios").mkdir()
    (root / "scenarios" / "grid.yaml").write_text(grid, encoding="utf-8")
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
