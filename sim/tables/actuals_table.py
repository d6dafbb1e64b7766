"""How probabilities moved with actuals, as text: a row per target, a column per year that came in."""

from __future__ import annotations

from collections.abc import Sequence

from sim.baseline.plan import Baseline, Target
from sim.cube import name_of
from sim.studies.actuals import Moves
from sim.tables.figures import percent
from sim.tables.layout import paragraph, wrapped_table
from sim.tables.wording import series_words, source_words, unit_words, value_words, with_unit
from sim.texts import say

MOST = {0: 22, 1: 9, 2: 34, 3: 12}


def actuals_text(moves: Moves, baseline: Baseline, lang: str) -> str:
    """Return the table of moves, then every actual with its source."""
    steps = moves.steps
    head = [say(f"actuals.{word}", lang) for word in ("target", "version", "name", "value")]
    head += [
        say("actuals.none", lang) if step.until is None else say("actuals.until", lang, year=step.until)
        for step in steps
    ]
    areas = {area.id: area.name.in_language(lang) for area in (*baseline.cities, baseline.province)}
    parts = [say("actuals.title", lang, scenario=moves.scenario.title.in_language(lang))]
    for area in dict.fromkeys(row.target.area for row in moves.rows):
        rows = [
            [*_target(row.target, lang), *_chances(row.chances, [step.effective for step in steps], lang)]
            for row in moves.rows
            if row.target.area == area
        ]
        right = range(4, 4 + len(steps))
        parts.append(areas[area] + "\n" + wrapped_table(head, rows, MOST, right=right))
    draws = say("screen.semicolon", lang).join(
        say("actuals.draws", lang, head=title, effective=f"{step.effective:,.0f}", draws=f"{step.draws:,}")
        for title, step in zip(head[4:], steps, strict=True)
    )
    parts.append(paragraph(say("actuals.legend", lang)))
    parts.append(paragraph(draws))
    if moves.fixed:
        parts.append(paragraph(say("actuals.fixed", lang)))
    parts.append(_sources(moves, baseline, areas, lang))
    return "\n\n".join(parts)


def _target(target: Target, lang: str) -> list[str]:
    name = with_unit(target.name.in_language(lang), target.unit, lang)
    return [target.id, target.version + (" *" if target.lead else ""), name, value_words(target, lang)]


def _chances(
    chances: Sequence[tuple[float, float, float] | None], effective: Sequence[float], lang: str
) -> list[str]:
    """Return each probability with half the width of its error, in points."""
    cells = []
    for chance, draws in zip(chances, effective, strict=True):
        if chance is None:
            cells.append(say("actuals.too-few", lang))
            continue
        p, low, high = chance
        cells.append(f"{percent(p, max(2, int(draws)))} ±{50.0 * (high - low):.1f}")
    return cells


def _sources(moves: Moves, baseline: Baseline, areas: dict[str, str], lang: str) -> str:
    units = {indicator.id: indicator.unit for indicator in baseline.indicators}
    lines = [say("actuals.sources", lang)]
    for actual in moves.steps[-1].actuals:
        error = "" if actual.error == 0.0 else f" ±{actual.error:,.4g}"
        name = name_of(baseline, actual.indicator).in_language(lang)
        value = f"{actual.value:,.10g}{error} {unit_words(units[actual.indicator], lang)}"
        text = say(
            "actuals.source-line",
            lang,
            year=actual.year,
            area=areas[actual.area],
            name=name,
            value=value,
            status=say(f"status.{actual.status}", lang),
        )
        lines.append(paragraph(f"{text}  {actual.place}  {source_words(actual.source, lang)}", 2, 2))
    unused = series_left_out(moves, baseline)
    if unused:
        names = say("screen.listed", lang).join(series_words(series, baseline, lang) for series in unused)
        lines += ["", paragraph(say("actuals.left-out", lang, series=names))]
    return "\n".join(lines)


def series_left_out(moves: Moves, baseline: Baseline) -> tuple[str, ...]:
    """Return the series of the plan folder's actuals that no simulated indicator takes; none where the
    folder's actuals are not in use.
    """
    used = {actual.place for actual in moves.steps[-1].actuals}
    taken = {figure.series for figure in baseline.observed if figure.place in used}
    every = {figure.series for figure in baseline.observed}
    return tuple(sorted(every - taken)) if taken else ()
