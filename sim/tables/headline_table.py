"""The table of headline targets: how likely, how sure of that, and what it would take."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sim.cube import Cube, Probability
from sim.tables.execution import without_words
from sim.tables.figures import bare_chance, growth, margin, span, times_in_hundred
from sim.tables.layout import Note, wrapped_table
from sim.tables.readings import ends_of_versions, hangs_on_version, history_key, versions_of
from sim.tables.wording import (
    amount_words,
    driver_words,
    value_words,
    version_words,
    with_unit,
)
from sim.texts import say

HEAD = ("id", "target", "value", "median", "p", "model", "error", "grade", "driver")
MOST = {1: 22, 2: 9, 3: 9, 4: 11, 5: 11, 6: 10, 7: 8, 8: 19}
RIGHT = (2, 3, 4, 5, 6)
INDENT = 5


def headline_table(cube: Cube, lang: str) -> str:
    """Return a row for each lead headline target, what it means beneath, and its other versions indented."""
    rows: list[Sequence[str] | Note] = []
    for lead in cube.headline():
        versions = versions_of(lead, cube)
        rows += rows_of_target(lead, versions, cube, lang)
    return wrapped_table([say(f"screen.head-{name}", lang) for name in HEAD], rows, MOST, RIGHT)


def rows_of_target(
    lead: Probability, versions: Sequence[Probability], cube: Cube, lang: str
) -> Iterator[Sequence[str] | Note]:
    """Yield the lead's row, its sentence, and the rows of the other versions."""
    name = with_unit(lead.target.name.in_language(lang), lead.target.unit, lang)
    yield (lead.target.id, name, *cells_of(lead, cube, lang), driver_words(lead.driver, cube.draws, lang))
    if lead.p is not None:
        yield Note(meaning_of(lead, lang), INDENT)
    without = without_words(lead, cube, lang)
    if without:
        yield Note(without, INDENT)
    without_history = history_key(lead, cube)
    if without_history is not None:
        yield Note(say(without_history, lang), INDENT)
    if hangs_on_version(lead, cube):
        between = span(*ends_of_versions(lead, cube), cube.draws)
        yield Note(say("screen.version-decides", lang, span=between), INDENT)
    if len(versions) > 1:
        read_as = version_words(lead, versions, cube.plan, lang)
        yield Note(say("screen.lead-version", lang, version=read_as), INDENT)
    for version in versions[1:]:
        label = "  " + version_words(version, versions, cube.plan, lang)
        value, *cells = cells_of(version, cube, lang)
        value = "" if value == value_words(lead.target, lang) else value
        yield ("", label, value, *cells, driver_words(version.driver, cube.draws, lang))


def cells_of(row: Probability, cube: Cube, lang: str) -> tuple[str, str, str, str, str, str]:
    """Return value, median, p, model uncertainty, simulation error and grade; most are empty without p."""
    value = value_words(row.target, lang)
    if row.p is None:
        return value, "", say("screen.not-assessed", lang), "", "", ""
    low, high = (end if end is not None else row.p for end in (row.p10, row.p90))
    mc_low, mc_high = (end if end is not None else row.p for end in (row.mc_low, row.mc_high))
    return (
        value,
        amount_words(row, row.median),
        bare_chance(row, cube.draws) + " %",
        span(low, high, cube.draws),
        margin(mc_low, mc_high),
        "" if row.grade is None else str(row.grade),
    )


def meaning_of(row: Probability, lang: str) -> str:
    """Return in one sentence how often of a hundred, how far a miss falls short, when, and what it takes."""
    parts = [times_words(row, lang)]
    if row.shortfall is not None:
        parts.append(say("screen.shortfall", lang, amount=amount_words(row, row.shortfall)))
    if row.reached is None:
        parts.append(say("screen.never-reached", lang, year=row.target.year))
    else:
        parts.append(say("screen.reached", lang, year=row.reached))
    if row.required is not None:
        parts.append(say("screen.required", lang, growth=growth(row.required)))
    return say("screen.semicolon", lang).join(parts) + say("screen.stop", lang)


def times_words(row: Probability, lang: str) -> str:
    """Return of how many in a hundred draws the target is hit, without saying none or all."""
    ends = [row.p or 0.0]
    if row.driver is not None and row.is_range():
        ends += [row.driver.low, row.driver.high]
    low, high = times_in_hundred(min(ends)), times_in_hundred(max(ends))
    if low != high:
        return say("screen.times-between", lang, low=max(low, 1), high=min(high, 99))
    if low == 0:
        return say("screen.times-few", lang)
    return say("screen.times-most" if low == 100 else "screen.times", lang, times=low)
