"""The first screen: what is not known, then the answer in three sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from sim.axes import Name
from sim.cube import Cube, Probability, name_of
from sim.report.markup import Html, Part, cell, element, joined, listed, row_head, rows_of, text
from sim.report.material import Material, needs_by_target
from sim.report.needs import is_rate
from sim.report.numbers import chance, chance_of, signed, span
from sim.tables.selection import shade

LIKELY, UNLIKELY = 0.6, 0.4
"""Chances above the one are told as probably hit, below the other as probably missed."""


def answer(material: Material) -> Html:
    """Return the first section."""
    cube = material.main
    rows = [row for row in cube.headline_evaluated() if row.p is not None]
    if not rows:
        return element("section", element("p", text("answer.nothing")), id="answer")
    unknown = element("p", *unknown_first(material, rows), class_="unknown")
    parts: list[Part] = [element("h2", text("answer")), unknown]
    parts += [element("p", sentence) for sentence in sentences(material, cube, rows)]
    parts.append(element("p", text("answer.reading"), class_="small"))
    if len(material.cubes) > 1:
        parts.append(side_by_side(material))
    return element("section", *parts, id="answer")


def unknown_first(material: Material, rows: Sequence[Probability]) -> list[Part]:
    """Return what is not known: evidence, and the assumption that matters most."""
    counts = Counter(row.grade.worst() for row in rows if row.grade is not None)
    told = listed(
        text("answer.grade", letter=letter, count=counts[letter]) for letter in "CBA" if counts[letter]
    )
    parts: list[Part] = [element("strong", text("answer.unknown")), text("answer.grades", grades=told)]
    moved = max(rows, key=lambda row: row.driver.size() if row.driver is not None else -1.0)
    if moved.driver is not None:
        parts.append(
            text(
                "answer.assumption",
                name=moved.driver.name,
                target=named(moved),
                low=chance(moved.driver.low, material.main.draws),
                high=chance(moved.driver.high, material.main.draws),
            )
        )
    if scenario_is_plan(material.main):
        parts.append(text("answer.by-construction"))
    return parts


def scenario_is_plan(cube: Cube) -> bool:
    """Return whether growth is the plan's own, so that chances near one half are no finding."""
    weight = next((a.value for a in cube.run_assumptions if a.id == "weight"), "")
    return weight == "1"


def named(row: Probability) -> Name:
    return Name(*(f"{row.target.id} {name}" for name in row.target.name))


def with_chance(row: Probability, draws: int) -> Name:
    return text("answer.with-chance", target=named(row), p=chance_of(row, draws))


def sentences(material: Material, cube: Cube, rows: Sequence[Probability]) -> list[Name]:
    """Return what will probably be hit, what not, and what moves it most."""
    hit = sorted((r for r in rows if (r.p or 0.0) > LIKELY), key=lambda r: -(r.p or 0.0))
    missed = sorted((r for r in rows if (r.p or 0.0) < UNLIKELY), key=lambda r: r.p or 0.0)
    open_ = [r for r in rows if r not in hit and r not in missed]
    parts = [_group("answer.hit", hit, cube.draws)]
    middle = _group("answer.open", open_, cube.draws) if open_ else Name("", "")
    lost = _group("answer.missed", missed, cube.draws)
    together = Name("", "")
    if cube.joint is not None:
        together = text(
            "answer.together",
            count=len(cube.joint.targets),
            p=chance(cube.joint.p, cube.draws),
            span=span(cube.joint.independent, cube.joint.dependent, cube.draws),
        )
    parts.append(Name(*(Html(a + b + c) for a, b, c in zip(lost, middle, together, strict=True))))
    lever = strongest_lever(material, cube)
    if lever is not None:
        parts.append(lever)
    return parts


def _group(key: str, rows: Sequence[Probability], draws: int) -> Name:
    if not rows:
        return text(f"{key}.none")
    return text(key, count=len(rows), targets=listed(with_chance(row, draws) for row in rows))


def strongest_lever(material: Material, cube: Cube) -> Name | None:
    """Return which growth moves which target most: by one point a year more. A point of a rate is
    another thing than a point of growth, so rates stand aside.
    """
    needs = needs_by_target(material, cube)
    rows = {row.target.id: row for row in cube.headline_evaluated()}
    gains = [
        (need.p_at(need.growth + 0.01) - need.p_at(need.growth), need)
        for need in needs.values()
        if not is_rate(cube.plan, need.driver)
    ]
    if not gains:
        return None
    gain, need = max(gains, key=lambda pair: pair[0])
    return text(
        "answer.lever",
        driver=name_of(cube.plan, need.driver),
        target=named(rows[need.target]),
        points=signed(100.0 * gain),
    )


def side_by_side(material: Material) -> Html:
    """Return the chances of every scenario's headline targets, a row each."""
    first = [row.target for row in material.main.headline_evaluated()]
    head: list[Part] = [text("scenario"), *(element("abbr", t.id) for t in first)]
    head.append(text("together"))
    body = [_scenario_row(cube, [t.id for t in first]) for cube in material.cubes]
    names = listed(Name(*(f"{t.id} {part}" for part in t.name)) for t in first)
    caption = joined([text("side-by-side", count=len(material.cubes)), " ", names])
    return rows_of(head, body, caption, class_="heat side")


def _scenario_row(cube: Cube, ids: Sequence[str]) -> list[Html]:
    rows = {row.target.id: row for row in cube.headline_evaluated()}
    cells = [row_head(cube.title)]
    for ident in ids:
        row = rows.get(ident)
        if row is None or row.p is None:
            cells.append(cell(text("not-evaluated"), class_="none"))
        else:
            cells.append(cell(chance_of(row, cube.draws, sign=False), class_=f"s{shade(row.p)}"))
    joint = cube.joint
    cells.append(cell("" if joint is None else chance(joint.p, cube.draws), class_="n"))
    return cells
