"""Work that ends its workers; nothing heavy is imported, since every worker imports this anew."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from pathlib import Path

from sim.errors import BadInput, Mistake


def square_or_die(number: int) -> int:
    """Return the square of *number*, but for 3, which ends whatever works on it."""
    if number == 3:
        os._exit(9)
    return number * number


def dies_once(flag: Path) -> str:
    """End the worker the first time, as a kill from outside does."""
    if not flag.exists():
        flag.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return "done"


def out_of_memory(size: int) -> int:
    """Return *size* where it is small."""
    if size > 1:
        raise MemoryError
    return size


def same() -> str:
    """Return what every worker must say to be of this version."""
    return "this version"


def refuse(mistakes: Sequence[Mistake]) -> None:
    """Find *mistakes*."""
    raise BadInput(mistakes)
