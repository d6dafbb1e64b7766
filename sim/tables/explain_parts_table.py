"""The numbers behind an indicator or a derived quantity, as text with the line of each."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from sim.baseline.plan import Baseline, Derived
from sim.cube import name_of
from sim.errors import Place
from sim.scenario.differences import days_as_text
from sim.studies.explain_parts import OF_PIPELINE, DerivedParts, Loading, Part, Parts, PrintedYear, Reach
from sim.tables.figures import stated
from sim.tables.layout import Note, paragraph, wrapped_table
from sim.tables.wording import series_words, unit_words, words_of
from sim.texts import say

PLACE_WIDTH, NAME_WIDTH, INDENT = 56, 40, 4
OF_PLAN_FOLDER = "assumption:"
"""Before the id of a number that no series gives."""


def parts_text(parts: Parts, baseline: Baseline, lang: str) -> str:
    """Return what is printed, the numbers of each series, tails and dependence, and where shocks lie."""
    tables = [_printed(parts.printed, lang)] if parts.printed else []
    tables += [
        paragraph(say("explain.series", lang, series=series_words(series, baseline, lang)))
        + "\n"
        + _part_table(rows, lang)
        for series, rows in parts.series.items()
    ]
    tables.append(_dependence(parts.tails, parts.loadings, lang))
    tables += [_reaches(parts.reaches, parts.years, lang)] if parts.reaches else []
    tables += [paragraph(say("explain.count", lang))] if parts.is_count else []
    return "\n\n".join(tables)


def derived_text(parts: DerivedParts, baseline: Baseline, lang: str) -> str:
    """Return the formula of a derived quantity, its numbers, and its values without luck by year."""
    derived = parts.derived
    names = {
        field: name_of(baseline, ident).in_language(lang)
        for field in ("numerator", "denominator", "inflow")
        if (ident := getattr(derived, field)) is not None
    }
    if derived.kind == "pipeline":
        formula = _grown(derived, baseline, lang)
    else:
        kind = "ratio-lagged" if derived.kind == "ratio" and derived.lag else derived.kind
        formula = say(f"explain.{kind}", lang, factor=f"{derived.factor:g}", lag=derived.lag, **names)
    years = [str(year) for year in parts.years]
    unit = unit_words(derived.unit, lang)
    values = [f"{value:,.6g}" for value in parts.values]
    table = wrapped_table(
        [derived.name.in_language(lang), *years],
        [[say("explain.level", lang, unit=unit), *values]],
        {0: NAME_WIDTH},
        right=range(1, len(years) + 1),
    )
    numbers = [_part_table(parts.numbers, lang)] if parts.numbers else []
    if parts.rounds is not None:
        days = say("mistake.comma", lang).join(days_as_text(parts.rounds.days))
        dates = say("explain.pipeline-dates", lang, dates=days)
        numbers.append(paragraph(f"{dates}  {parts.rounds.place}"))
    return "\n\n".join([table, paragraph(f"{formula}  {derived.place}"), *numbers])


def _grown(derived: Derived, baseline: Baseline, lang: str) -> str:
    """Return which pipeline gives a quantity, what it is fed with, and whose noise it feels."""
    plan = baseline.pipelines[derived.pipeline]
    name = plan.name.in_language(lang)
    parts = [say("explain.pipeline", lang, pipeline=name, id=plan.id, output=derived.output)]
    feeds = [name_of(baseline, ident).in_language(lang) for ident in plan.feeds.values()]
    if feeds:
        parts.append(say("explain.pipeline-fed", lang, feeds=" + ".join(feeds)))
    if plan.coupled_to is not None:
        noisy = name_of(baseline, plan.coupled_to).in_language(lang)
        parts.append(say("explain.pipeline-coupled", lang, indicator=noisy))
    return "".join(parts)


def _printed(rows: Sequence[PrintedYear], lang: str) -> str:
    levels = [stated(row.level) for row in rows]
    growths = ["" if row.growth is None else stated(round(100.0 * row.growth, 6)) for row in rows]
    head = ["", *(str(row.year) for row in rows)]
    shown = [[say("explain.printed-level", lang), *levels]]
    if any(growths):
        shown.append([say("explain.printed-growth", lang), *growths])
    table = wrapped_table(head, shown, right=range(1, len(head)))
    places = say("explain.printed-places", lang, places=_lines([row.place for row in rows]))
    return table + "\n" + paragraph(places)


def _lines(places: Sequence[Place]) -> str:
    """Return places of one file as ``file:2, 3, 4``."""
    return f"{places[0].file}:" + ", ".join(str(place.line) for place in places)


def _part_table(parts: Sequence[Part], lang: str) -> str:
    head = [say(f"explain.{name}", lang) for name in ("number", "value", "error", "grade")]
    rows: list[Sequence[str] | Note] = []
    for part in parts:
        rows += [[_part_name(part.name, lang), f"{part.value:,.6g}", _error(part), part.grade]]
        rows += [Note(f"{part.place}  {method_words(part.source, lang)}", INDENT)]
    return wrapped_table(head, rows, {0: NAME_WIDTH}, right=(1,))


def method_words(source: str, lang: str) -> str:
    """Return how a number was estimated, or which number of the plan folder it is."""
    if source.startswith(OF_PLAN_FOLDER):
        return say("explain.of-plan-folder", lang, id=source.removeprefix(OF_PLAN_FOLDER))
    return words_of(f"method.{source}", lang, source)


def _part_name(name: str, lang: str) -> str:
    """Return the name of a number; one of a pipeline begins with the word by which a scenario changes it."""
    if not name.startswith(OF_PIPELINE):
        return say(f"explain.part-{name}", lang)
    field = name.removeprefix(OF_PIPELINE)
    return f"{field} {say('pipeline.number.' + field, lang)}"


def _error(part: Part) -> str:
    """Return the standard error, or the range of an assumption."""
    if not math.isnan(part.low):
        return f"{part.low:,g} .. {part.high:,g}"
    return f"{part.se:.3g}" if part.se else ""


def _dependence(tails: Part, loadings: Sequence[Loading], lang: str) -> str:
    """Return the tails, and the loadings of each level of noise by factor with their lines."""
    dof = say("screen.gaussian", lang) if math.isinf(tails.value) else f"{tails.value:.4g}"
    rows = [[say("explain.part-dof", lang), "", dof, str(tails.place)]]
    rows += [
        [
            say(f"explain.loading-{loading.level}", lang),
            words_of(f"factor.{loading.factor}", lang, loading.factor),
            f"{loading.value:.3f}",
            str(loading.place),
        ]
        for loading in loadings
    ]
    head = [say(f"explain.{name}", lang) for name in ("dependence", "factor", "value", "set-by")]
    return wrapped_table(head, rows, {0: NAME_WIDTH, 3: PLACE_WIDTH}, right=(2,))


def _reaches(reaches: Sequence[Reach], years: Sequence[int], lang: str) -> str:
    """Return the weight of each shock in the cell and its share of every year, by year of its start."""
    rows = [
        [
            reach.shock if start == 0 else "",
            " / ".join(f"{weight:g}" for weight in reach.weights) if start == 0 else "",
            *(f"{share:.3g}" for share in np.asarray(shares)),
        ]
        for reach in reaches
        for start, shares in enumerate(reach.shares)
    ]
    head = [say("explain.reach", lang), say("explain.weight-in-cell", lang), *(str(year) for year in years)]
    return wrapped_table(head, rows, {0: NAME_WIDTH, 1: 14}, right=range(1, len(head)))
