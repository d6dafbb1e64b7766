"""Chances of headline and city targets at once: points instead of draws, until they are precise enough."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from sim.axes import Floats
from sim.baseline.plan import Baseline, Target
from sim.designs import by_group, group_variance
from sim.engine.point_targets import PointTargets, point_targets
from sim.engine.points import point_chances
from sim.errors import BadInput, Mistake
from sim.estimators import CONFIDENCE, interval_of_sets
from sim.model import Model, compiled
from sim.scenario.scenario import Scenario

FEWEST, MOST = 512, 65_536
"""Points at the first look, and at the most: whole nets."""

PIECE = 2048
"""Points that are worked at a time, so that arrays stay in cache."""

PRECISION = 0.002
"""Half-width of the intervals unless another is asked for: twice 0.1 points of standard error."""


@dataclass(frozen=True, slots=True)
class Chance:
    """A target's probability and the interval of its simulation error, 95 %."""

    target: Target
    p: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class AtPoints:
    """A scenario's answers: *chances* by target, of all lead headline targets *together* (None where one of
    them has no closed form at points), and the lead headline and city targets that only draws can answer.
    """

    scenario: Scenario
    points: int
    chances: tuple[Chance, ...]
    together: tuple[float, float, float] | None
    unanswered: tuple[Target, ...]

    def widest(self) -> float:
        """Return the widest half-width."""
        ends = [(c.low, c.high) for c in self.chances] + ([self.together[1:]] if self.together else [])
        return max((0.5 * (high - low) for low, high in ends), default=0.0)


def at_points(
    scenario: Scenario,
    baseline: Baseline,
    precision: float = PRECISION,
    told: Callable[[int, float], None] = lambda points, widest: None,
) -> AtPoints:
    """Return the chances of *scenario*: intervals at most *precision* to either side, if `MOST` points do.

    BadInput where the scenario has actuals, which give draws weights, or an execution prior, which moves
    outcomes: points know neither.
    """
    check_scenario(scenario)
    model = compiled(scenario, baseline)
    targets = point_targets(model)
    points, chances = 0, np.empty((len(targets.rows) + 1, 0))
    while True:
        more = points or FEWEST
        new = [
            point_chances(model, targets, n, min(PIECE, more)) for n in range(points, points + more, PIECE)
        ]
        points, chances = points + more, np.concatenate([chances, *new], axis=1)
        found = answers(scenario, baseline, model, targets, chances)
        told(points, found.widest())
        if found.widest() <= precision or points >= MOST:
            return found


def check_scenario(scenario: Scenario) -> None:
    """Raise BadInput where *scenario* has what points cannot answer."""
    mistakes = [Mistake(each.place, "points-know-no-actuals") for each in scenario.observed[:1]]
    if scenario.execution is not None:
        mistakes.append(Mistake(scenario.execution.place, "points-know-no-execution"))
    if mistakes:
        raise BadInput(mistakes)


def answers(
    scenario: Scenario, baseline: Baseline, model: Model, targets: PointTargets, chances: Floats
) -> AtPoints:
    """Return what *chances* ``[event, point]`` say."""
    p, low, high = intervals(model, chances)
    rows = [model.targets[row].row for row in targets.rows]
    known = [n for n in range(len(rows)) if not np.isnan(p[n])]
    answered = {rows[n] for n in known}
    wanted = [t.row for n, t in enumerate(model.targets) if t.city >= 0 or n in model.headline]
    headline = {model.targets[n].row for n in model.headline}
    whole = headline <= answered and len(headline) > 1
    return AtPoints(
        scenario,
        chances.shape[1],
        tuple(
            Chance(baseline.targets[rows[n]], float(p[n]), float(low[n]), float(high[n]))
            for n in sorted(known, key=lambda n: rows[n])
        ),
        (float(p[-1]), float(low[-1]), float(high[-1])) if whole else None,
        tuple(baseline.targets[row] for row in sorted(set(wanted) - answered)),
    )


def intervals(model: Model, chances: Floats) -> tuple[Floats, Floats, Floats]:
    """Return means of *chances* ``[event, point]`` and their intervals, from groups that are independent.

    A control variate can carry single points, and so a mean next to 0 or 1, past them: cut there. So
    near to them the mean says nothing of the number of draws that it is worth, and Student's interval stands.
    """
    groups = by_group(model.design, chances)
    count = groups.shape[1]
    variance, _ = group_variance(groups)
    error = np.sqrt(variance / count)
    mean = np.clip(chances.mean(axis=1), 0.0, 1.0)
    ends = interval_of_sets(mean, variance, count, chances.shape[1])
    half = stdtrit(count - 1, 0.5 + 0.5 * CONFIDENCE) * error
    is_near = (variance > 0.0) & (mean * (1.0 - mean) < half)
    low, high = (np.where(is_near, np.clip(mean + side * half, 0.0, 1.0), end)
                 for side, end in zip((-1.0, 1.0), ends, strict=True))  # fmt: skip
    return mean, low, high
