"""What the screen shows of a run: each scenario, then what has no answer, then all side by side."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from sim.cube import Cube
from sim.tables.comparison import comparison_text, grid_text
from sim.tables.screen import screen_text
from sim.tables.target_lists import unanswered_list


def run_screens(cubes: Iterable[Cube], lang: str) -> Iterator[str]:
    """Yield the texts of a run while its results come; *cubes* are in the order of the scenarios.

    A cell of a sweep is one line of its grid. Targets without an answer are listed once per plan.
    """
    kept: list[Cube] = []
    for cube in cubes:
        kept.append(cube)
        if not cube.cell:
            yield screen_text(cube, lang, listed=False)
    for plan in dict.fromkeys(cube.plan.id for cube in kept):
        yield from plan_screens([cube for cube in kept if cube.plan.id == plan], lang)


def plan_screens(cubes: Sequence[Cube], lang: str) -> Iterator[str]:
    """Yield what follows the scenarios of one plan: the unanswered targets, the comparison, the grids."""
    unanswered = unanswered_list(cubes, lang)
    if unanswered:
        yield unanswered + "\n"
    alone = [cube for cube in cubes if not cube.cell]
    first = alone[0] if alone else None
    if len(alone) > 1:
        yield comparison_text(alone, first, lang) + "\n"
    swept = [cube for cube in cubes if cube.cell]
    for _, cells in groupby(swept, key=sweep_of):
        grid = list(cells)
        yield grid_text(grid, first or grid[0], lang) + "\n"


def sweep_of(cube: Cube) -> tuple[object, ...]:
    """Return what the cells of one sweep share: their file's name and the paths that are swept."""
    paths = tuple(path for path, _ in cube.cell)
    return (cube.scenario.partition("__")[0], paths)
