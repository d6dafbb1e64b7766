"""The world of a pipeline: SimPy's calendar, accounts that conserve, and luck keyed by name and date."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np
import simpy

from sim.axes import Floats, Ints
from sim.pipelines.spread import spread_of

OUTSIDE = "outside"
"""Where everything comes from and goes to; its balance is not kept."""

MONTHS = 12
DAY = re.compile("([0-9]{2})-([0-9]{2})")
LEAP_YEAR = 2000
END_OF_DAY = 0.5  # balances are read after whatever happens that day

Luck = Callable[[str, str], Floats]
"""Standard normals ``[S, D]`` of a name and a stamp: a pure function, whoever asks first."""

Process = Generator[simpy.Event, Any, None]


@dataclass(frozen=True, slots=True)
class Calendar:
    """Days of the plan's years, counted from the first of January of the first; leap years are right."""

    years: tuple[int, ...]

    def day(self, when: date) -> int:
        return (when - date(self.years[0], 1, 1)).days

    def date_of(self, day: float) -> date:
        return date(self.years[0], 1, 1) + timedelta(days=int(day))

    def end(self) -> int:
        """Return the day after the last one."""
        return self.day(date(self.years[-1] + 1, 1, 1))

    def month_ends(self) -> list[date]:
        """Return the last day of each month of all years."""
        firsts = [date(y, m, 1) for y in self.years for m in range(1, MONTHS + 1)]
        return [first - timedelta(days=1) for first in [*firsts[1:], date(self.years[-1] + 1, 1, 1)]]

    def quarter_ends(self) -> list[date]:
        return [day for day in self.month_ends() if day.month % 3 == 0]

    def rounds(self, days: Sequence[tuple[int, int]]) -> list[date]:
        """Return the dates of all years at (month, day); 29 February is 28 in other than leap years."""
        return sorted(anniversary(date(LEAP_YEAR, m, d), y) for y in self.years for m, d in days)


def day_of_year(text: str) -> tuple[int, int] | None:
    """Return the (month, day) that *text* writes as ``MM-DD``; None where no year has it.

    29 February is a day of the calendar; in other than leap years it falls on the 28th.
    """
    match = DAY.fullmatch(text)
    if match is None:
        return None
    try:
        day = date(LEAP_YEAR, int(match[1]), int(match[2]))
    except ValueError:
        return None
    return day.month, day.day


def anniversary(when: date, year: int) -> date:
    """Return the same day of another *year*; 29 February falls on the 28th where there is none."""
    try:
        return when.replace(year=year)
    except ValueError:
        return when.replace(year=year, day=28)


@dataclass(slots=True)
class Trace:
    """Balances at month ends by account: mean, 10 % and 90 % quantile over the draws, by their *weights*."""

    weights: Ints | None = None
    months: list[date] = field(default_factory=list)
    balances: dict[str, list[tuple[float, float, float]]] = field(default_factory=dict)

    def note(self, when: date, accounts: Mapping[str, Floats]) -> None:
        self.months.append(when)
        for name, balance in accounts.items():
            mean, low, high = (float(part) for part in spread_of(balance, self.weights))
            self.balances.setdefault(name, []).append((mean, low, high))


@dataclass(slots=True)
class World:
    """Everything that one pipeline lives in for one block of draws.

    *numbers* ``[S, 1]`` by name; *feeds* ``[T, S, D]`` by role; *push* ``[T, S, D]``: the factor that the
    province-wide noise puts on what flows in; *dates*: (month, day) of its rounds. *accounts* hold
    whole numbers ``[S, D]``, *flows* what moved between two of them by year, ``[T, S, D]``.
    """

    calendar: Calendar
    luck: Luck
    numbers: Mapping[str, Floats]
    feeds: Mapping[str, Floats]
    push: Floats
    dates: tuple[tuple[int, int], ...]
    shape: tuple[int, int]
    trace: Trace | None = None
    env: simpy.Environment = field(default_factory=simpy.Environment)
    accounts: dict[str, Floats] = field(default_factory=dict)
    flows: dict[tuple[str, str], Floats] = field(default_factory=dict)
    year_ends: dict[str, Floats] = field(default_factory=dict)

    def today(self) -> date:
        return self.calendar.date_of(self.env.now)

    def year(self) -> int:
        """Return the position of the present year."""
        return self.today().year - self.calendar.years[0]

    def until(self, when: date) -> simpy.Event:
        """Return the event of *when*, which must not be past."""
        return self.env.timeout(self.calendar.day(when) - self.env.now)

    def zeros(self) -> Floats:
        return np.zeros(self.shape)

    def open(self, account: str, balance: Floats | float = 0.0) -> None:
        """Open an account with a whole *balance*."""
        self.accounts[account] = np.broadcast_to(np.rint(balance), self.shape).astype(np.float64)

    def move(self, source: str, target: str, amount: Floats) -> None:
        """Move *amount* between two accounts; ValueError if one would fall below zero."""
        if amount.min() < 0.0:
            raise ValueError(f"{source} -> {target}: a negative amount on {self.today()}")
        if source != OUTSIDE:
            self.accounts[source] = self.accounts[source] - amount
            if self.accounts[source].min() < 0.0:
                raise ValueError(f"{source} fell below zero on {self.today()}")
        if target != OUTSIDE:
            self.accounts[target] = self.accounts[target] + amount
        if (source, target) not in self.flows:
            self.flows[source, target] = np.zeros((len(self.calendar.years), *self.shape))
        self.flows[source, target][self.year()] += amount

    def binomial(self, name: str, trials: Floats, chance: Floats | float) -> Floats:
        """Return how many of *trials* happen today, by the luck of *name* on this date."""
        return self.successes(name, self.today().isoformat(), trials, chance)

    def successes(self, name: str, stamp: str, trials: Floats, chance: Floats | float) -> Floats:
        """Return the binomial quantile of *trials* at the luck of *name* and *stamp*."""
        from sim.kernels.binomial import binomial_quantile  # needs numba, which loading a plan does not

        return binomial_quantile(trials, np.asarray(chance), self.luck(name, stamp))

    def poisson(self, name: str, rate: Floats) -> Floats:
        """Return how many arrive today at a mean of *rate*, by the luck of *name* on this date."""
        from sim.kernels.poisson import compiled_quantile

        return compiled_quantile(rate, self.luck(name, self.today().isoformat()))

    def flow(self, source: str, target: str) -> Floats:
        """Return what moved from *source* to *target* by year, ``[T, S, D]``."""
        moved = self.flows.get((source, target))
        return np.zeros((len(self.calendar.years), *self.shape)) if moved is None else moved

    def run(self, *processes: Process) -> None:
        """Run *processes* through all years, noting balances at year ends, and at month ends if watched."""
        for process in processes:
            self.env.process(process)
        self.env.process(self._bookkeeping())
        self.env.run(until=self.calendar.end())

    def _bookkeeping(self) -> Process:
        for when in self.calendar.month_ends():
            if self.trace is None and when.month != MONTHS:
                continue
            yield self.env.timeout(self.calendar.day(when) + END_OF_DAY - self.env.now)
            if self.trace is not None:
                self.trace.note(when, self.accounts)
            if when.month == MONTHS:
                for name, balance in self.accounts.items():
                    if name not in self.year_ends:
                        self.year_ends[name] = np.zeros((len(self.calendar.years), *self.shape))
                    self.year_ends[name][self.year()] = balance
