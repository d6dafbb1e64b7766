"""Chances at points as text: headline targets, all of them together, and a table of cities."""

from __future__ import annotations

from sim.baseline.plan import Baseline
from sim.cube import name_of
from sim.studies.at_points import AtPoints, Chance
from sim.tables.figures import percent
from sim.tables.layout import paragraph, wrapped_table
from sim.tables.wording import value_words, with_unit
from sim.texts import say

LEAST = 0.001
"""A chance nearer to 0 or 1 is shown as less or more than that."""

MOST = {0: 8, 1: 40, 2: 14}


def points_text(found: AtPoints, baseline: Baseline, lang: str) -> str:
    """Return the tables of *found*, and how to read them."""
    headline = [each for each in found.chances if each.target.area == baseline.province.id]
    head = [say(f"points.{word}", lang) for word in ("target", "name", "value", "p")]
    rows = [_row(each, found.points, lang) for each in headline]
    if found.together is not None:
        p, low, high = found.together
        rows.append(["", say("points.together", lang), "", _chance(p, low, high, found.points)])
    parts = [
        say("points.title", lang, scenario=found.scenario.title.in_language(lang)),
        wrapped_table(head, rows, MOST, right=range(3, 4)),
    ]
    if len(found.chances) > len(headline):
        parts.append(_cities(found, baseline, lang))
    widest = f"{100.0 * found.widest():.2g}"
    design = say(f"points.design-{found.scenario.design}", lang)
    parts.append(
        paragraph(say("points.legend", lang, points=f"{found.points:,}", widest=widest, design=design))
    )
    if found.unanswered:
        names = ", ".join(f"{t.id} ({t.version})" if t.version else t.id for t in found.unanswered)
        parts.append(paragraph(say("points.unanswered", lang, targets=names)))
    return "\n\n".join(parts)


def _row(each: Chance, points: int, lang: str) -> list[str]:
    target = each.target
    name = with_unit(target.name.in_language(lang), target.unit, lang)
    return [target.id, name, value_words(target, lang), _chance(each.p, each.low, each.high, points)]


def _chance(p: float, low: float, high: float, points: int) -> str:
    """Return a probability with half the width of its error, in points."""
    shown = f"{100.0 * p:.1f} %" if LEAST <= p <= 1.0 - LEAST else percent(p, points)
    return f"{shown} ±{50.0 * (high - low):.2f}"


def _cities(found: AtPoints, baseline: Baseline, lang: str) -> str:
    """Return a table with a row per city and a column per indicator."""
    cells = {
        (each.target.area, str(each.target.quantity)): percent(each.p, found.points)
        for each in found.chances
        if each.target.area != baseline.province.id
    }
    quantities = list(dict.fromkeys(quantity for _, quantity in cells))
    head = [say("points.city", lang), *(name_of(baseline, q).in_language(lang) for q in quantities)]
    rows = [
        [city.name.in_language(lang), *(cells.get((city.id, quantity), "") for quantity in quantities)]
        for city in baseline.cities
        if any((city.id, quantity) in cells for quantity in quantities)
    ]
    return wrapped_table(head, rows, dict.fromkeys(range(1, len(head)), 12), right=range(1, len(head)))
