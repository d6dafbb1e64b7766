"""Actuals that contradict a scenario: where they lie outside the bands of its trajectories."""

from __future__ import annotations

from dataclasses import dataclass

from sim.baseline.progress import actuals_of
from sim.cube import QUANTILES, Cube, Probability, Trajectory
from sim.tables.selection import trajectory_of

BANDS = ((95, 0.025, 0.975), (80, 0.1, 0.9))
"""Bands that an actual is held against, the widest first: per cent and the quantiles at their ends."""


@dataclass(frozen=True, slots=True)
class Surprise:
    """An *actual* of *year* above or below the widest *band* (per cent) that does not hold it."""

    row: Probability
    year: int
    actual: float
    band: int
    above: bool


def surprises_of(cube: Cube, row: Probability) -> tuple[Surprise, ...]:
    """Return the actuals of the quantity of *row* outside the bands of *cube*, in the order of years; none
    of a scenario that uses actuals, whose bands they have made.
    """
    if cube.effective is not None:
        return ()
    actuals = actuals_of(cube.plan, row.target.area, row.quantity)
    found = (
        _outside(row, t, actuals[t.year])
        for t in trajectory_of(cube, row.target.area, row.quantity)
        if t.year in actuals
    )
    return tuple(each for each in found if each is not None)


def _outside(row: Probability, at: Trajectory, actual: float) -> Surprise | None:
    for band, low, high in BANDS:
        first, last = (at.quantiles[QUANTILES.index(q)] for q in (low, high))
        if not first <= actual <= last:
            return Surprise(row, at.year, actual, band, actual > last)
    return None
