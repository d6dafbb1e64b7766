"""The units that figures and targets may have: a list, so that no text is ever computed."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from types import MappingProxyType
from typing import Final

from sim.errors import Found, Place, nearest_or_first
from sim.texts import say

# Chinese counting words of different things do not convert into each other; 人 and 名 both count people.
# Percent (a share), percentage points (a difference of shares) and percent a year (growth) are three.
ALLOWED: Final = (
    ("亿元", "money", Fraction(10**8)),
    ("万元", "money", Fraction(10**4)),
    ("元", "money", Fraction(1)),
    ("万人年", "person-years", Fraction(10**4)),
    ("人年", "person-years", Fraction(1)),
    ("万人", "people", Fraction(10**4)),
    ("人", "people", Fraction(1)),
    ("万名", "people", Fraction(10**4)),
    ("名", "people", Fraction(1)),
    ("万家", "firms", Fraction(10**4)),
    ("家", "firms", Fraction(1)),
    ("家次", "visits", Fraction(1)),
    ("万件", "items", Fraction(10**4)),
    ("件", "items", Fraction(1)),
    ("项", "projects", Fraction(1)),
    ("个", "units", Fraction(1)),
    ("次", "times", Fraction(1)),
    ("次/季", "times/quarter", Fraction(1)),
    ("万台", "machines", Fraction(10**4)),
    ("台", "machines", Fraction(1)),
    ("万平方米", "area", Fraction(10**4)),
    ("平方米", "area", Fraction(1)),
    ("件/万人", "items/people", Fraction(1, 10**4)),
    ("亿元/万人", "money/people", Fraction(10**4)),
    ("元/人", "money/people", Fraction(1)),
    ("%", "share", Fraction(1, 100)),
    ("1", "share", Fraction(1)),
    ("百分点", "points", Fraction(1, 100)),
    ("%/yr", "growth", Fraction(1, 100)),
    ("年", "years", Fraction(1)),
)
LONGEST: Final = 20  # difflib is quadratic; a longer text is no misspelt unit


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of a *dimension*; *factor* of the dimension's own unit make one of it."""

    id: str
    dimension: str
    factor: Fraction
    name_zh: str
    name_en: str


@cache
def units() -> MappingProxyType[str, Unit]:
    """Return all units by id."""
    return MappingProxyType(
        {
            id: Unit(id, dimension, factor, say(f"unit.{id}", "zh"), say(f"unit.{id}", "en"))
            for id, dimension, factor in ALLOWED
        }
    )


def known_unit(text: str, place: Place, found: Found) -> str | None:
    """Return *text* if it is a unit, else None and a mistake with the nearest unit."""
    if text in units():
        return text
    near = nearest_or_first(text if len(text) <= LONGEST else "", units())
    found.add(place, "unknown-unit", unit=text[:LONGEST], near=near)
    return None


def convertible(source: str, target: str, place: Place, found: Found) -> Fraction | None:
    """Return the exact conversion, or None and a mistake that names both units.

    A text that is no unit was reported where it stands: None, without another mistake.
    """
    of, to = units().get(source), units().get(target)
    if of is None or to is None:
        return None
    if of.dimension != to.dimension:
        found.add(place, "unit-mismatch", unit=source, expected=target)
        return None
    return of.factor / to.factor


def ratio_factor(numerator: str, denominator: str, unit: str) -> Fraction | None:
    """Return what turns numerator over denominator into *unit*; None if the units cannot belong.

    Equal dimensions give a share; otherwise the unit's dimension is written ``numerator/denominator``.
    """
    above, below, result = units()[numerator], units()[denominator], units()[unit]
    same = above.dimension == below.dimension
    if result.dimension != ("share" if same else f"{above.dimension}/{below.dimension}"):
        return None
    return above.factor / below.factor / result.factor
