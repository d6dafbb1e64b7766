"""In what two scenarios differ, as lines that a planner reads: what, where, when, now and before."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any

from sim.axes import Name
from sim.baseline.plan import Assumption, Baseline
from sim.cube import name_of
from sim.distributions import Distribution, distribution
from sim.registry import Family
from sim.scenario.differences import Difference, Value
from sim.scenario.scenario import Chance, Delay, Path, Shock
from sim.scenario.text_keys import member_keys
from sim.shocks import Course, course
from sim.tables.wording import unit_words
from sim.texts import say

FEW = 12
"""So many ids of targets are named, of more only the first."""

MINUS = "\N{MINUS SIGN}"


def difference_line(difference: Difference, baseline: Baseline, lang: str) -> str:
    """Return a line such as ``technology trade (all cities) 2018-2020: −2.0 pp, was 0``."""
    words = _Words(baseline, lang)
    if difference.kind.startswith("targets."):
        return words.label(difference.kind, targets=words.few(difference.now or difference.was))
    subject = " ".join(part for part in (_subject(difference, words), years_text(difference.years)) if part)
    now, was = (words.value(difference.kind, side) for side in (difference.now, difference.was))
    if lang == "zh" and not _is_chinese(was[:1]):
        was = f" {was}"
    return words.label("line", subject=subject, now=now, was=was)


def course_words(shown: Course, baseline: Baseline, lang: str) -> str:
    """Return how a shock spreads over the years: the course and its fields."""
    return _Words(baseline, lang).course(shown)


def _is_chinese(letter: str) -> bool:
    """Return whether *letter* needs no blank between it and the Chinese before it."""
    return "\u3000" <= letter <= "\u9fff" or "\uff00" <= letter <= "\uff60"


def _subject(difference: Difference, words: _Words) -> str:
    """Return what differs: its kind, unless the indicators say it, its name, indicators and areas."""
    parts = [] if difference.kind == "drift" else [words.label(f"kind.{difference.kind}")]
    if difference.name is not None:
        parts.append(words.label("named", name=difference.name.in_language(words.lang)))
    if difference.kind != "shock" and difference.indicators:
        indicators = words.joined(words.indicator(ident) for ident in difference.indicators)
        parts.append(words.label("at", indicators=indicators, areas=words.areas(difference.areas)))
    return " ".join(parts)


def years_text(years: Sequence[int]) -> str:
    """Return years as spans, such as ``2016, 2018-2020``."""
    spans: list[list[int]] = []
    for year in sorted(years):
        if spans and year == spans[-1][-1] + 1:
            spans[-1].append(year)
        else:
            spans.append([year])
    return ", ".join(str(span[0]) if len(span) == 1 else f"{span[0]}-{span[-1]}" for span in spans)


def signed(value: float, decimals: int = 1) -> str:
    """Return *value* with its sign, at least *decimals* decimals, and no digit that it does not have."""
    text = f"{abs(value):.{decimals}f}"
    if round(abs(value), decimals) != round(abs(value), 9):
        text = f"{abs(value):.6g}"
    return "0" if value == 0.0 else ("+" if value > 0.0 else MINUS) + text


@dataclasses.dataclass(frozen=True, slots=True)
class _Words:
    """Names and values in the reader's language."""

    baseline: Baseline
    lang: str

    def label(self, key: str, **values: object) -> str:
        return say(f"difference.{key}", self.lang, **values)

    def joined(self, parts: Iterable[str]) -> str:
        return self.label("and").join(parts)

    def few(self, idents: Value | None) -> str:
        """Return ids, the first of them and how many there are where they are many."""
        listed = [str(ident) for ident in idents] if isinstance(idents, tuple) else []
        if len(listed) <= FEW:
            return self.joined(listed)
        return self.label("first-of", first=self.joined(listed[:FEW]), count=len(listed))

    def indicator(self, ident: str) -> str:
        return name_of(self.baseline, ident).in_language(self.lang)

    def areas(self, idents: Sequence[str]) -> str:
        """Return the areas by name, or that they are all cities."""
        cities = {city.id for city in self.baseline.cities}
        names: dict[str, Name] = {a.id: a.name for a in (*self.baseline.cities, self.baseline.province)}
        if len(cities) > 1 and cities <= set(idents):
            others = [ident for ident in idents if ident not in cities]
            return self.joined([self.label("all-cities"), *(names[x].in_language(self.lang) for x in others)])
        return self.joined(names[ident].in_language(self.lang) for ident in idents)

    def value(self, kind: str, value: Value | None) -> str:
        """Return one side of a difference of *kind*."""
        match value:
            case None:
                return self.label("absent." + kind.split(".")[0])
            case Shock():
                return self.shock(value)
            case Delay():
                return self.label("delay", by=value.by, meanwhile=f"{100.0 * value.meanwhile:.6g}")
            case Path():
                return self.path(value)
            case Assumption():
                numbers = (f"{x:.6g}" for x in (value.low, value.central, value.high))
                return f"{' / '.join(numbers)} {unit_words(value.unit, self.lang)}".rstrip()
            case Distribution():
                return self.size(value, "%" if kind.endswith("level") else "points")
            case Course():
                return self.course(value)
            case Chance():
                return self.chance(value)
            case tuple():
                return self.parts(value)
            case float() | int():
                return self.points(value) if kind == "drift" else f"{value:.6g}"
        return self.word(kind, value)

    def word(self, kind: str, value: str) -> str:
        """Return a word of the scenario language in the reader's; a number in words stays as it is."""
        return value if kind == "seed" else self.label(f"word.{value}")

    def points(self, value: float) -> str:
        return "0" if value == 0.0 else self.label("points", value=signed(100.0 * value))

    def shock(self, shock: Shock) -> str:
        parts = [
            self.size(shock.size, "%" if shock.effect == "level" else "points"),
            self.course(shock.course),
            *([] if shock.chance is None else [self.chance(shock.chance)]),
            self.footprint(shock.footprint),
        ]
        return self.label("list").join(parts)

    def size(self, size: Distribution, unit: str) -> str:
        """Return a size such as ``triangular (low −10, mode −7, high −3), pp a year``."""
        family = distribution.name_of(size)
        shown = size.scaled(100.0)
        if family == "fixed":
            return self.label(unit, value=signed(shown.mean()))
        return self.label(
            "size", members=self.member(distribution, family, shown), unit=self.label(f"of-{unit}")
        )

    def course(self, shown: Course) -> str:
        return self.member(course, course.name_of(shown), shown)

    def member(self, family: Family[Any], kind: str, member: Distribution | Course) -> str:
        """Return a member of a family: its name and its fields, with the words of the reference page."""
        fields = [
            f"{self.short(member_keys(family, kind, name), name)} {_plain(getattr(member, name))}"
            for name in fields_of(member)
        ]
        name = self.short(member_keys(family, kind), kind.replace("_", " "))
        return self.label("member", name=name, fields=self.joined(fields))

    def short(self, key: str, word: str) -> str:
        """Return the Chinese word before the explanation of *key*; English readers read the file's *word*."""
        return say(key, self.lang).partition("：")[0] if self.lang == "zh" else word

    def chance(self, chance: Chance) -> str:
        if chance.probability is not None:
            return self.label("probability", value=f"{100.0 * chance.probability:.6g}")
        return self.label("hazard", value=f"{100.0 * float(chance.hazard or 0.0):.6g}")

    def path(self, path: Path) -> str:
        return self.joined(f"{year}: {level:.8g}" for year, level in sorted(path.levels.items()))

    def parts(self, value: tuple[object, ...]) -> str:
        """Return ids of targets, or a footprint: indicators of equal cities and weights together."""
        footprint = [part for part in value if isinstance(part, tuple)]
        if not footprint:
            return self.joined(str(part) for part in value)
        return self.footprint(footprint)

    def footprint(self, cells: Iterable[tuple[str, str, float]]) -> str:
        by_area: dict[str, list[tuple[str, float]]] = {}
        for area, indicator, weight in cells:
            by_area.setdefault(area, []).append((indicator, weight))
        alike: dict[tuple[tuple[str, float], ...], list[str]] = {}
        for area, parts in by_area.items():
            alike.setdefault(tuple(parts), []).append(area)
        return self.label("list").join(
            self.label(
                "of-areas", areas=self.areas(areas), what=self.joined(self.weighted(*p) for p in parts)
            )
            for parts, areas in alike.items()
        )

    def weighted(self, indicator: str, weight: float) -> str:
        return self.indicator(indicator) + ("" if weight == 1.0 else f" ×{weight:.6g}")


def fields_of(member: Distribution | Course) -> tuple[str, ...]:
    """Return the names of a member's fields, in the order in which planners write them."""
    return tuple(field.name for field in dataclasses.fields(member))  # type: ignore[arg-type]


def _plain(value: object) -> str:
    if isinstance(value, tuple):
        return " / ".join(_plain(part) for part in value)
    return f"{value:.6g}".replace("-", MINUS) if isinstance(value, float) else str(value)
