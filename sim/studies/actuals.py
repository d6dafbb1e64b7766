"""How each target's probability moved as actuals came in: without any, then year by year."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sim.baseline.plan import Baseline, Target
from sim.designs import Design
from sim.engine import Summary, run
from sim.executors import Map, serial
from sim.model import Model
from sim.scenario.observed import actuals_of_plan
from sim.scenario.scenario import Actual, Scenario
from sim.studies.intervals import summary_interval
from sim.studies.learned import learned_model
from sim.studies.results import chance_columns
from sim.studies.sensitivity import is_enough


@dataclass(frozen=True, slots=True)
class Step:
    """What was known: *until* (None: nothing), which actuals, how many effective draws that leaves."""

    until: int | None
    actuals: tuple[Actual, ...]
    draws: int
    effective: float


@dataclass(frozen=True, slots=True)
class Moved:
    """One target's probability at each step, with the error of the simulation; None where too few
    effective draws are left to say one.
    """

    target: Target
    chances: tuple[tuple[float, float, float] | None, ...]


@dataclass(frozen=True, slots=True)
class Moves:
    """All steps of a scenario; *fixed*: with parameters at their central values, since their draws left
    too few effective ones at some step (every step then, so that they can be compared).
    """

    scenario: Scenario
    steps: tuple[Step, ...]
    rows: tuple[Moved, ...]
    fixed: bool


def moves_of(
    scenario: Scenario,
    baseline: Baseline,
    areas: Sequence[str],
    map_blocks: Map = serial,
) -> Moves:
    """Return the steps of *scenario*: no actuals, then those up to each year that has any.

    Targets: lead headline targets and, of *areas* other than the province, all that are evaluated.
    The scenario's own actuals come in with the year that they tell of.
    """
    known = scenario.observed or actuals_of_plan(baseline, baseline.years[-1])
    chosen = [t for t in baseline.targets if is_shown(t, baseline, areas)]
    asked = replace(scenario, targets=tuple(dict.fromkeys(t.id for t in chosen)))
    shown = steps_of(asked, baseline, known, map_blocks)
    fixed = scenario.noise.parameters == "fixed"
    if any(not is_enough(summary) for _, summary, _ in shown) and not fixed:
        fixed, noise = True, replace(scenario.noise, parameters="fixed")
        shown = steps_of(replace(asked, noise=noise), baseline, known, map_blocks)
    columns = [chances_of(baseline, rows, summary, Design(scenario.design)) for _, summary, rows in shown]
    rows = tuple(Moved(t, tuple(column.get((t.id, t.version)) for column in columns)) for t in chosen)
    return Moves(scenario, tuple(step for step, _, _ in shown), rows, fixed)


def steps_of(
    scenario: Scenario, baseline: Baseline, known: Sequence[Actual], map_blocks: Map
) -> list[tuple[Step, Summary, list[int]]]:
    """Return each step with its summary and the plan's rows of its targets; the last one first to fail."""
    years = sorted({actual.year for actual in known})
    steps = []
    for until in (*reversed(years), None):
        actuals = tuple(a for a in known if until is not None and a.year <= until)
        model = learned_model(replace(scenario, observed=actuals), baseline)
        summary = enough_draws(model, map_blocks)
        step = Step(until, actuals, summary.draws, summary.effective())
        steps.append((step, summary, [target.row for target in model.targets]))
        if not is_enough(summary) and scenario.noise.parameters == "drawn":
            break  # all steps will be asked again with parameters at their central values
    return steps[::-1]


MOST_TIMES = 4
"""A step takes at most so many times the scenario's draws to have enough effective ones."""


def enough_draws(model: Model, map_blocks: Map) -> Summary:
    """Return the summary of the model's draws, doubled until enough of them are effective.

    Summaries merge exactly, so nothing is drawn twice.
    """
    [summary] = run([model], range(model.blocks), detailed=False, map_blocks=map_blocks)
    blocks = model.blocks
    while not is_enough(summary):
        if blocks >= MOST_TIMES * model.blocks:
            break
        [more] = run([model], range(blocks, 2 * blocks), detailed=False, map_blocks=map_blocks)
        summary, blocks = summary + more, 2 * blocks
    return summary


def is_shown(target: Target, baseline: Baseline, areas: Sequence[str]) -> bool:
    """Return whether a target belongs into the table."""
    if target.status != "evaluated" or target.area not in areas:
        return False
    return target.group == "headline" if target.area == baseline.province.id else True


def chances_of(
    baseline: Baseline, rows: Sequence[int], summary: Summary, design: Design
) -> dict[tuple[str, str], tuple[float, float, float] | None]:
    """Return p and its error by target and version."""
    columns = chance_columns(summary.chances, *summary_interval(summary, design, together=False))
    parts = [columns[name] for name in ("p", "mc_low", "mc_high")]
    found: dict[tuple[str, str], tuple[float, float, float] | None] = {}
    for position, row in enumerate(rows):
        target = baseline.targets[row]
        p, low, high = (float(part[position]) for part in parts)
        found[target.id, target.version] = (p, low, high) if is_enough(summary) else None
    return found
