"""Shocks, events and level shocks as written, made into shocks of the model."""

from __future__ import annotations

import dataclasses
from functools import cache
from typing import Any, get_type_hints

import numpy as np

from sim.distributions import Distribution, Fixed, distribution
from sim.registry import Family
from sim.scenario.layers import Steps
from sim.scenario.measures import PERCENT, POINTS, UNREAD, Measure, is_read
from sim.scenario.reading import HUNDREDTH, Pairs, Reading
from sim.scenario.scenario import Chance, Shock
from sim.scenario.written import EventWritten, LevelShockWritten, ScenarioWritten, ShockWritten
from sim.shocks import Course, OneYear, Rebound, Year, course

LARGEST_SIZE = {POINTS: 100.0, PERCENT: 1000.0}
"""Bounds of a size by its unit: of growth those of an adjustment, below which no growth is left."""



def shocks_from_written(reading: Reading, written: ScenarioWritten) -> tuple[Shock, ...]:
    """Return all shocks of a scenario in order of name; a name may stand for one of them only."""
    shocks: list[Shock | None] = []
    seen: dict[str, str] = {}
    for section in ("shocks", "events", "level_shocks"):
        for name, entry in getattr(written, section).items():
            if name in seen:
                reading.key_mistake((section, name), "name-twice", name=name, section=seen[name])
            seen[name] = section
            shocks.append(_shock(reading, (section, name), name, entry))
    return tuple(sorted((shock for shock in shocks if shock is not None), key=lambda shock: shock.name))


def _shock(
    reading: Reading, steps: Steps, name: str, entry: ShockWritten | EventWritten | LevelShockWritten
) -> Shock | None:
    is_level = isinstance(entry, LevelShockWritten) or getattr(entry, "effect", "") == "level"
    pairs = reading.pairs(steps, entry.areas, entry.indicators)
    unit = PERCENT if is_level else POINTS
    has_unit = getattr(entry, "effect", "") is not UNREAD  # of what the size is depends on the effect
    size = size_from_written(reading, (*steps, "size"), entry.size if has_unit else UNREAD, unit)
    if is_level and size is not None and _takes_all(size, pairs):
        reading.mistake((*steps, "size"), "level-below-zero")
    when: Course | None
    if isinstance(entry, LevelShockWritten):
        when = OneYear(entry.year) if reading.year((*steps, "year"), entry.year) else None
    else:
        when = course_from_written(reading, (*steps, "course"), entry.course)
    chance = _chance(reading, steps, entry) if isinstance(entry, EventWritten) else None
    platform = _platform(reading, (*steps, "platform"), entry.platform, pairs)
    if size is None or when is None:
        return None
    return Shock(
        name=name,
        title=reading.name(entry.title, name),
        platform=platform,
        footprint=tuple((area, indicator, weight) for (area, indicator), weight in pairs.items()),
        size=size.scaled(HUNDREDTH),
        effect="level" if is_level else "growth",
        course=when,
        chance=chance,
        place=reading.place((*steps, "size")),
    )


def size_from_written(reading: Reading, steps: Steps, written: Any, unit: str) -> Distribution | None:
    """Return a size in *unit* as a distribution; None with its mistakes if it is not legal."""
    before = len(reading.found.mistakes)
    if written is UNREAD:
        return None
    if isinstance(written, Measure):
        size: Distribution | None = Fixed(_amount(reading, steps, written, unit))
    else:
        size = _member(reading, steps, written, distribution, unit)
    if size is None or len(reading.found.mistakes) > before or _has_flaws(reading, steps, size):
        return None
    if size.support() == (0.0, 0.0):
        reading.without_effect(steps, "size-zero")
    return size


def course_from_written(reading: Reading, steps: Steps, written: Any) -> Course | None:
    """Return a course that begins in a year of the plan; None with its mistakes if it is not legal."""
    before = len(reading.found.mistakes)
    if written is UNREAD:
        return None
    found: Course | None = _member(reading, steps, written, course, "")
    for field in _years_of(course[written.kind]):
        reading.year((*steps, field), getattr(written, field))
    if found is None or len(reading.found.mistakes) > before or _has_flaws(reading, steps, found):
        return None
    last = reading.baseline.years[-1]
    if isinstance(found, Rebound) and found.start >= last:
        reading.without_effect(steps, "rebound-after-plan", last=last)
    return found


def _member(reading: Reading, steps: Steps, written: Any, family: Family[Any], unit: str) -> Any:
    """Return the member of *family* that *written* is a model of; None if a field of it is unread."""
    kind = family[written.kind]
    values = {}
    for field in dataclasses.fields(kind):
        value = getattr(written, field.name)
        at = (*steps, field.name)
        if isinstance(value, Measure):
            value = _amount(reading, at, value, unit)
        elif isinstance(value, list):
            value = tuple(
                _amount(reading, (*at, number), part, unit) if isinstance(part, Measure) else part
                for number, part in enumerate(value)
            )
        values[field.name] = value
    is_whole = all(is_read(getattr(written, name)) for name in values)
    return kind(**values) if is_whole else None


def _amount(reading: Reading, steps: Steps, measure: Measure, unit: str) -> float:
    largest = LARGEST_SIZE.get(unit, LARGEST_SIZE[PERCENT])
    return reading.amount(steps, measure, unit, -largest, largest)


def _has_flaws(reading: Reading, steps: Steps, member: Distribution | Course) -> bool:
    flaws = list(member.flaws())
    for flaw in flaws:
        reading.mistake((*steps, flaw.field), flaw.code, **dict(flaw.details))
    return bool(flaws)


@cache
def _years_of(kind: type[Course]) -> tuple[str, ...]:
    hints = get_type_hints(kind, include_extras=True)
    return tuple(field.name for field in dataclasses.fields(kind) if hints[field.name] == Year)  # type: ignore[arg-type]


def _takes_all(size: Distribution, pairs: Pairs) -> bool:
    """Say whether a level shock would leave nothing of some level: 100 % or more of it is lost.

    Where no bound is known (normal, student t) the mean is held against it.
    """
    ends = [end for end in (*size.support(), size.mean()) if np.isfinite(end)]
    return any(weight * end <= -100.0 for weight in pairs.values() for end in ends)


def _chance(reading: Reading, steps: Steps, entry: EventWritten) -> Chance | None:
    if entry.probability is None and entry.hazard is None:
        reading.key_mistake(steps, "chance-missing")
        return None
    if entry.probability is not None and entry.hazard is not None:
        reading.key_mistake((*steps, "hazard"), "chance-twice")
    for field in ("probability", "hazard"):
        if getattr(entry, field) == 0:
            reading.without_effect((*steps, field), "never-happens")
    return Chance(entry.probability, entry.hazard)


def _platform(reading: Reading, steps: Steps, written: str | None, pairs: Pairs) -> str | None:
    if written is None:
        return None
    name = reading.one(steps, written, reading.names.platforms)
    places = [platform.area for platform in reading.baseline.platforms if platform.name == name]
    touched = {area for area, _ in pairs} | {reading.baseline.province.id}
    if name is not None and pairs and not touched.intersection(places):
        reading.mistake(steps, "platform-elsewhere", name=name, area=" / ".join(places))
    return name
