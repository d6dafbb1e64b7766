"""Fan charts of the headline targets."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator

from sim.baseline.progress import actuals_of, base_of, planned_of
from sim.cube import QUANTILES, Cube, Probability, unit_of
from sim.plots.style import BANDS, DEEP, GOAL, INK, OTHER, key_below, panels, short, title_of
from sim.tables.figures import number
from sim.tables.selection import charted, goal_of, growth_asked, level_limits, median_line, trajectory_of
from sim.texts import say

OTHERS = 5
"""Medians of so many other scenarios can be told apart."""

STYLES = ((0, (6, 2)), (0, (2, 2)), (0, (6, 2, 1, 2)), (0, (3, 1)), (0, (8, 2, 2, 2, 2, 2)))


def fan(cubes: Sequence[Cube], lang: str) -> Figure:
    """Return a panel for each headline target of the first cube, medians of others in dashes."""
    cube, others = cubes[0], cubes[1 : 1 + OTHERS]
    rows = [r for r in cube.headline_evaluated() if trajectory_of(cube, r.target.area, r.quantity)]
    figure, axes = panels(len(rows), 3, 3.9, 2.7)
    for row, axis in zip(rows, axes, strict=True):
        _panel(axis, cube, row, others, lang)
    names: list[Artist] = [Line2D([], [], color=DEEP, lw=2, label=say("report.fan.median", lang))]
    names += [
        Patch(color=colour, label=say(f"report.fan.{name}", lang))
        for (_, _, colour), name in zip(reversed(BANDS), ("b50", "b80", "b95"), strict=True)
    ]
    names += [
        Line2D([], [], color=GOAL, ls="--", label=say("report.fan.goal", lang)),
        Line2D([], [], color=INK, ls=":", label=say("report.fan.plan", lang)),
        Line2D([], [], color=INK, marker="o", ls="", ms=4, label=say("report.fan.actual", lang)),
    ]
    names += [
        Line2D([], [], color=OTHER, ls=style, label=other.title.in_language(lang))
        for other, style in zip(others, STYLES, strict=False)
    ]
    left_out = len(cubes) - 1 - len(others)
    if left_out:
        names.append(Line2D([], [], ls="", label=say("report.fan.more", lang, count=left_out)))
    key_below(figure, names)
    title_of(figure, cube.title.in_language(lang), 12.0)
    return figure


def _panel(axis: Axes, cube: Cube, row: Probability, others: Sequence[Cube], lang: str) -> None:
    target, plan = row.target, cube.plan
    series = trajectory_of(cube, target.area, row.quantity)
    base = base_of(plan, target.area, row.quantity)
    years = [t.year for t in series]
    for low, high, colour in BANDS:
        bottom = [t.quantiles[QUANTILES.index(low)] for t in series]
        top = [t.quantiles[QUANTILES.index(high)] for t in series]
        if base is not None:
            axis.fill_between([plan.base_year, *years], [base, *bottom], [base, *top], color=colour, lw=0)
        else:
            axis.fill_between(years, bottom, top, color=colour, lw=0)
    medians = [median_line(other, target.area, row.quantity) for other in others]
    for points, style in zip(medians, STYLES, strict=False):
        axis.plot(list(points), list(points.values()), color=OTHER, ls=style, lw=1.2)
    middle = median_line(cube, target.area, row.quantity)
    axis.plot(list(middle), list(middle.values()), color=DEEP, lw=2)
    path = planned_of(plan, target.area, row.quantity)
    axis.plot(list(path), list(path.values()), color=INK, ls=":", lw=1.2)
    goal = goal_of(plan, target)
    if goal is not None:
        axis.hlines(goal, plan.base_year, target.year, color=GOAL, ls="--", lw=1.4)
    actual = actuals_of(plan, target.area, row.quantity)
    axis.plot(list(actual), list(actual.values()), "o", color=INK, ms=4)
    values = [q for t in series for q in (t.quantiles[0], t.quantiles[-1])]
    values += [v for v in (base, goal) if v is not None]
    values += [v for line in (path, actual, *medians) for v in line.values()]
    axis.set_ylim(level_limits(values))
    axis.set_title(_title(cube, row, lang), fontsize=9)
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    axis.yaxis.set_major_locator(MaxNLocator(4))
    axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))


def _title(cube: Cube, row: Probability, lang: str) -> str:
    """Return what a panel shows, and of mean growth how its level comes about."""
    unit = say(f"unit.{unit_of(cube.plan, row.quantity)}", lang)
    shown = charted(cube.plan, row.target).in_language(lang)
    lines = [short(f"{row.target.id} {shown} ({unit})", 46)]
    rate = growth_asked(row.target)
    if rate is not None:
        lines.append(say("plot.compounded", lang, rate=f"{rate:g}"))
    return "\n".join(lines)
