"""The headline chances: dots, exceedance curves, and scenarios side by side."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator

from sim.cube import QUANTILES, Cube, Probability, unit_of
from sim.plots.style import DEEP, GOAL, INK, SOFT, key_below, panels, short, title_of
from sim.tables.figures import bare_percent, bare_span, number
from sim.tables.selection import (
    charted,
    dots_of,
    ends_of,
    goal_of,
    growth_asked,
    hit_edge,
    trajectory_of,
)
from sim.texts import say

MARKERS = "oDs^vP*X<>"
MOST = 10
"""Scenarios that can be told apart by their marks; of more, the first are drawn, and the key says so."""


def dots(cubes: Sequence[Cube], lang: str) -> Figure:
    """Return a hundred dots for each headline target."""
    cube = cubes[0]
    rows = _answered(cube)
    figure, axes = panels(len(rows), 3, 2.9, 2.9)
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
        axis.set_title("\n".join(_told(row, cube.draws, lang)), fontsize=8.5)
    title_of(figure, f"{cube.title.in_language(lang)}: {say('plot.dots', lang)}")
    return figure


def _told(row: Probability, draws: int, lang: str) -> list[str]:
    """Return name, chance and both uncertainties of a target, a line or more each."""
    low, high = ends_of(row)
    lines = [
        short(f"{row.target.id} {row.target.name.in_language(lang)}", 34),
        f"{bare_span(low, high, draws)} %",
    ]
    if row.p10 is not None and row.p90 is not None:
        lines.append(say("plot.uncertain-model", lang, span=bare_span(row.p10, row.p90, draws)))
    if row.mc_low is not None and row.mc_high is not None:
        lines.append(say("plot.uncertain-luck", lang, span=bare_span(row.mc_low, row.mc_high, draws)))
    return lines


def _answered(cube: Cube) -> list[Probability]:
    return [row for row in cube.headline_evaluated() if row.p is not None]


def exceedance(cubes: Sequence[Cube], lang: str) -> Figure:
    """Return the chance of reaching each level, through the cube's quantiles, and the target on it."""
    cube = cubes[0]
    rows = [r for r in _answered(cube) if trajectory_of(cube, r.target.area, r.quantity)]
    figure, axes = panels(len(rows), 3, 3.9, 2.9)
    for row, axis in zip(rows, axes, strict=True):
        _exceedance_panel(axis, cube, row, lang)
    title_of(figure, f"{cube.title.in_language(lang)}: {say('plot.exceedance', lang)}")
    return figure


def _exceedance_panel(axis: Axes, cube: Cube, row: Probability, lang: str) -> None:
    target = row.target
    series = trajectory_of(cube, target.area, row.quantity)
    last = next(t for t in series if t.year == target.year)
    points = list(zip(last.quantiles, (100.0 * (1.0 - q) for q in QUANTILES), strict=True))
    hit = hit_point(cube, row)
    if hit is not None and not last.quantiles[0] <= hit[0] <= last.quantiles[-1]:
        points = sorted([*points, hit])  # so that the curve and the target meet
    axis.plot(*zip(*points, strict=True), color=DEEP, marker="o", ms=3, lw=1.6, clip_on=False)
    goal = goal_of(cube.plan, target)
    if goal is not None:
        axis.axvline(goal, color=GOAL, ls="--", lw=1.3)
        axis.set_xlabel(short(goal_told(cube, row, goal, lang), 50), color=GOAL, fontsize=8)
    if hit is not None:
        if goal is not None and hit[0] != goal:
            axis.axvspan(*sorted((hit[0], goal)), color=GOAL, alpha=0.2, lw=0)
        axis.plot(*hit, marker="D", ms=5.5, color=GOAL, mfc="#ffffff", mew=1.3, clip_on=False, zorder=5)
    axis.set_ylim(0, 100)
    name = charted(cube.plan, target).in_language(lang)
    unit = say(f"unit.{unit_of(cube.plan, row.quantity)}", lang)
    axis.set_title(short(f"{target.id} {name} ({unit})", 46), fontsize=9)
    axis.xaxis.set_major_locator(MaxNLocator(4))
    axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))
    axis.set_ylabel("%")


def hit_point(cube: Cube, row: Probability) -> tuple[float, float] | None:
    """Return where the target lies on its curve: the level that counts as a hit, and how often (%)
    the quantity is above it. None where no single level decides."""
    goal = goal_of(cube.plan, row.target)
    edge = None if goal is None else hit_edge(row.target, goal)
    if edge is None or row.p is None:
        return None
    return edge, 100.0 * (row.p if row.target.direction == "up" else 1.0 - row.p)


def goal_told(cube: Cube, row: Probability, goal: float, lang: str) -> str:
    """Return target and chance in words, with the tolerance or the growth that it comes from."""
    target, rate = row.target, growth_asked(row.target)
    facts = {"value": number(goal), "p": bare_percent(row.p or 0.0, cube.draws)}
    edge = hit_edge(target, goal)
    if rate is not None:
        return say("plot.goal-growth", lang, rate=f"{rate:g}", **facts)
    if edge is not None and edge != goal:
        tolerance = f"{target.tolerance or 0.0:g}"
        return say("plot.goal-about", lang, tolerance=tolerance, edge=number(edge), **facts)
    return say("plot.goal", lang, **facts)


def scenarios(cubes: Sequence[Cube], lang: str) -> Figure:
    """Return every scenario's headline chances: marks, with model uncertainty as lines."""
    shown = cubes[:MOST]
    rows = _answered(cubes[0])
    figure = Figure(figsize=(9.0, 2.2 + len(rows) * max(0.42, 0.17 * len(shown))), layout="constrained")
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
                axis.hlines(y + offset, 100 * row.p10, 100 * row.p90, color="#8fb4d9", lw=2.4, clip_on=False)
            fill = DEEP if i == 0 else "#ffffff"
            axis.plot(100 * row.p, y + offset, MARKERS[i], color=colour, mfc=fill, ms=5, mew=1, clip_on=False)
    names = [short(f"{row.target.id} {row.target.name.in_language(lang)}", 40) for row in rows]
    axis.set_yticks(range(len(rows)), names)
    axis.set_ylim(len(rows) - 0.4, -0.6)
    axis.set_xlim(0, 100)
    axis.set_xlabel(say("plot.probability", lang))
    axis.grid(axis="x", color="#e3e8ee")
    axis.set_axisbelow(True)
    for y in range(1, len(rows)):
        axis.axhline(y - 0.5, color="#e3e8ee", lw=0.8)
    marks: list[Artist] = [
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
    if len(cubes) > MOST:
        more = say("plot.more", lang, count=len(cubes) - MOST, most=MOST)
        marks.append(Line2D([], [], ls="", label=more))
    key_below(figure, marks, most=3)
    title_of(figure, say("plot.scenarios", lang))
    axis.tick_params(colors=SOFT)
    return figure
