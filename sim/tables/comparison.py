"""Many scenarios side by side: one line each, the headline targets and all of them together."""

from __future__ import annotations

from collections.abc import Sequence

from sim.cube import Cube, Probability
from sim.outputs.text_table import display_width
from sim.scenario.cell_names import cell_name
from sim.tables.figures import bare_chance, bare_percent, moved
from sim.tables.layout import WIDEST, column_groups, paragraph, wrapped_table
from sim.texts import say

NAME_WIDTH = 26
FEW = 12
"""So many targets, if no more are asked for, all stand in the comparison and not only headline ones."""

GAP = " "


def comparison_text(cubes: Sequence[Cube], first: Cube | None, lang: str) -> str:
    """Return the scenarios of one plan as a table, with differences to *first* where luck is common."""
    of = say("screen.of-few" if _asked(cubes) else "screen.of-headline", lang)
    if first is None:
        return paragraph(say("screen.comparison-alone", lang, targets=of)) + "\n" + _tables(cubes, None, lang)
    name = first.title.in_language(lang)
    head = paragraph(say("screen.comparison", lang, targets=of, first=name))
    return head + "\n" + _tables(cubes, first, lang)


def grid_text(cubes: Sequence[Cube], first: Cube | None, lang: str) -> str:
    """Return the cells of one sweep as a table, a column for each path that is swept."""
    title = say("screen.grid", lang, title=sweep_title(cubes[0], lang), count=len(cubes))
    return paragraph(title) + "\n" + comparison_text(cubes, first, lang)


def sweep_title(cube: Cube, lang: str) -> str:
    """Return the title of the sweep that *cube* is a cell of: its own without the values of the cell."""
    title = cube.title.in_language(lang)
    start = title.rfind(cell_name(dict(cube.cell)).in_language(lang)) if cube.cell else -1
    return title if start < 0 else title[:start].rstrip("（( ")


def has_common_luck(cube: Cube, first: Cube) -> bool:
    """Return whether two results come from the same random numbers on the same plan."""
    luck = [(each.plan.id, each.seed, each.design, each.draws) for each in (cube, first)]
    return luck[0] == luck[1]


def _tables(cubes: Sequence[Cube], first: Cube | None, lang: str) -> str:
    """Return the table, in parts where there are more targets than places."""
    headline = dict.fromkeys(row.target.id for cube in cubes for row in cube.headline())
    targets = _asked(cubes) or tuple(headline)
    columns = [[target, *(_cell(cube, first, target, lang) for cube in cubes)] for target in targets]
    if any(cube.joint is not None for cube in cubes):
        columns.append([say("screen.all", lang), *(_cell(cube, first, None, lang) for cube in cubes)])
    paths = [path.rpartition(".")[2] for path, _ in cubes[0].cell]
    labels = [_labels(cube, lang) for cube in cubes]
    named = [paths or [say("screen.scenario", lang)], *labels]
    room = WIDEST - sum(min(NAME_WIDTH, _width(column)) + len(GAP) for column in zip(*named, strict=True))
    parts = []
    for part in column_groups(columns, [_width(column) for column in columns], room, GAP):
        head, *rows = [[*label, *cells] for label, cells in zip(named, zip(*part, strict=True), strict=True)]
        right = range(0 if paths else 1, len(head))
        parts.append(wrapped_table(head, rows, dict.fromkeys(range(len(labels[0])), NAME_WIDTH), right, GAP))
    return "\n\n".join(parts)


def _width(column: Sequence[str]) -> int:
    return max(display_width(cell) for cell in column)


def _labels(cube: Cube, lang: str) -> list[str]:
    return [value for _, value in cube.cell] or [cube.title.in_language(lang)]


def _cell(cube: Cube, first: Cube | None, target: str | None, lang: str) -> str:
    """Return a probability and its difference to the first scenario's; *target* None is all together."""
    p, shown = _chance(cube, target, lang)
    if p is None or first is None or first is cube or not has_common_luck(cube, first):
        return shown
    before, _ = _chance(first, target, lang)
    return shown if before is None else f"{shown} {moved(before, p)}"


def _chance(cube: Cube, target: str | None, lang: str) -> tuple[float | None, str]:
    if target is None:
        joint = cube.joint
        return (None, "") if joint is None else (joint.p, bare_percent(joint.p, cube.draws))
    row = _lead(cube, target)
    if row is None or row.p is None:
        return None, say("screen.not-assessed", lang)
    return row.p, bare_chance(row, cube.draws)


def _lead(cube: Cube, target: str) -> Probability | None:
    return next((row for row in cube.probabilities if row.target.lead and row.target.id == target), None)


def _asked(cubes: Sequence[Cube]) -> tuple[str, ...]:
    """Return all targets asked for where they are few and some are no headline ones; else none."""
    leads = [row.target for cube in cubes for row in cube.probabilities if row.target.lead]
    asked = dict.fromkeys(target.id for target in leads)
    is_mixed = any(target.group != "headline" for target in leads)
    return tuple(asked) if is_mixed and len(asked) <= FEW else ()
