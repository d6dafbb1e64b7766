"""The first screen: what is not known, then the answer in three sentences."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from sim.axes import Name
from sim.cube import Cube, Probability, name_of
from sim.report.markup import Html, Part, cell, element, joined, listed, row_head, rows_of, text
from sim.report.material import Material, needs_by_target
from sim.report.needs import is_rate
from sim.report.numbers import chance, chance_of, number, signed, span, told_chance
from sim.tables.readings import (
    deciding_versions,
    ends_of_versions,
    ends_with_versions,
    hangs_on_version,
    is_without_history,
)
from sim.tables.selection import shade_between
from sim.tables.surprises import Surprise, surprises_of

LIKELY, UNLIKELY = 0.6, 0.4
"""Chances above the one are told as probably hit, below the other as probably missed."""


def answer(material: Material) -> Html:
    """Return the first section: what is not known, the answer, then how far it is to be trusted."""
    cube = material.main
    rows = [row for row in cube.headline_evaluated() if row.p is not None]
    if not rows:
        return element("section", element("p", text("answer.nothing")), id="answer")
    parts: list[Part] = [element("h2", text("answer"))]
    parts.append(element("p", *unknown_first(cube, rows), class_="unknown"))
    parts += [element("p", sentence) for sentence in sentences(material, cube, rows)]
    parts.append(element("p", *trust(cube, rows), class_="trust"))
    parts.append(element("p", text("answer.reading"), class_="small"))
    if len(material.cubes) > 1:
        parts.append(side_by_side(material))
    return element("section", *parts, id="answer")


def unknown_first(cube: Cube, rows: Sequence[Probability]) -> list[Part]:
    """Return what is not known: which version is meant, growth without history, what contradicts it."""
    parts: list[Part] = [element("strong", text("answer.unknown"))]
    versions = deciding_versions(rows, cube)
    if versions:
        targets = listed(_with_range(row, cube, ends_of_versions(row, cube)) for row in versions)
        parts.append(text("answer.versions", targets=targets))
    assumed = [row for row in rows if is_without_history(row)]
    if scenario_is_plan(cube):
        parts.append(text("answer.by-construction"))
    elif assumed:
        parts.append(text("answer.history", targets=listed(row.target.id for row in assumed)))
    found = [surprises_of(cube, row) for row in rows]
    surprises = [max(each, key=lambda one: (one.band, one.year)) for each in found if each]
    if surprises:
        parts.append(text("answer.actuals", list=listed(surprise_told(each) for each in surprises)))
    return parts if len(parts) > 1 else [*parts, *trust(cube, rows)]


def surprise_told(each: Surprise) -> Name:
    key = "answer.actual.above" if each.above else "answer.actual.below"
    target = each.row.target.id
    return text(key, target=target, year=str(each.year), value=number(each.actual), band=each.band)


def trust(cube: Cube, rows: Sequence[Probability]) -> list[Part]:
    """Return the evidence, and which number that no source gives matters most."""
    counts = Counter(row.grade.worst() for row in rows if row.grade is not None)
    told = listed(
        text("answer.grade", letter=letter, count=counts[letter]) for letter in "CBA" if counts[letter]
    )
    parts: list[Part] = [text("answer.grades", grades=told)]
    moved = max(rows, key=lambda row: row.driver.size() if row.driver is not None else -1.0)
    if moved.driver is None:
        return parts
    low, high = (chance(end, cube.draws) for end in (moved.driver.low, moved.driver.high))
    return [
        *parts,
        text("answer.assumption", name=moved.driver.name, target=named(moved), low=low, high=high),
    ]


def scenario_is_plan(cube: Cube) -> bool:
    """Return whether growth is the plan's own, so that chances near one half are no finding."""
    weight = next((a.value for a in cube.run_assumptions if a.id == "weight"), "")
    return weight == "1"


def named(row: Probability) -> Name:
    return Name(*(f"{row.target.id} {name}" for name in row.target.name))


def with_chance(row: Probability, cube: Cube) -> Name:
    """Return a target with its chance and its model uncertainty, or that nothing is known of it."""
    p = chance_of(row, cube.draws)
    if is_without_history(row):
        return text("answer.with-chance.unknown", target=named(row), p=p)
    low, high = (row.p if end is None else end for end in (row.p10, row.p90))
    assert low is not None
    assert high is not None
    return text("answer.with-chance", target=named(row), p=p, span=span(low, high, cube.draws))


def _with_range(row: Probability, cube: Cube, ends: tuple[float, float]) -> Name:
    return text("answer.with-range", target=row.target.id, span=span(*ends, cube.draws))


def kind_of(row: Probability, cube: Cube) -> str:
    """Return in which group of the answer a target stands: where its version decides, or growth is the
    plan's own, it is neither probably hit nor probably missed.
    """
    p = row.p or 0.0
    if hangs_on_version(row, cube):
        return "depends"
    if is_without_history(row) and not scenario_is_plan(cube):
        return "assumed"
    return "hit" if p > LIKELY else "missed" if p < UNLIKELY else "open"


def sentences(material: Material, cube: Cube, rows: Sequence[Probability]) -> list[Name]:
    """Return what will probably be hit and what not, what cannot be called, and what moves it most."""
    by_chance = sorted(rows, key=lambda row: -(row.p or 0.0))
    groups = {
        kind: [row for row in by_chance if kind_of(row, cube) == kind]
        for kind in ("hit", "missed", "open", "depends", "assumed")
    }
    told = [_group(kind, groups[kind], cube) for kind in ("hit", "missed")]
    told += [_group("open", groups["open"], cube)] if groups["open"] else []
    unsure = [_group(kind, groups[kind], cube) for kind in ("depends", "assumed") if groups[kind]]
    last = []
    if cube.joint is not None:
        other = cube.joint.independent, cube.joint.dependent
        is_told = not any(math.isnan(p) for p in other)
        last.append(
            text(
                "answer.together" if is_told else "answer.together-alone",
                count=len(cube.joint.targets),
                p=chance(cube.joint.p, cube.draws),
                span=span(*other, cube.draws) if is_told else "",
            )
        )
    lever = strongest_lever(material, cube)
    last += [] if lever is None else [lever]
    return [
        Name(*(Html("".join(parts)) for parts in zip(*group, strict=True)))
        for group in (told, unsure, last)
        if group
    ]


def _group(kind: str, rows: Sequence[Probability], cube: Cube) -> Name:
    if not rows:
        return text(f"answer.{kind}.none")
    if kind == "depends":
        told = listed(
            text("answer.with-range", target=named(row), span=told_chance(row, cube)) for row in rows
        )
    else:
        told = listed(with_chance(row, cube) for row in rows)
    return text(f"answer.{kind}", count=len(rows), targets=told)


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
            shade = shade_between(*ends_with_versions(row, cube))
            cells.append(cell(told_chance(row, cube, sign=False), class_=f"s{shade}"))
    joint = cube.joint
    cells.append(cell("" if joint is None else chance(joint.p, cube.draws), class_="n"))
    return cells
