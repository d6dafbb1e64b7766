"""Kernels are kept between starts, by the content of all their sources."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

PROGRAM = """
import sys
import numpy as np
sys.path.insert(0, {root!r})
from small_kernels.outer import twice_into
import small_kernels.jit
out = np.zeros(2)
twice_into(np.array([1.0, 2.0]), out)
print(out.tolist(), sum(twice_into.stats.cache_hits.values()), "numba.np.arraymath" in sys.modules)
"""

INNER = "from small_kernels.jit import inlined\n\n@inlined\ndef times(x):\n    return {factor} * x\n"
OUTER = """
from small_kernels.inner import times
from small_kernels.jit import kernel

@kernel("void(float64[::1], float64[::1])")
def twice_into(x, out):
    for i in range(x.size):
        out[i] = times(x[i])
"""


def test_a_kernel_is_read_back_without_the_compiler_until_any_source_changes(tmp_path: Path) -> None:
    folder = tmp_path / "small_kernels"
    folder.mkdir()
    (folder / "__init__.py").touch()
    shutil.copy(ROOT / "sim/kernels/jit.py", folder)
    (folder / "outer.py").write_text(OUTER)

    def said_with(factor: float) -> str:
        (folder / "inner.py").write_text(INNER.format(factor=factor))
        code = PROGRAM.format(root=str(tmp_path))
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={"NUMBA_CACHE_DIR": str(tmp_path / "kept"), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    assert said_with(2.0) == "[2.0, 4.0] 0 True"
    assert said_with(2.0) == "[2.0, 4.0] 1 False"
    assert said_with(3.0) == "[3.0, 6.0] 0 True"
