"""What the words of a scenario mean in its plan: names, years, units and footprints."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sim.axes import Name
from sim.baseline.plan import Baseline
from sim.errors import Found, Place, as_written
from sim.scenario.layers import Node, Steps
from sim.scenario.measures import PERCENT, POINTS, UNREAD, Measure, is_read
from sim.scenario.names import Directories, Directory
from sim.scenario.written import Bilingual, YearRange

Pairs = dict[tuple[str, str], float]
"""Weights by (area, indicator), in canonical order."""

Weights = dict[str, tuple[float, Place | None]]
"""Weight by id, and where the id is named by itself; None if only a group brought it in."""

HUNDREDTH = 0.01


@dataclass(frozen=True, slots=True)
class Reading:
    """One scenario in its plan, and the mistakes that are found while it is read.

    Whatever is written may be `UNREAD`: then it means nothing here, and is no further mistake.
    """

    baseline: Baseline
    names: Directories
    node: Node
    swept: tuple[Steps, ...]
    found: Found

    def place(self, steps: Steps) -> Place:
        """Return where the value at *steps* stands."""
        return self.node.at(steps).place

    def key_place(self, steps: Steps) -> Place:
        """Return where the key at the end of *steps* stands."""
        return self.node.at(steps).key_place

    def mistake(self, steps: Steps, code: str, **details: object) -> None:
        """Note a mistake in the value at *steps*."""
        self.found.add(self.place(steps), code, **details)

    def key_mistake(self, steps: Steps, code: str, **details: object) -> None:
        """Note a mistake in the key at the end of *steps*."""
        self.found.add(self.key_place(steps), code, **details)

    def without_effect(self, steps: Steps, code: str, **details: object) -> None:
        """Note an entry without effect, unless a sweep runs through it: zero is a fair value there."""
        if not any(path[:2] == steps[:2] for path in self.swept):
            self.mistake(steps, code, **details)

    def amount(self, steps: Steps, measure: Measure, unit: str, low: float, high: float) -> float:
        """Return the number of *measure*, whose unit must be *unit*, between *low* and *high*."""
        if measure is UNREAD:
            return math.nan
        if measure.unit not in ("", unit):
            self.mistake(steps, "wrong-unit", unit=measure.unit, expected=unit)
        elif not low <= measure.value <= high:
            bounds = {"low": as_written(low), "high": as_written(high)}
            self.mistake(steps, "out-of-range", value=as_written(measure.value), **bounds)
        return measure.value

    def points(self, steps: Steps, measure: Measure) -> float:
        """Return percentage points of yearly growth as a fraction."""
        return self.amount(steps, measure, POINTS, -100.0, 100.0) * HUNDREDTH

    def growth(self, steps: Steps, measure: Measure) -> float:
        """Return a growth in percent a year as a fraction."""
        return self.amount(steps, measure, PERCENT, -99.0, 100.0) * HUNDREDTH

    def year(self, steps: Steps, year: int, is_key: bool = False) -> bool:
        """Say whether *year* is one of the plan; a mistake if not."""
        if year is UNREAD:
            return False
        if year in self.baseline.years:
            return True
        place = self.key_place(steps) if is_key else self.place(steps)
        first, last = self.baseline.years[0], self.baseline.years[-1]
        self.found.add(place, "year-outside", year=year, first=first, last=last)
        return False

    def years(self, steps: Steps, written: Any) -> tuple[int, ...]:
        """Return the plan's years that *written* names: a year, ``2017-2019``, a list, a range or all."""
        if written is UNREAD:
            return ()
        if isinstance(written, (list, tuple)):
            each = [self.years((*steps, number), part) for number, part in enumerate(written)]
            chosen = [year for part in each for year in part]
            if len(set(chosen)) < len(chosen):
                self.mistake(steps, "years-twice")
            return tuple(sorted(set(chosen)))
        if isinstance(written, YearRange):
            return self._span(steps, written.from_, written.to, ("from",), ("to",))
        if isinstance(written, int):
            return (written,) if self.year(steps, written) else ()
        if written.casefold() in ("all", "全部"):
            return self.baseline.years
        first, _, last = written.replace("—", "-").replace("–", "-").partition("-")
        if not (first.strip().isdecimal() and last.strip().isdecimal() and len(written) <= 12):
            self.mistake(steps, "not-years", value=written[:40])
            return ()
        return self._span(steps, int(first), int(last), (), ())

    def _span(self, steps: Steps, first: int, last: int, at_first: Steps, at_last: Steps) -> tuple[int, ...]:
        inside = [self.year((*steps, *at_first), first), self.year((*steps, *at_last), last)]
        if not all(inside):
            return ()
        if last < first:
            self.mistake((*steps, *at_last), "end-before-start", start=first, end=last)
        return tuple(year for year in self.baseline.years if first <= year <= last)

    def one(self, steps: Steps, word: str, directory: Directory, is_key: bool = False) -> str | None:
        """Return the id of the one thing called *word*; a mistake if there is none."""
        if word is UNREAD:
            return None
        found = directory.id_of(word)
        if found is None:
            place = self.key_place(steps) if is_key else self.place(steps)
            code, details = directory.mistake_of(word, only_single=True)
            self.found.add(place, code, **details)
        return found

    def weights(self, steps: Steps, written: Any, directory: Directory) -> Weights:
        """Return id to (weight, where it is named by itself); a single name outweighs its groups."""
        single: Weights = {}
        grouped: Weights = {}
        for word, weight, at, is_key in _words(steps, written):
            group = directory.group_of(word)
            thing = directory.id_of(word)
            place = self.key_place(at) if is_key else self.place(at)
            if thing is not None and thing in single:
                self.found.add(place, "named-twice", name=word)
            elif thing is not None:
                single[thing] = (weight, place)
            elif group is None:
                code, details = directory.mistake_of(word)
                self.found.add(place, code, **details)
            else:
                if any(grouped.get(member, (weight, None))[0] != weight for member in group):
                    self.found.add(place, "weight-twice", name=word)
                grouped.update(dict.fromkeys(group, (weight, None)))
        return grouped | single

    def pairs(self, steps: Steps, areas: Any, indicators: Any) -> Pairs:
        """Return the cells of a footprint with their weights.

        Indicators of cities stand with cities (the province's name means all cities), those of the
        province alone with the province. Empty where not all of the footprint could be read.
        """
        before = len(self.found.mistakes)
        area_weights = self.weights((*steps, "areas"), areas, self.names.areas)
        indicator_weights = self.weights((*steps, "indicators"), indicators, self.names.indicators)
        if not (is_read(areas) and is_read(indicators)):
            return {}
        province = self.baseline.province.id
        scopes = {indicator.id: indicator.scope for indicator in self.baseline.indicators}
        pairs: Pairs = {}
        for indicator, (weight, place) in indicator_weights.items():
            if scopes[indicator] == "cities":
                for city in self.baseline.cities:
                    area = area_weights.get(city.id) or area_weights.get(province)
                    if area is not None:
                        pairs[city.id, indicator] = area[0] * weight
            elif province in area_weights:
                pairs[province, indicator] = area_weights[province][0] * weight
            elif place is not None and area_weights:
                self.found.add(place, "only-the-province", indicator=indicator, province=province)
        if len(self.found.mistakes) == before:
            if not pairs:
                self.key_mistake(steps, "empty-footprint")
            elif not any(pairs.values()):
                self.without_effect((*steps, "indicators"), "weights-all-zero")
        return dict(sorted(pairs.items()))

    def name(self, written: Any, default: str) -> Name:
        """Return a title in both languages; one text stands for both."""
        if written is None:
            return Name(default, default)
        return Name(written.zh, written.en) if isinstance(written, Bilingual) else Name(written, written)


def _words(steps: Steps, written: Any) -> list[tuple[str, float, Steps, bool]]:
    """Return each name with its weight, where it stands, and whether it stands there as a key."""
    if written is UNREAD:
        return []
    if isinstance(written, str):
        return [(written, 1.0, steps, False)]
    if isinstance(written, Mapping):
        return [(word, weight, (*steps, word), True) for word, weight in written.items()]
    listed: Sequence[str] = written
    return [(word, 1.0, (*steps, number), False) for number, word in enumerate(listed) if word is not UNREAD]
