"""Sheets of targets: the answer on one page, all targets, and cities beside indicators."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from statistics import fmean

from sim.cube import Cube, Driver, Probability
from sim.tables.figures import span
from sim.tables.readings import versions_of
from sim.tables.realism import plausibility_words, record_words
from sim.tables.wording import version_apart
from sim.workbook.book import Block, Book, Column
from sim.workbook.words import Words

ANNEX = "annex_2020"
"""The group of targets that the plan sets for each city."""


def add_summary(book: Book, cube: Cube, words: Words) -> Block:
    """Add the headline targets below what must be known first; return where the table stands."""
    sheet = book.sheet(words.label("sheet.summary"))
    row = book.lines(sheet, 0, opening(cube, words))
    return book.table(sheet, row + 1, headline_columns(cube, words))


def opening(cube: Cube, words: Words) -> list[tuple[str, str]]:
    """Return the lines above the numbers: what this is, and what is not known."""
    rows = [row for row in cube.headline() if row.p is not None]
    assumed = [row for row in rows if row.grade is not None and row.grade.worst() == "C"]
    lines = [
        (words.name(cube.title), "title"),
        (words.label("plan", title=words.name(cube.plan.title), document=cube.plan.document), "plain"),
        (words.name(cube.about), "plain"),
        (words.label("draws-line", draws=f"{cube.draws:,}", sets=cube.sets, seed=cube.seed), "note"),
        (words.label("unknown-first"), "head"),
        (words.label("evidence-line", count=len(assumed), all=len(rows)), "plain"),
    ]
    strongest = strongest_driver(rows)
    if strongest is not None:
        row, driver = strongest
        low, high = (f"{100.0 * p:.0f}" for p in (driver.low, driver.high))
        name = words.name(driver.name)
        lines.append(
            (
                words.label("driver-line", name=name, target=words.target(row.target), low=low, high=high),
                "plain",
            )
        )
    if cube.without:
        lines.append((words.execution(), "plain"))
    plausibility = plausibility_words(cube, words.lang)
    if plausibility:
        lines.append((plausibility, "plain"))
    lines.append((words.label("two-errors"), "note"))
    return lines


def strongest_driver(rows: list[Probability]) -> tuple[Probability, Driver] | None:
    """Return the row that one assumption moves most, with the assumption."""
    found = [(row, row.driver) for row in rows if row.driver is not None]
    return max(found, key=lambda pair: pair[1].size(), default=None)


def headline_columns(cube: Cube, words: Words) -> list[Column]:
    """Return the lead headline targets, a row each, as narrow as prints on a page; how earlier targets
    fared stands last, a check beside the probability and no part of it.
    """
    rows = list(cube.headline())
    columns = answer_columns(rows, cube, words)
    left_out = {
        words.label(key) for key in ("comparator", "median", "shortfall", "value_unit", "reached", "version")
    }
    columns = [column for column in columns if column.head not in left_out]
    if cube.without:
        without = [cube.without.get((row.target.id, row.target.version)) for row in rows]
        columns.append(words.column("without", without, "0.0 %"))
    told = [record_words(row.target, cube, words.lang) or None for row in rows]
    return [*columns, words.column("record", told)] if any(told) else columns


def answer_columns(rows: list[Probability], cube: Cube, words: Words) -> list[Column]:
    """Return targets with p, both uncertainties, draws and seed in the same row."""
    known = [row.p is not None for row in rows]
    return [
        words.column("target", [words.target(row.target) for row in rows]),
        words.column("p", [row.p for row in rows], "p"),
        words.column("answer", [words.answer(row, cube.draws) for row in rows]),
        words.column("band-head", [words.band(row.p) for row in rows]),
        words.column("p10", [row.p10 for row in rows], "0.0 %"),
        words.column("p90", [row.p90 for row in rows], "0.0 %"),
        words.column("mc_low", [row.mc_low for row in rows], "0.0 %"),
        words.column("mc_high", [row.mc_high for row in rows], "0.0 %"),
        words.column("driver", [words.driver(row.driver) for row in rows]),
        words.column("driver_low", [row.driver.low if row.driver else None for row in rows], "0.0 %"),
        words.column("driver_high", [row.driver.high if row.driver else None for row in rows], "0.0 %"),
        words.column("comparator", [row.target.comparator for row in rows]),
        words.column("value", [row.target.value for row in rows], "any"),
        words.column("unit", [words.unit(row.target.unit) for row in rows]),
        words.column("year", [row.target.year for row in rows], "year"),
        words.column("median", [row.median for row in rows], "number"),
        words.column("shortfall", [row.shortfall for row in rows], "number"),
        words.column("value_unit", [words.value_unit(row) for row in rows]),
        words.column("required", [row.required for row in rows], "growth"),
        words.column("reached", [row.reached for row in rows], "year"),
        words.column("grade", [str(row.grade).split()[0] if row.grade else None for row in rows]),
        words.column("worst", [row.grade.worst() if row.grade else None for row in rows]),
        words.column("draws", [cube.draws if is_known else None for is_known in known], "count"),
        words.column("seed", [words.seed(cube.seed) if is_known else None for is_known in known], "whole"),
        words.column("version", [_version(row, cube, words) for row in rows]),
    ]


def _version(row: Probability, cube: Cube, words: Words) -> str:
    """Return the version that a row is of, with what sets it apart from the others."""
    apart = version_apart(row, versions_of(row, cube), cube.plan, words.lang)
    version = row.target.version
    return words.label("version-apart", version=version, words=apart) if apart else version


def add_targets(book: Book, cube: Cube, words: Words) -> None:
    """Add every target of the document, evaluated or not."""
    sheet = book.sheet(words.label("sheet.targets"))
    rows = list(cube.probabilities)
    area = words.column("area", [words.area(row.target.area) for row in rows])
    first, *others = answer_columns(rows, cube, words)
    more = [
        words.column("lead", [words.label("yes" if row.target.lead else "no") for row in rows]),
        words.column("group", [words.group(row.target.group) for row in rows]),
        words.column("status", [words.status(row.target) for row in rows]),
        words.column("needs", [row.target.needs or None for row in rows]),
        words.column("ties", [row.ties for row in rows], "count"),
        words.column("invalid", [row.invalid for row in rows], "count"),
        words.column("section", [row.target.section or None for row in rows]),
        words.column("quote", [row.target.quote or None for row in rows]),
    ]
    book.table(sheet, 0, [first, area, *others, *more])


def add_cities(book: Book, cube: Cube, words: Words) -> None:
    """Add cities beside indicators: p of their own targets, most at risk first on top and at the left."""
    sheet = book.sheet(words.label("sheet.cities"))
    cells = city_cells(cube)
    of_quantity = means_of(cells, [quantity for _, quantity in cells], 1)
    of_area = means_of(cells, [area for area, _ in cells], 0)
    quantities, areas = by_risk(of_quantity), by_risk(of_area)
    row = book.lines(sheet, 0, [(words.label("sheet.cities"), "title"), (words.label("cities-line"), "note")])
    names = words.column("area", [words.area(area) for area in areas])
    missing = words.label("not-evaluated")

    def matrix(told: Callable[[Probability], str | float | None], form: str = "text") -> list[Column]:
        columns = []
        for quantity in quantities:
            found = [cells.get((area, quantity)) for area in areas]
            answers = [None if row is None or row.p is None else told(row) for row in found]
            shown = [missing if answer is None else answer for answer in answers]
            columns.append(Column(words.quantity(quantity), shown, form))
        return columns

    means = [of_area[area] for area in areas]
    mean_columns = [
        words.column("mean-p", means, "p"),
        words.column("band-head", [words.band(mean) for mean in means]),
    ]
    block = book.table(sheet, row + 1, [names, *matrix(lambda row: row.p, "p"), *mean_columns])
    row = book.lines(sheet, block.last + 2, [(words.label("uncertainty-below"), "head")])
    ranges = matrix(lambda row: uncertainty(row, cube.draws))
    block = book.table(sheet, row, [names, *ranges], is_main=False)
    row = book.lines(sheet, block.last + 2, [(words.label("bands-below"), "head")])
    book.table(sheet, row, [names, *matrix(lambda row: words.band(row.p))], is_main=False)


def uncertainty(row: Probability, draws: int) -> str | None:
    """Return p10 to p90 of a row such as ``36-68 %``."""
    return None if row.p10 is None or row.p90 is None else span(row.p10, row.p90, draws)


def city_cells(cube: Cube) -> dict[tuple[str, str], Probability]:
    """Return the lead targets that the plan sets for each city, by (area, quantity)."""
    cities = {city.id for city in cube.plan.cities}
    return {
        (row.target.area, row.quantity): row
        for row in cube.probabilities
        if row.target.group == ANNEX and row.target.area in cities and row.target.lead and row.quantity
    }


def means_of(
    cells: Mapping[tuple[str, str], Probability], names: Sequence[str], axis: int
) -> dict[str, float | None]:
    """Return mean p by area (*axis* 0) or quantity (*axis* 1); None where nothing is known."""
    found: dict[str, float | None] = {}
    for name in dict.fromkeys(names):
        known = [row.p for key, row in cells.items() if key[axis] == name and row.p is not None]
        found[name] = fmean(known) if known else None
    return found


def by_risk(means: Mapping[str, float | None]) -> list[str]:
    """Return names, the lowest mean first, those without one last."""
    return sorted(means, key=lambda name: (means[name] is None, means[name] or 0.0, name))
