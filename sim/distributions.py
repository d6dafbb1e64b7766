"""Distributions of sizes, as quantile functions: one class per member, its fields as planners write them."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Annotated, Self

import numpy as np

from sim.axes import Floats
from sim.registry import Family, Flaw

Amount = Annotated[float, "amount"]
"""A field in the unit of the number itself, unlike degrees of freedom, weights and spreads of logs."""


class Distribution(ABC):
    """A number that is not known exactly."""

    __slots__ = ()

    @abstractmethod
    def quantile(self, u: Floats) -> Floats:
        """Return the quantile at each *u* in (0, 1); it never falls as u rises."""

    @abstractmethod
    def mean(self) -> float:
        """Return the expected value."""

    @abstractmethod
    def support(self) -> tuple[float, float]:
        """Return the lowest and the highest possible value; infinite where there is no bound."""

    @abstractmethod
    def scaled(self, factor: float) -> Self:
        """Return the distribution of *factor* times this number; a negative factor mirrors it."""

    def flaws(self) -> Iterator[Flaw]:
        """Yield what makes the fields illegal; nothing if they are legal."""
        yield from ()


distribution: Family[Distribution] = Family("distribution")


def _positive(name: str, value: float) -> Iterator[Flaw]:
    if not value > 0:
        yield Flaw(name, "not-above-zero", {"field": name, "value": f"{value:g}"})


def _ordered(low: float, high: float, mode: float | None = None) -> Iterator[Flaw]:
    if not low < high:
        yield Flaw("high", "low-not-below-high", {"low": f"{low:g}", "high": f"{high:g}"})
    elif mode is not None and not low <= mode <= high:
        yield Flaw("mode", "mode-outside", {"low": f"{low:g}", "mode": f"{mode:g}", "high": f"{high:g}"})


@distribution.member("fixed")
@dataclass(frozen=True, slots=True)
class Fixed(Distribution):
    """Known exactly."""

    value: Amount

    def quantile(self, u: Floats) -> Floats:
        return np.full_like(u, self.value)

    def mean(self) -> float:
        return self.value

    def support(self) -> tuple[float, float]:
        return self.value, self.value

    def scaled(self, factor: float) -> Self:
        return replace(self, value=self.value * factor)


@distribution.member("normal")
@dataclass(frozen=True, slots=True)
class Normal(Distribution):
    """Symmetric around *central*."""

    central: Amount
    sd: Amount

    def quantile(self, u: Floats) -> Floats:
        from scipy.special import ndtri

        return np.asarray(self.central + self.sd * ndtri(u), dtype=np.float64)

    def mean(self) -> float:
        return self.central

    def support(self) -> tuple[float, float]:
        return -math.inf, math.inf

    def scaled(self, factor: float) -> Self:
        return replace(self, central=self.central * factor, sd=self.sd * abs(factor))

    def flaws(self) -> Iterator[Flaw]:
        yield from _positive("sd", self.sd)


@distribution.member("student_t")
@dataclass(frozen=True, slots=True)
class StudentT(Distribution):
    """Symmetric with fat tails; *sd* is the standard deviation, so *dof* must exceed 2."""

    central: Amount
    sd: Amount
    dof: float

    def quantile(self, u: Floats) -> Floats:
        from scipy.special import stdtrit

        unit = math.sqrt((self.dof - 2.0) / self.dof)
        return np.asarray(self.central + self.sd * unit * stdtrit(self.dof, u), dtype=np.float64)

    def mean(self) -> float:
        return self.central

    def support(self) -> tuple[float, float]:
        return -math.inf, math.inf

    def scaled(self, factor: float) -> Self:
        return replace(self, central=self.central * factor, sd=self.sd * abs(factor))

    def flaws(self) -> Iterator[Flaw]:
        yield from _positive("sd", self.sd)
        if not self.dof > 2:
            yield Flaw("dof", "dof-too-small", {"dof": f"{self.dof:g}"})


def triangular_quantile(
    low: Floats | np.float64, mode: Floats | np.float64, high: Floats | np.float64, u: Floats
) -> Floats:
    """Return the quantiles at *u* of triangles, one or many; one of no width is a step."""
    width = high - low
    turn = np.where(width > 0.0, (mode - low) / np.where(width > 0.0, width, 1.0), 0.5)
    rising = low + np.sqrt(u * (width * (mode - low)))
    falling = high - np.sqrt((1.0 - u) * (width * (high - mode)))
    return np.where(u < turn, rising, falling)


@distribution.member("triangular")
@dataclass(frozen=True, slots=True)
class Triangular(Distribution):
    """Between *low* and *high*, likeliest at *mode*, falling in straight lines."""

    low: Amount
    mode: Amount
    high: Amount

    def quantile(self, u: Floats) -> Floats:
        return triangular_quantile(np.float64(self.low), np.float64(self.mode), np.float64(self.high), u)

    def mean(self) -> float:
        return (self.low + self.mode + self.high) / 3.0

    def support(self) -> tuple[float, float]:
        return self.low, self.high

    def scaled(self, factor: float) -> Self:
        low, high = sorted((self.low * factor, self.high * factor))
        return replace(self, low=low, mode=self.mode * factor, high=high)

    def flaws(self) -> Iterator[Flaw]:
        yield from _ordered(self.low, self.high, self.mode)


@distribution.member("pert")
@dataclass(frozen=True, slots=True)
class Pert(Distribution):
    """Between *low* and *high*, likeliest at *mode*: a beta distribution (Malcolm et al. 1959).

    Its mean is ``(low + 4 mode + high) / 6``, which makes its shapes
    ``1 + 4 (mode - low) / width`` and ``1 + 4 (high - mode) / width``.
    """

    low: Amount
    mode: Amount
    high: Amount

    def quantile(self, u: Floats) -> Floats:
        from scipy.special import betaincinv

        width = self.high - self.low
        up = 1.0 + 4.0 * ((self.mode - self.low) / width if width else 0.5)
        down = 1.0 + 4.0 * ((self.high - self.mode) / width if width else 0.5)
        return np.asarray(self.low + width * betaincinv(up, down, u), dtype=np.float64)

    def mean(self) -> float:
        return (self.low + 4.0 * self.mode + self.high) / 6.0

    def support(self) -> tuple[float, float]:
        return self.low, self.high

    def scaled(self, factor: float) -> Self:
        low, high = sorted((self.low * factor, self.high * factor))
        return replace(self, low=low, mode=self.mode * factor, high=high)

    def flaws(self) -> Iterator[Flaw]:
        yield from _ordered(self.low, self.high, self.mode)


@distribution.member("uniform")
@dataclass(frozen=True, slots=True)
class Uniform(Distribution):
    """Anything between *low* and *high*, equally likely."""

    low: Amount
    high: Amount

    def quantile(self, u: Floats) -> Floats:
        return np.asarray(self.low + (self.high - self.low) * u, dtype=np.float64)

    def mean(self) -> float:
        return (self.low + self.high) / 2.0

    def support(self) -> tuple[float, float]:
        return self.low, self.high

    def scaled(self, factor: float) -> Self:
        low, high = sorted((self.low * factor, self.high * factor))
        return replace(self, low=low, high=high)

    def flaws(self) -> Iterator[Flaw]:
        yield from _ordered(self.low, self.high)


@distribution.member("lognormal")
@dataclass(frozen=True, slots=True)
class Lognormal(Distribution):
    """Of one sign, with a long tail away from zero; *log_sd* is the sd of its logarithm.

    A negative *median* makes a loss whose tail is on the side of larger losses.
    """

    median: Amount
    log_sd: float

    def quantile(self, u: Floats) -> Floats:
        from scipy.special import ndtri

        toward = math.copysign(self.log_sd, self.median)
        return np.asarray(self.median * np.exp(toward * ndtri(u)), dtype=np.float64)

    def mean(self) -> float:
        return self.median * math.exp(self.log_sd**2 / 2.0)

    def support(self) -> tuple[float, float]:
        return (0.0, math.inf) if self.median > 0 else (-math.inf, 0.0)

    def scaled(self, factor: float) -> Self:
        return replace(self, median=self.median * factor)

    def flaws(self) -> Iterator[Flaw]:
        if self.median == 0:
            yield Flaw("median", "zero-median")
        yield from _positive("log_sd", self.log_sd)


@distribution.member("empirical")
@dataclass(frozen=True, slots=True)
class Empirical(Distribution):
    """One of the *values* that were seen, each as likely as its weight says (equally, if none)."""

    values: tuple[Amount, ...]
    weights: tuple[float, ...] = ()

    def _sorted(self) -> tuple[Floats, Floats]:
        values = np.asarray(self.values, dtype=np.float64)
        weights = np.asarray(self.weights or (1.0,) * len(self.values), dtype=np.float64)
        order = np.argsort(values, kind="stable")
        return values[order], weights[order]

    def quantile(self, u: Floats) -> Floats:
        values, weights = self._sorted()
        reached = np.cumsum(weights)[:-1] / np.sum(weights)
        return values[np.searchsorted(reached, u, side="right")]

    def mean(self) -> float:
        values, weights = self._sorted()
        return float(np.sum(values * weights) / np.sum(weights))

    def support(self) -> tuple[float, float]:
        return min(self.values), max(self.values)

    def scaled(self, factor: float) -> Self:
        return replace(self, values=tuple(value * factor for value in self.values))

    def flaws(self) -> Iterator[Flaw]:
        if not self.values:
            yield Flaw("values", "no-values")
        if self.weights and len(self.weights) != len(self.values):
            counts = {"weights": len(self.weights), "values": len(self.values)}
            yield Flaw("weights", "weights-of-other-length", counts)
        if self.weights and (min(self.weights) < 0 or not sum(self.weights) > 0):
            yield Flaw("weights", "bad-weights")
