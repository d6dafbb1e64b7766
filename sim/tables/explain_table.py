"""Where the numbers of one area and indicator come from, as text."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sim.axes import Floats
from sim.baseline.plan import Baseline
from sim.errors import Place
from sim.scenario.observed import observed_at
from sim.scenario.scenario import Shock
from sim.studies.explain import Explanation
from sim.tables.difference_lines import course_words
from sim.tables.layout import Note, wrapped_table
from sim.tables.wording import source_words, unit_words
from sim.texts import say

PERCENT = 100.0
NAME_WIDTH, PLACES_WIDTH, INDENT = 52, 56, 4


def explanation_text(explanation: Explanation, baseline: Baseline, lang: str) -> str:
    """Return growth by year with what set it, levels, and the terms of the noise."""
    areas = {area.id: area.name for area in (*baseline.cities, baseline.province)}
    title = " / ".join(
        (
            explanation.scenario.title.in_language(lang),
            areas[explanation.area].in_language(lang),
            explanation.indicator.name.in_language(lang),
        )
    )
    return "\n\n".join((title, _growth_table(explanation, baseline, lang), _noise_table(explanation, lang)))


def _growth_table(explanation: Explanation, baseline: Baseline, lang: str) -> str:
    years = [str(year) for year in explanation.years]
    rate = explanation.indicator.kind == "rate"
    scale = 1.0 if rate else PERCENT
    rows: list[Sequence[str] | Note] = []
    for source in explanation.sources:
        if source.name != "growth":
            name = _source_name(source.name, explanation, lang)
            rows += [[name, *_numbers(source.growth * scale)], Note(places_text(source.places), INDENT)]
    for effect in explanation.effects:
        field = "adjustment" if effect.field == "drift" else effect.field
        rows.append([f"{say(f'explain.{field}', lang)} {effect.name}", *_numbers(effect.change * scale, "+")])
        words = "" if effect.shock is None else "  " + _shock_words(effect.shock, baseline, lang)
        rows.append(Note(str(effect.place) + words, INDENT))
    growth = explanation.sources[-1].growth
    rows.append([say("explain.growth", lang), *_numbers(growth * scale)])
    unit = unit_words(explanation.indicator.unit, lang)
    levels = [f"{level:,.6g}" for level in explanation.levels[1:]]
    base = f"{say('explain.base', lang)} {explanation.levels[0]:,.6g}  {explanation.base_place}"
    rows += [[say("explain.level", lang, unit=unit), *levels], Note(base, INDENT)]
    rows += _observed_rows(explanation, lang)
    title = say("explain.rate-head" if rate else "explain.growth-head", lang)
    return wrapped_table([title, *years], rows, {0: NAME_WIDTH}, right=range(1, len(years) + 1))


def _observed_rows(explanation: Explanation, lang: str) -> list[Sequence[str] | Note]:
    """Return the actuals of the cell by year, each with its place, status and source."""
    known = observed_at(explanation.scenario.observed, explanation.area, explanation.indicator.id)
    if not known:
        return []
    by_year = {actual.year: actual for actual in known}
    cells = [f"{by_year[year].value:,.6g}" if year in by_year else "" for year in explanation.years]
    notes = [
        Note(
            f"{actual.year} {say('status.' + actual.status, lang)}"
            + ("" if actual.error == 0.0 else f" ±{actual.error:,.4g}")
            + f"  {actual.place}  {source_words(actual.source, lang)}",
            INDENT,
        )
        for actual in known
    ]
    return [[say("explain.observed", lang), *cells], *notes]


def _source_name(name: str, explanation: Explanation, lang: str) -> str:
    text = say(f"explain.{name}", lang)
    if name == "drift" and explanation.weight is not None:
        weight = say("explain.weight", lang, weight=f"{explanation.weight:g}", place=explanation.weight_place)
        return text + weight
    return text


def _shock_words(shock: Shock, baseline: Baseline, lang: str) -> str:
    """Return the size of a shock as its mean and middle 80 %, its course, and its chance."""
    low, high = PERCENT * shock.size.quantile(np.array([0.1, 0.9]))
    text = say(
        "explain.size",
        lang,
        mean=f"{PERCENT * shock.size.mean():+.3g}",
        low=f"{low:+.3g}",
        high=f"{high:+.3g}",
        course=course_words(shock.course, baseline, lang),
    )
    if shock.chance is None:
        return text
    if shock.chance.probability is not None:
        return text + say("explain.probability", lang, chance=f"{shock.chance.probability:g}")
    return text + say("explain.hazard", lang, chance=f"{shock.chance.hazard:g}")


def _noise_table(explanation: Explanation, lang: str) -> str:
    noise = explanation.scenario.noise
    rows = [
        [
            say(f"explain.noise-{spread.name}", lang)
            + (say("explain.at-floor", lang) if spread.at_floor else ""),
            f"{PERCENT * spread.sd:.2f}",
            places_text(spread.places),
        ]
        for spread in explanation.spreads
    ]
    head = [say("explain.noise", lang), say("explain.sd", lang), say("explain.set-by", lang)]
    multipliers = say(
        "explain.multipliers", lang, province=f"{noise.province:g}", city=f"{noise.city:g}", place=noise.place
    )
    years = [str(year) for year in explanation.years]
    by_year = [say("explain.spread", lang), *_numbers(explanation.spread_of_level * PERCENT)]
    return "\n".join(
        (
            wrapped_table(head, rows, {0: NAME_WIDTH, 2: PLACES_WIDTH}, right=(1,)),
            multipliers,
            "",
            wrapped_table(["", *years], [by_year], right=range(1, len(years) + 1)),
        )
    )


def _numbers(values: Floats, sign: str = "") -> Sequence[str]:
    return [format(float(value), f"{sign}.2f") for value in values]


def places_text(places: Sequence[Place]) -> str:
    """Return *places*, each file named once: ``a.yaml:3:1 7:1``."""
    shown: dict[str, list[str]] = {}
    for place in dict.fromkeys(places):
        shown.setdefault(place.file, []).append(f"{place.line}:{place.column}")
    return " ".join(f"{file}:{' '.join(lines)}" for file, lines in shown.items())
