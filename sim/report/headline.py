"""A card for each headline target: a hundred dots, both uncertainties apart, evidence and driver."""

from __future__ import annotations

from sim.axes import Name
from sim.baseline.plan import Baseline
from sim.baseline.track_record import record_of
from sim.cube import Cube, Probability, name_of, unit_of
from sim.report.markup import Html, Part, amount, element, listed, text, unit_name
from sim.report.material import Material, needs_by_target, versions_of
from sim.report.needs import growth_text
from sim.report.numbers import chance, chance_of, margin, number, roughly, span, told_chance, years_of
from sim.report.svg import dots, drawing, line, words
from sim.studies.goal_seek import Need
from sim.tables.execution import without_words
from sim.tables.readings import ends_with_versions, hangs_on_version, history_key, is_without_history
from sim.tables.realism import plausibility_words, record_name
from sim.tables.selection import dots_of
from sim.texts import LANGUAGES, say

SURE = 0.8
"""The confidence at which a miss is told what it would take."""


def headline(material: Material, cube: Cube, mark: str) -> Html:
    """Return the section of headline targets; *mark* keeps ids of one page apart."""
    needs = needs_by_target(material, cube)
    cards = [card(cube, row, needs.get(row.target.id), mark) for row in cube.headline()]
    return element(
        "section",
        element("h2", text("headline")),
        element("p", text("headline.reading", draws=f"{cube.draws:,}"), class_="small"),
        *([element("p", execution_name(), class_="warning")] if cube.without else []),
        element("div", *cards, class_="cards"),
        element("p", Name(*(plausibility_words(cube, lang) for lang in LANGUAGES)), class_="small"),
        id=f"headline{mark}",
    )


def execution_name() -> Name:
    """Return that the execution prior is on, in both languages."""
    return Name(*(say("execution.heading", lang) for lang in LANGUAGES))


def card(cube: Cube, row: Probability, need: Need | None, mark: str) -> Html:
    """Return one target; without data, what is missing instead of a number."""
    ident = f"t{mark}-{row.target.id}"
    title = element("h3", element("b", row.target.id), " ", row.target.name, id=ident)
    aim = element("p", *aims(row), class_="aim")
    if row.p is None:
        missing = element("p", text("missing", needs=needs_name(row)))
        return element("article", title, aim, missing, class_="card")
    ends = ends_with_versions(row, cube)
    first, last = (dots_of(end) for end in ends)
    lead = [element("p", told_chance(row, cube), class_="big"), element("p", times(row, cube))]
    facts: list[Part] = [
        *(element("p", part, class_="warning") for part in warnings(cube, row)),
        uncertainty(row, cube.draws, ident),
        *(element("p", part, class_="small") for part in details(cube, row, need)),
    ]
    picture = dots(first, last, 100, ident)
    split = element(
        "div", picture, element("div", *lead), element("div", *facts, class_="facts"), class_="split"
    )
    return element("article", title, aim, split, class_="card")


def aims(row: Probability) -> list[Part]:
    """Return what is asked for, and what about (左右) is taken to allow."""
    parts: list[Part] = [years_of(row.target)]
    if row.target.comparator == "≈" and row.target.tolerance is not None:
        parts.append(text("about", tolerance=f"{row.target.tolerance:g}"))
    return parts


def needs_name(row: Probability) -> Name:
    zh, _, en = row.target.needs.partition(" | ")
    return Name(zh, en or zh)


def warnings(cube: Cube, row: Probability) -> list[Part]:
    """Return what must be known before the number: growth without history, and which version it is of."""
    parts: list[Part] = []
    key = history_key(row, cube)
    if key is not None:
        parts.append(Name(*(say(key, lang) for lang in LANGUAGES)))
    if hangs_on_version(row, cube):
        parts.append(text("as-version", version=version_name(cube, row), p=chance_of(row, cube.draws)))
    return parts


def times(row: Probability, cube: Cube) -> Name:
    """Return how many of a hundred draws hit, in words."""
    draws = cube.draws
    low, high = ends_with_versions(row, cube)
    if low != high:
        key = "times-versions" if hangs_on_version(row, cube) else "times-range"
        return text(key, low=dots_of(low), high=dots_of(high))
    if chance(low, draws).startswith("<"):
        return text("times-few", draws=f"{draws:,}")
    if chance(low, draws).startswith(">"):
        return text("times-most", draws=f"{draws:,}")
    if round(100.0 * low) in (0, 100):
        return text("times-thousand", count=round(1000.0 * low))
    return text("times", count=round(100.0 * low))


def uncertainty(row: Probability, draws: int, ident: str) -> Html:
    """Return both uncertainties: a band of what data cannot say, and below it the simulation's error.

    Where growth has no history the band leaves out what matters most: it is drawn empty, and it says so.
    """
    assert row.p is not None
    assert row.p10 is not None
    assert row.p90 is not None
    assert row.mc_low is not None
    assert row.mc_high is not None
    x = [8.0 + 2.0 * 100.0 * v for v in (row.p10, row.p90, row.mc_low, row.mc_high)]
    known = not is_without_history(row)
    scale = [words(8.0 + 50.0 * i, 40, f"{25 * i}", "tick", "middle") for i in range(5)]
    picture = drawing(
        222,
        44,
        line(8, 28, 208, 28, "axis"),
        element(
            "rect",
            x=x[0] if known else 8,
            y=6,
            width=max(x[1] - x[0], 1.5) if known else 200,
            height=10,
            class_="model" if known else "unknown-band",
        ),
        element("rect", x=x[2], y=20, width=max(x[3] - x[2], 1.5), height=4, class_="mc"),
        *scale,
        labelled_by=ident,
        class_="strip",
    )
    return element(
        "div",
        picture,
        element(
            "p",
            element("i", class_="key model" if known else "key unknown-band"),
            text("model-uncertainty" if known else "model-unknown", span=span(row.p10, row.p90, draws)),
        ),
        element(
            "p",
            element("i", class_="key mc"),
            text("simulation-error", margin=margin(row.mc_low, row.mc_high)),
        ),
        class_="uncertainty",
    )


def details(cube: Cube, row: Probability, need: Need | None) -> list[Part]:
    """Return evidence, the assumption that moves p most, the median, what it would take, other versions."""
    parts: list[Part] = []
    if row.grade is not None:
        g = row.grade
        parts.append(
            text(
                "grade", base=g.base, drift=g.drift, spread=g.spread, definition=g.definition, worst=g.worst()
            )
        )
    if row.driver is not None:
        low, high = (chance(end, cube.draws) for end in (row.driver.low, row.driver.high))
        key = "driver-weak" if low == high else "driver"
        parts.append(text(key, name=row.driver.name, low=low, high=high))
    parts += levels(cube, row)
    if need is not None and (row.p or 0.0) < SURE:
        parts.append(taking(cube.plan, need))
    if record_of(row.target, cube.plan) is not None:
        parts.append(record_name(row.target, cube))
    if cube.without:
        parts.append(Name(*(without_words(row, cube, lang) for lang in LANGUAGES)))
    others = [_version(cube, row, other) for other in versions_of(cube, row)]
    if others:
        parts.append(text("versions", versions=listed(others)))
    return parts


def levels(cube: Cube, row: Probability) -> list[Part]:
    """Return the median outcome, and by how much a miss misses."""
    is_mean = row.target.kind.startswith("mean")
    unit = unit_name("%" if is_mean else unit_of(cube.plan, row.quantity))
    parts: list[Part] = []
    if row.median is not None:
        parts.append(
            text("median", median=number(row.median), target=number(row.target.threshold), unit=unit)
        )
    if row.shortfall is not None:
        value = roughly(row.shortfall)
        gap = text("points", value=value) if unit.zh == "%" else amount(value, unit)
        parts.append(text("shortfall", amount=gap))
    return parts


def taking(plan: Baseline, need: Need) -> Name:
    wanted = need.growth_for(SURE)
    key = "taking" if abs(wanted) != float("inf") else "taking.never"
    return text(
        key,
        driver=name_of(plan, need.driver),
        now=growth_text(plan, need, need.growth),
        growth=growth_text(plan, need, wanted),
        sure=f"{100.0 * SURE:.0f}",
        most=growth_text(plan, need, need.curve[-1][0]),
    )


def _version(cube: Cube, lead: Probability, other: Probability) -> Name:
    """Return what sets another version apart, with its chance."""
    assert other.p is not None
    return text("version-chance", version=_apart(cube, lead, other), p=chance(other.p, cube.draws))


def version_name(cube: Cube, lead: Probability) -> Name:
    """Return what sets a target's first version apart from its others."""
    return _apart(cube, next(iter(versions_of(cube, lead)), lead), lead)


def _apart(cube: Cube, lead: Probability, other: Probability) -> Name:
    if other.quantity != lead.quantity:
        return name_of(cube.plan, other.quantity)
    if other.target.tolerance is not None and other.target.tolerance != lead.target.tolerance:
        return text("tolerance", tolerance=f"{other.target.tolerance:g}")
    if other.target.kind != lead.target.kind:
        return text(f"kind.{other.target.kind}")
    if (other.target.year, other.target.value) != (lead.target.year, lead.target.value):
        return years_of(other.target)
    return Name(other.target.version, other.target.version)
