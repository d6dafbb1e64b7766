"""How an answer is to be read: which version of its target is meant, and whether history stands behind it.

Which version a target is counted by is an assumption like any other, only not a number: where it moves
the probability by more than `RANGE_FROM`, the range over the versions is the answer.
"""

from __future__ import annotations

from collections.abc import Sequence

from sim.cube import RANGE_FROM, Cube, Probability
from sim.tables.selection import ends_of


def versions_of(lead: Probability, cube: Cube) -> tuple[Probability, ...]:
    """Return all versions of a headline target, the lead first."""
    others = (
        row
        for row in cube.probabilities
        if row.target.id == lead.target.id and row is not lead and row.target.group == lead.target.group
    )
    return (lead, *others)


def ends_of_versions(lead: Probability, cube: Cube) -> tuple[float, float]:
    """Return the least and the greatest probability among the versions of an answered target.

    A version of another year is another question, and has no part in the range.
    """
    same = (row for row in versions_of(lead, cube) if row.target.year == lead.target.year)
    chances = [row.p for row in same if row.p is not None]
    return min(chances), max(chances)


def hangs_on_version(lead: Probability, cube: Cube) -> bool:
    """Return whether the choice of version moves p so far that only a range is honest."""
    if lead.p is None:
        return False
    low, high = ends_of_versions(lead, cube)
    return high - low > RANGE_FROM


def ends_with_versions(lead: Probability, cube: Cube) -> tuple[float, float]:
    """Return where the chance of a target lies, over its versions too where they decide it."""
    ends = ends_of(lead)
    if not hangs_on_version(lead, cube):
        return ends
    low, high = ends_of_versions(lead, cube)
    return min(low, ends[0]), max(high, ends[1])


def deciding_versions(rows: Sequence[Probability], cube: Cube) -> list[Probability]:
    """Return the targets whose versions move p most: all that hang on them, else the one that is moved
    further by its versions than any is by a number; the most moved first.
    """
    answered = [row for row in rows if row.p is not None]
    by_size = sorted(answered, key=lambda row: -_size(row, cube))
    deciding = [row for row in by_size if hangs_on_version(row, cube)]
    strongest = max((row.driver.size() for row in rows if row.driver is not None), default=0.0)
    if not deciding and by_size and _size(by_size[0], cube) > strongest:
        return by_size[:1]
    return deciding


def _size(row: Probability, cube: Cube) -> float:
    low, high = ends_of_versions(row, cube)
    return high - low


def is_without_history(row: Probability) -> bool:
    """Return whether growth is the plan's own, so that model uncertainty leaves out the growth itself."""
    return row.grade is not None and row.grade.drift == "C"


def history_key(row: Probability, cube: Cube) -> str | None:
    """Return the text that says what follows where growth has no history; None where it has one."""
    if not is_without_history(row):
        return None
    on_the_path = any(row.quantity == indicator.id for indicator in cube.plan.indicators)
    return "screen.by-construction" if on_the_path else "screen.no-history"
