"""What set-up does once so that no later start waits for it: kernels and modules are compiled."""

from __future__ import annotations

import compileall
import importlib
import pkgutil
from pathlib import Path

import sim.kernels


def prepare() -> None:
    """Compile every kernel, those of rare runs too, and every module of the program, and keep both.

    Modules as well, since an environment may forbid Python to keep what it compiles (its setting
    PYTHONDONTWRITEBYTECODE); where nothing can be kept they are compiled at each start, as ever.
    """
    for module in pkgutil.iter_modules(sim.kernels.__path__):
        importlib.import_module(f"sim.kernels.{module.name}")
    compileall.compile_dir(Path(sim.__file__).parent, quiet=2)
