"""The simulation's error of a scenario's chances, whatever the design of its points."""

from __future__ import annotations

import math

import numpy as np

from sim.axes import Floats
from sim.designs import Design, by_group, group_variance
from sim.engine import Summary
from sim.estimators import CONFIDENCE, interval_of_sets
from sim.weights import WeightedChances


def summary_interval(
    summary: Summary, design: Design, together: bool, confidence: float = CONFIDENCE
) -> tuple[Floats, Floats]:
    """Return the interval of every target's chance, or of at least k headline targets if *together*.

    ``[event]`` each. Sets of plain runs are independent; of Sobol points and mirrored sets it is the
    replicates or pairs that are, and their number gives Student's quantile.
    """
    chances = summary.together if together else summary.chances
    draws = max(2, math.floor(summary.effective()))
    if design.kind == "plain":
        sets = chances.effective_sets() if isinstance(chances, WeightedChances) else chances.sets
        return interval_of_sets(chances.mean(), chances.variance(), sets, draws, confidence)
    count = len(summary.chances.mean())
    by_set = summary.by_set.value()
    groups = by_group(design, by_set[count:] if together else by_set[:count])
    variance, _ = group_variance(groups)
    mean = np.clip(chances.mean(), 0.0, 1.0)
    return interval_of_sets(mean, variance, groups.shape[1], draws, confidence)
