"""Courses of shocks over the years: one class per member, its fields as planners write them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Annotated, Self

import numpy as np

from sim.axes import Floats
from sim.registry import Family, Flaw

Year = Annotated[int, "year"]
"""A year of the plan."""

LaterYear = Annotated[int, "later year"]
"""A year of the plan or after it."""

Span = Annotated[int, "span"]
"""A number of years."""

SHORTEST_HALF_LIFE, LONGEST_HALF_LIFE = 0.1, 100.0
"""Years; outside these a decay cannot be told from one year, or from no decay."""


class Course(ABC):
    """How much of a shock's size falls on each year; no year carries more than all of it."""

    __slots__ = ()

    @property
    @abstractmethod
    def first(self) -> int:
        """The first year that it touches."""

    @property
    @abstractmethod
    def last(self) -> int | None:
        """The last year that it touches; None if it does not end."""

    @abstractmethod
    def shares(self, years: Floats) -> Floats:
        """Return the share of the size, between -1 and 1, that falls on each of *years*."""

    @abstractmethod
    def starting(self, year: int) -> Self:
        """Return the same course with *year* as its first year."""

    def flaws(self) -> Iterator[Flaw]:
        """Yield what makes the fields illegal; nothing if they are legal."""
        yield from ()


course: Family[Course] = Family("course")


@course.member("one_year")
@dataclass(frozen=True, slots=True)
class OneYear(Course):
    """All of it in one *year*."""

    year: Year

    @property
    def first(self) -> int:
        return self.year

    @property
    def last(self) -> int:
        return self.year

    def shares(self, years: Floats) -> Floats:
        return np.where(years == self.year, 1.0, 0.0)

    def starting(self, year: int) -> Self:
        return replace(self, year=year)


@course.member("several_years")
@dataclass(frozen=True, slots=True)
class SeveralYears(Course):
    """All of it in each year from *start* to *end*."""

    start: Year
    end: Year

    @property
    def first(self) -> int:
        return self.start

    @property
    def last(self) -> int:
        return self.end

    def shares(self, years: Floats) -> Floats:
        return np.where((years >= self.start) & (years <= self.end), 1.0, 0.0)

    def starting(self, year: int) -> Self:
        return replace(self, start=year, end=self.end + year - self.start)

    def flaws(self) -> Iterator[Flaw]:
        if self.end < self.start:
            yield Flaw("end", "end-before-start", {"start": self.start, "end": self.end})


@course.member("ramp")
@dataclass(frozen=True, slots=True)
class Ramp(Course):
    """Grows evenly from *start*, reaches full size in *full*, and stays."""

    start: Year
    full: LaterYear

    @property
    def first(self) -> int:
        return self.start

    @property
    def last(self) -> None:
        return None

    def shares(self, years: Floats) -> Floats:
        return np.clip((years - self.start + 1) / (self.full - self.start + 1), 0.0, 1.0)

    def starting(self, year: int) -> Self:
        return replace(self, start=year, full=self.full + year - self.start)

    def flaws(self) -> Iterator[Flaw]:
        if self.full < self.start:
            yield Flaw("full", "end-before-start", {"start": self.start, "end": self.full})


@course.member("decay")
@dataclass(frozen=True, slots=True)
class Decay(Course):
    """All of it in *start*, then less each year: half of it after *half_life* years."""

    start: Year
    half_life: float

    @property
    def first(self) -> int:
        return self.start

    @property
    def last(self) -> None:
        return None

    def shares(self, years: Floats) -> Floats:
        since = np.maximum(years - self.start, 0.0)
        return np.where(years >= self.start, np.exp2(-since / self.half_life), 0.0)

    def starting(self, year: int) -> Self:
        return replace(self, start=year)

    def flaws(self) -> Iterator[Flaw]:
        if not SHORTEST_HALF_LIFE <= self.half_life <= LONGEST_HALF_LIFE:
            bounds = {"low": SHORTEST_HALF_LIFE, "high": LONGEST_HALF_LIFE, "value": self.half_life}
            yield Flaw("half_life", "out-of-range", bounds)


@course.member("rebound")
@dataclass(frozen=True, slots=True)
class Rebound(Course):
    """All of it in *start*; the *years* after it give the growth back in equal parts."""

    start: Year
    years: Span

    @property
    def first(self) -> int:
        return self.start

    @property
    def last(self) -> int:
        return self.start + self.years

    def shares(self, years: Floats) -> Floats:
        back = (years > self.start) & (years <= self.start + self.years)
        return np.where(years == self.start, 1.0, np.where(back, -1.0 / self.years, 0.0))

    def starting(self, year: int) -> Self:
        return replace(self, start=year)

    def flaws(self) -> Iterator[Flaw]:
        if self.years < 1:
            yield Flaw("years", "not-above-zero", {"field": "years", "value": self.years})
