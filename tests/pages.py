"""Cubes of shipped scenarios with few draws, and pages made of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from sim.cube import Cube
from sim.report import page_of
from sim.report.material import material_of
from sim.scenario.loading import load_scenarios
from sim.scenario.plans import PlanFolders
from sim.scenario.scenario import Scenario
from sim.streams import BLOCK
from sim.studies.batch import run_batch
from sim.studies.compare import comparisons_of
from sim.studies.goal_seek import Need, goal_seek

ROOT = Path(__file__).resolve().parents[1]

Needs = Mapping[str, tuple[Need, ...]]


PLANS = PlanFolders(ROOT)


@cache
def run_of(*names: str) -> tuple[tuple[Cube, ...], tuple[Scenario, ...]]:
    """Return cubes and scenarios of shipped scenario files, one block of draws each."""
    files = [ROOT / "scenarios" / f"{name}.yaml" for name in names]
    scenarios = tuple(replace(s, draws=BLOCK) for s in load_scenarios(files, PLANS, ROOT))
    return tuple(run_batch(scenarios, PLANS)), scenarios


@cache
def cubes_of(*names: str) -> tuple[tuple[Cube, ...], Needs, tuple[Scenario, ...]]:
    """Return cubes, needs and scenarios of shipped scenario files, one block of draws each."""
    cubes, scenarios = run_of(*names)
    return cubes, goal_seek(scenarios, PLANS, {cube.scenario: cube for cube in cubes}), scenarios


def page_from(cubes: Sequence[Cube], needs: Needs, scenarios: Sequence[Scenario] = ()) -> bytes:
    """Return a page; with *scenarios*, of cubes compared."""
    comparisons = comparisons_of(scenarios, cubes) if scenarios else ()
    sources = {cube.scenario: f"scenarios/{cube.scenario}.yaml" for cube in cubes}
    return page_of(material_of(cubes, needs, comparisons, sources, {"planodds": "test"}))
