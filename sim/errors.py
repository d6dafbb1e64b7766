"""Mistakes of planners: one line each, all at once, with the place where they stand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from difflib import SequenceMatcher
from typing import NamedTuple

from sim.texts import LANGUAGES_APART, say, table

SEPARATOR = " / "
"""Between the names that a mistake offers."""

MORE = "…"
"""Stands for the names that a mistake does not list."""

UNITS = ("unit", "expected")
"""Details of mistakes that name units."""

SAME_LETTERS = 0.95
"""How alike two words are whose letters only stand in another order."""

SAME_START = 0.05
"""What the same first letter adds to the likeness of two words."""

ALIKE, ALIKE_LATIN = 0.5, 0.6
"""How alike a name must be to be offered: one of two Chinese letters, or six of ten Latin ones."""

MOST_OFFERED = 6


class Place(NamedTuple):
    """A position in a file; lines and columns count from 1."""

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """One mistake; its sentence is the text ``mistake.<code>`` filled with *details*."""

    place: Place
    code: str
    details: tuple[tuple[str, str], ...] = ()

    def line(self, lang: str) -> str:
        """Return ``file:line:column: sentence [code]``; no place before what the command line says."""
        values = {name: _in_language(name, value, lang) for name, value in self.details}
        sentence = f"{say('mistake.' + self.code, lang, **values)} [{self.code}]"
        return sentence if self.place == COMMAND_LINE else f"{self.place}: {sentence}"


COMMAND_LINE = Place("")
"""The place of a mistake that stands in no file."""


def _in_language(name: str, value: str, lang: str) -> str:
    """Return a detail of a mistake as a reader of *lang* is told it."""
    if name == "near":
        return offered(value, lang)
    if name == "needs":
        zh, _, en = value.partition(LANGUAGES_APART)
        return (en or zh) if lang == "en" else zh
    parts = value.split(SEPARATOR)
    if name in UNITS and lang == "en" and all(f"unit.{part}" in table() for part in parts):
        words = SEPARATOR.join(say(f"unit.{part}", lang) for part in parts)
        return value if value.isascii() else f"{value} ({words})"
    return value


def offered(near: str, lang: str) -> str:
    """Return the end of a sentence that offers the names in *near*, each in its own quotes."""
    if not near:
        return ""
    *names, last = (
        name if name == MORE else say("mistake.quoted", lang, name=name) for name in near.split(SEPARATOR)
    )
    if not names:
        return say("mistake.offered", lang, names=last)
    between = say("mistake.comma" if last == MORE else "mistake.or", lang)
    return say("mistake.offered", lang, names=say("mistake.comma", lang).join(names) + between + last)


class BadInput(Exception):
    """Raised once with every mistake that was found; the command line exits with 2."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes: tuple[Mistake, ...] = tuple(sorted(set(mistakes)))
        super().__init__("\n".join(m.line("en") for m in self.mistakes))

    def __reduce__(self) -> tuple[type[BadInput], tuple[tuple[Mistake, ...]]]:
        """Travel between processes with the mistakes, not with what they say."""
        return type(self), (self.mistakes,)


@dataclass(slots=True)
class Found:
    """Collects mistakes while a file is read, so that all are reported together."""

    mistakes: list[Mistake] = field(default_factory=list)

    def add(self, place: Place, code: str, **details: object) -> None:
        self.mistakes.append(
            Mistake(place, code, tuple((name, str(value)) for name, value in sorted(details.items())))
        )

    def raise_if_any(self) -> None:
        if self.mistakes:
            raise BadInput(self.mistakes)


def as_written(value: float) -> str:
    """Return a planner's number as it was written: all its digits, and no exponent where there was none."""
    text = f"{value:.15g}"
    return format(Decimal(text), "f") if "e" in text and 1e-9 < abs(value) < 1e16 else text


def times_apart(one: float, other: float) -> str:
    """Return how many times the smaller of two positive numbers the larger is, to three digits."""
    if not (one > 0 and other > 0):
        return "∞"
    factor = max(one / other, other / one)
    return f"{float(f'{factor:.3g}'):,.0f}"


def likeness(word: str, name: str) -> float:
    """Return how alike *word* and a legal *name* are: 0 for nothing in common, 1 for the same."""
    is_same = sorted(word) == sorted(name)
    alike = SAME_LETTERS if is_same else SequenceMatcher(None, name, word).ratio()
    return alike + SAME_START * (word[:1] == name[:1])


def nearest_of(word: str, legal: Iterable[str]) -> tuple[str, ...]:
    """Return the legal names that *word* may have been meant to be: the likest and its equals."""
    least = ALIKE_LATIN if word.isascii() else ALIKE
    alike = {name: likeness(word, name) for name in sorted(set(legal))}
    most = max(alike.values(), default=0.0)
    if most < least:
        return ()
    return tuple(name for name, value in alike.items() if value == most)[:MOST_OFFERED]


def nearest_or_first(word: str, legal: Iterable[str], shown: int = MOST_OFFERED) -> str:
    """Return, joined, the legal names nearest to *word*; the first *shown* of them if none is near."""
    names = list(legal)
    first = [*names[:shown], *([MORE] if len(names) > shown else [])]
    return SEPARATOR.join(nearest_of(word, names) or first)


def nearest(word: str, legal: Iterable[str]) -> str | None:
    """Return the legal name that *word* was probably meant to be, if any is near."""
    return next(iter(nearest_of(word, legal)), None)
