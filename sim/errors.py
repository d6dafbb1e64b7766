"""Mistakes of planners: one line each, all at once, with the place where they stand."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from sim.texts import say


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
        """Return ``file:line:column: sentence [code]``."""
        return f"{self.place}: {say('mistake.' + self.code, lang, **dict(self.details))} [{self.code}]"


class BadInput(Exception):
    """Raised once with every mistake that was found; the command line exits with 2."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes: tuple[Mistake, ...] = tuple(sorted(set(mistakes)))
        super().__init__("\n".join(m.line("en") for m in self.mistakes))


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


def nearest(word: str, legal: Iterable[str]) -> str | None:
    """Return the legal name that *word* was probably meant to be, if any is near.

    The cutoff 0.5 is the one that works for two-character Chinese names.
    """
    matches = difflib.get_close_matches(word, sorted(set(legal)), n=1, cutoff=0.5)
    return matches[0] if matches else None
