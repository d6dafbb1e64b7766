"""What commands do not import: each of these takes longer than some step of the work itself."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = """
import sys
import sim.beside
from sim import cli
sim.beside.processors = lambda: 2
code = cli.main(sys.argv[1:])
print("imported", *sorted(sys.modules))
sys.exit(code)
"""
NEVER = {
    "dask", "distributed", "matplotlib", "pandas", "scipy.integrate", "scipy.linalg", "scipy.optimize",
    "scipy.spatial", "scipy.stats", "scoringrules", "sim.kernels.chain", "sim.kernels.moves",
    "sim.kernels.nets", "sim.kernels.points", "sim.plots", "sim.studies.hindcast", "statsmodels", "xarray",
}  # fmt: skip
READING_ALONE = {"h5netcdf", "h5py", "numba", "pyarrow", "scipy", "sim.engine", "sim.report", "xlsxwriter"}


def imported(*argv: str) -> set[str]:
    """Return the modules that a process has imported once it has done what *argv* asks."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *argv],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=True,
    )
    head, *names = done.stdout.decode("ascii", "replace").splitlines()[-1].split()
    assert head == "imported"
    return set(names)


@pytest.mark.speed
def test_a_run_of_one_scenario_imports_nothing_heavy_that_it_has_no_need_of(tmp_path: Path) -> None:
    small, text = tmp_path / "small.yaml", (ROOT / "scenarios" / "baseline.yaml").read_text(encoding="utf-8")
    small.write_text(text.replace("draws: 20480", "draws: 4096"), encoding="utf-8")
    names = imported("run", str(small), "--quiet", "--out", str(tmp_path / "results"))
    assert {"numba", "sim.engine", "xlsxwriter"} <= names  # or nothing below would say anything
    assert not names & NEVER
    assert not names & {"pydantic", "ruamel.yaml"}  # the process beside it has read the files


@pytest.mark.speed
def test_a_check_imports_only_what_reads() -> None:
    names = imported("check", "scenarios/baseline.yaml")
    assert {"pydantic", "ruamel.yaml", "sim.baseline.load"} <= names
    assert not names & (NEVER | READING_ALONE)
