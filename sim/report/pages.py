"""The pages of a run: one for each scenario, or one that sets several side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sim.baseline.audit import audit_of
from sim.baseline.plan import Baseline
from sim.cube import Cube
from sim.report.material import is_one_sweep, material_of
from sim.report.page import page_of
from sim.scenario.scenario import Scenario
from sim.studies.compare import Comparison, comparisons_of
from sim.studies.goal_seek import Needs, goal_seek

PAGE = "report.html"


def page_alone(
    cube: Cube, needs: Mapping[str, Needs], sources: Mapping[str, str], versions: Mapping[str, str]
) -> bytes:
    """Return the page of one scenario; *needs* as `goal_seek` gives them."""
    return page_of(material_of((cube,), needs, (), sources, versions, audit_of(cube.plan)))


def order_of(swept: Sequence[tuple[str, ...]]) -> list[int]:
    """Return the places of scenarios as a page shows them, from the paths that each has *swept*: the cells
    of one sweep with the middle of the grid first, else as they are.
    """
    places = list(range(len(swept)))
    if is_one_sweep(swept):
        places.insert(0, places.pop(len(places) // 2))
    return places


def page_together(
    scenarios: Sequence[Scenario],
    baselines: Mapping[str, Baseline],
    cubes: Sequence[Cube],
    sources: Mapping[str, str],
    versions: Mapping[str, str],
) -> bytes:
    """Return one page about all scenarios, which are of one plan; of a sweep alone, about its middle."""
    order = order_of([tuple(dict(cube.cell)) for cube in cubes])
    scenarios, cubes = [scenarios[i] for i in order], [cubes[i] for i in order]
    needs = goal_seek(scenarios, baselines, {cube.scenario: cube for cube in cubes})
    comparisons: tuple[Comparison, ...] = ()
    if len({(s.seed, s.design, s.draws) for s in scenarios}) == 1:
        comparisons = comparisons_of(scenarios, cubes)
    return page_of(material_of(cubes, needs, comparisons, sources, versions))
