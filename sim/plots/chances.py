"""The headline chances: dots, exceedance curves, and scenarios side by side."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator

from sim.cube import QUANTILES, Cube, Probability, unit_of
from sim.plots.style import DEEP, GOAL, INK, SOFT, panels, short
from sim.tables.figures import bare_percent, bare_span, number
from sim.tables.selection import charted, dots_of, ends_of, goal_of, trajectory_of
from sim.texts import say

MARKERS = "oDs^vP*X<>"
MOST = 10
"""Scenarios that can be told apart by their marks; of more, the first are drawn."""


def dots(cubes: Sequence[Cube], lang: str) -> Figure:
    """Return a hundred dots for each headline target."""
    cube = cubes[0]
    rows = _answered(cube)
    figure, axes = panels(len(rows), 3, 2.7, 2.5)
    for row, axis in zip(rows, axes, strict=True):
        first, last = (dots_of(end) for end in ends_of(row))
        places = [(i % 10, i // 10) for i in range(100)]
        for part, fill, edge in (
            (places[:first], DEEP, DEEP),
            (places[first:last], "#8fb4d9", DEEP),
            (places[last:], "#ffffff", "#8793a1"),
        ):
            x, y = [p[0] for p in part], [p[1] for p in part]
            axis.scatter(x, y, s=34, facecolor=fill, edgecolor=edge, linewidths=0.6)
        axis.set_xlim(-0.7, 9.7)
        axis.set_ylim(9.7, -0.7)
        axis.set_aspect("equal")
        axis.axis("off")
        low, high = ends_of(row)
        name = short(f"{row.target.id} {row.target.name.in_language(lang)}", 30)
        axis.set_title(f"{name}\n{bare_span(low, high, cube.draws)} %", fontsize=9)
    figure.suptitle(cube.title.in_language(lang), x=0.01, ha="left", fontsize=12)
    return figure


def _answered(cube: Cube) -> list[Probability]:
    return [row for row in cube.headline_evaluated() if row.p is not None]


def exceedance(cubes: Sequence[Cube], lang: str) -> Figure:
    """Return the chance of reaching each level, through the cube's quantiles, and the target on it."""
    cube = cubes[0]
    rows = [r for r in _answered(cube) if trajectory_of(cube, r.target.area, r.quantity)]
    figure, axes = panels(len(rows), 3, 3.9, 2.6)
    for row, axis in zip(rows, axes, strict=True):
        last = next(
            t for t in trajectory_of(cube, row.target.area, row.quantity) if t.year == row.target.year
        )
        axis.plot(last.quantiles, [100 * (1 - q) for q in QUANTILES], color=DEEP, marker="o", ms=3, lw=1.6)
        goal = goal_of(cube.plan, row.target)
        if goal is not None:
            axis.axvline(goal, color=GOAL, ls="--", lw=1.3)
            told = say("plot.goal", lang, value=number(goal), p=bare_percent(row.p or 0.0, cube.draws))
            axis.text(
                0.98, 0.96, told, transform=axis.transAxes, ha="right", va="top", color=GOAL, fontsize=8
            )
        axis.set_ylim(0, 100)
        name = charted(cube.plan, row.target).in_language(lang)
        unit = say(f"unit.{unit_of(cube.plan, row.quantity)}", lang)
        axis.set_title(short(f"{row.target.id} {name} ({unit})", 46), fontsize=9)
        axis.xaxis.set_major_locator(MaxNLocator(4))
        axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))
        axis.set_ylabel("%")
    title = f"{cube.title.in_language(lang)}: {say('plot.exceedance', lang)}"
    figure.suptitle(title, x=0.01, ha="left", fontsize=11)
    return figure


def scenarios(cubes: Sequence[Cube], lang: str) -> Figure:
    """Return every scenario's headline chances: marks, with model uncertainty as lines."""
    shown = cubes[:MOST]
    rows = _answered(cubes[0])
    figure = Figure(figsize=(9.0, 1.6 + len(rows) * max(0.42, 0.17 * len(shown))), layout="constrained")
    axis = figure.add_subplot()
    for i, cube in enumerate(shown):
        known = {row.target.id: row for row in _answered(cube)}
        offset = 0.0 if len(shown) == 1 else 0.7 * (i / (len(shown) - 1) - 0.5)
        colour = DEEP if i == 0 else INK
        for y, lead in enumerate(rows):
            row = known.get(lead.target.id)
            if row is None or row.p is None:
                continue
            if row.p10 is not None and row.p90 is not None:
                axis.hlines(y + offset, 100 * row.p10, 100 * row.p90, color="#8fb4d9", lw=2.4)
            fill = DEEP if i == 0 else "#ffffff"
            axis.plot(100 * row.p, y + offset, MARKERS[i], color=colour, mfc=fill, ms=5, mew=1)
    names = [short(f"{row.target.id} {row.target.name.in_language(lang)}", 40) for row in rows]
    axis.set_yticks(range(len(rows)), names)
    axis.set_ylim(len(rows) - 0.4, -0.6)
    axis.set_xlim(0, 100)
    axis.set_xlabel(say("plot.probability", lang))
    axis.grid(axis="x", color="#e3e8ee")
    axis.set_axisbelow(True)
    for y in range(1, len(rows)):
        axis.axhline(y - 0.5, color="#e3e8ee", lw=0.8)
    marks = [
        Line2D(
            [],
            [],
            color=DEEP if i == 0 else INK,
            marker=MARKERS[i],
            ls="",
            mfc=DEEP if i == 0 else "#ffffff",
            label=cube.title.in_language(lang),
        )
        for i, cube in enumerate(shown)
    ]
    marks.append(Line2D([], [], color="#8fb4d9", lw=2.4, label=say("plot.model", lang)))
    figure.legend(handles=marks, loc="outside lower center", ncols=3, frameon=False, fontsize=8)
    axis.tick_params(colors=SOFT)
    return figure
