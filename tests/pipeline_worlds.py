"""Worlds of pipelines with plain numbers, and entity-level models of the same in SimPy: the oracles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

import numpy as np
import simpy
from scipy.stats import kstest

from sim.axes import Floats
from sim.pipelines import Calendar, Trace, World, pipeline
from sim.pipelines.world import OUTSIDE
from sim.streams import SET, SETS, Source, block_normals

YEARS = (2016, 2017, 2018, 2019, 2020)

FEW, ALL = (4, 64), (SETS, SET)
"""Draws of a test that looks at each, and of one that looks at their distribution."""

INCUBATION = {
    "arrivals": 240.0,
    "start_nursery": 60.0,
    "nursery_stay": 0.25,
    "admitted": 0.5,
    "start_queue": 0.0,
    "start_area": 4.0,
    "area_yearly": 0.0,
    "building": 1.0,
    "area_per_tenant": 200.0,
    "start_tenants": 150.0,
    "start_graduating": 0.4,
    "graduating": 0.4,
    "stay": 1.5,
    "stay_failing": 1.0,
    "internet_plus": 0.5,
    "accelerating": 0.2,
    "start_accelerator": 5.0,
    "accelerator_places": 30.0,
    "accelerator_stay": 1.0,
    "coupling": 1.0,
}
FIRMS = {
    "start": 7500.0,
    "start_cumulative": 7500.0,
    "start_smes": 20000.0,
    "start_leaders": 40.0,
    "capacity": 5000.0,
    "validity": 3.0,
    "renewal": 1.0,
    "sme_exit": 0.0,
    "from_smes": 0.0,
    "promotion": 0.002,
    "leader_exit": 0.05,
    "coupling": 1.0,
}


def world_of(
    numbers: Mapping[str, float],
    feeds: Mapping[str, Floats] | None = None,
    dates: tuple[tuple[int, int], ...] = ((6, 30), (11, 30)),
    years: tuple[int, ...] = YEARS,
    push: float = 1.0,
    block: int = 0,
    trace: Trace | None = None,
    shape: tuple[int, int] = FEW,
) -> World:
    """Return a world in which every set has the same *numbers*; *shape* cuts a block short."""
    sets, draws = shape

    def luck(name: str, stamp: str) -> Floats:
        return block_normals(1, Source("pipeline:" + name, indicator="test", year=stamp), block)[
            :sets, :draws
        ]

    return World(
        calendar=Calendar(years),
        luck=luck,
        numbers={name: np.full((sets, 1), value) for name, value in numbers.items()},
        feeds=feeds or {},
        push=np.full((len(years), *shape), push),
        dates=dates,
        shape=shape,
        trace=trace,
    )


def ran(kind: str, world: World) -> Mapping[str, Floats]:
    """Return the outputs of *kind* in *world*."""
    return pipeline[kind]().run(world)


def additions(certified: float, recognised: float, draws: tuple[int, int] = FEW) -> dict[str, Floats]:
    """Return constant yearly additions of firms and small firms."""
    shape = (len(YEARS), *draws)
    return {"certified": np.full(shape, certified), "recognised": np.full(shape, recognised)}


class Firms(NamedTuple):
    """Stocks at the end, as the outputs of the certification pipeline are called."""

    certified: int
    valid: int
    waiting: int
    smes: int
    leaders: int


@dataclass(slots=True)
class FirmByFirm:
    """Firms in SimPy: one firm, one leader is one process each; a small firm that applies goes on as one.

    Applications queue for the slots of a round, first come, first served. Rounds as in `world_of`;
    the certificates of the start were issued evenly over the last rounds before. Who of the list applies
    is drawn by lot, firm by firm, and its life as a small firm is interrupted.
    """

    random: np.random.Generator
    numbers: Mapping[str, float]
    env: simpy.Environment = field(default_factory=simpy.Environment)
    calendar: Calendar = field(default_factory=lambda: Calendar(YEARS))
    days: tuple[tuple[int, int], ...] = ((6, 30), (11, 30))
    count: Counter[str] = field(default_factory=Counter)
    slots: simpy.Container = field(init=False)
    listed: list[simpy.Process] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.slots = simpy.Container(self.env)

    def rounds_after(self, when: date) -> list[date]:
        return [each for each in self.calendar.rounds(self.days) if each > when]

    def until(self, when: date) -> simpy.Event:
        return self.env.timeout(self.calendar.day(when) - self.env.now)

    def happens(self, yearly: str) -> bool:
        """Say whether something happens in a round that happens to this share in a year."""
        chance: float = 1.0 - (1.0 - self.numbers[yearly]) ** (1.0 / len(self.days))
        return self.random.random() < chance

    def leader(self, since: date) -> Generator[simpy.Event, Any, None]:
        """Lead until a round in which it no longer does."""
        self.count["leaders"] += 1
        for when in self.rounds_after(since):
            yield self.until(when)
            if self.happens("leader_exit"):
                self.count["leaders"] -= 1
                return

    def small_firm(self, since: date) -> Generator[simpy.Event, Any, None]:
        """Stand on the list until it is drawn to apply, or leaves in a round, after the applications."""
        self.count["smes"] += 1
        try:
            for when in self.rounds_after(since):
                yield self.env.timeout(self.calendar.day(when) + 0.125 - self.env.now)
                if self.happens("sme_exit"):
                    self.listed = [each for each in self.listed if each is not self.env.active_process]
                    self.count["smes"] -= 1
                    return
        except simpy.Interrupt:
            self.count["smes"] -= 1
            yield from self.applicant()

    def recognise(self, since: date) -> None:
        self.listed.append(self.env.process(self.small_firm(since)))

    def apply(self) -> None:
        """Let one firm apply: by chance one of the list, as long as there is any, or one from outside."""
        if self.listed and self.random.random() < self.numbers["from_smes"]:
            self.listed.pop(self.random.integers(len(self.listed))).interrupt()
        else:
            self.env.process(self.applicant())

    def firm(self, issued: date) -> Generator[simpy.Event, Any, None]:
        """Hold a certificate until it is not renewed; come to lead in a round, by chance."""
        self.count["valid"] += 1
        if issued.year >= YEARS[0]:
            self.may_lead(issued)
        for when in self.rounds_after(max(issued, date(YEARS[0], 1, 1))):
            yield self.until(when)
            if when == issued.replace(year=issued.year + int(self.numbers["validity"])):
                issued = when
                if self.random.random() >= self.numbers["renewal"]:
                    self.count["valid"] -= 1
                    return
            self.may_lead(when)

    def may_lead(self, when: date) -> None:
        if self.happens("promotion"):
            self.env.process(self.leader(when))

    def applicant(self) -> Generator[simpy.Event, Any, None]:
        self.count["waiting"] += 1
        yield self.slots.get(1)
        self.count["waiting"] -= 1
        self.count["certified"] += 1
        self.env.process(self.firm(self.calendar.date_of(self.env.now)))

    def rounds(self, yearly: Sequence[tuple[int, int]]) -> Generator[simpy.Event, Any, None]:
        for number, when in enumerate(self.calendar.rounds(self.days)):
            yield self.until(when)
            certified, recognised = yearly[number // len(self.days)]
            for _ in range(half(certified, number % 2)):
                self.apply()
            for _ in range(half(recognised, number % 2)):
                self.recognise(when)
            self.slots.put(self.numbers["capacity"])
            yield self.env.timeout(0.25)
            if self.slots.level:
                self.slots.get(self.slots.level)  # what is not used today is no use later

    def run(self, yearly: Sequence[tuple[int, int]]) -> Firms:
        """Return the stocks at the end; *yearly* are (certified, recognised) additions."""
        validity, before = int(self.numbers["validity"]), date(YEARS[0] - 1, 12, 31)
        issued = [date(YEARS[0] - back, *day) for back in range(validity, 0, -1) for day in self.days]
        start, smes, leaders = (int(self.numbers["start" + end]) for end in ("", "_smes", "_leaders"))
        for number in range(start):
            self.env.process(self.firm(issued[number * len(issued) // start]))
        for _ in range(smes):
            self.recognise(before)
        for _ in range(leaders):
            self.env.process(self.leader(before))
        self.env.process(self.rounds(yearly))
        self.env.run(until=self.calendar.end())
        self.count["certified"] += int(self.numbers["start_cumulative"])
        return Firms(*(self.count[stock] for stock in Firms._fields))


def half(whole: int, second: int) -> int:
    """Return the first or the *second* of two nearly equal halves."""
    return whole - whole // 2 if second else whole // 2


class Incubator(NamedTuple):
    """What became of a small incubator by the end: flows of all years, then stocks and queues."""

    entered: int
    graduated: int
    failed: int
    nursery: int
    queue: int
    tenants: int
    accelerator: int


@dataclass(slots=True)
class ProjectByProject:
    """A small incubator in SimPy: one project, one tenant, one accelerated firm is one process each.

    Whoever is in leaves at the first month end after an exponential stay; queues are first come, first
    served, by SimPy's own resources of as many places as there are.
    """

    random: np.random.Generator
    numbers: Mapping[str, float]
    env: simpy.Environment = field(default_factory=simpy.Environment)
    calendar: Calendar = field(default_factory=lambda: Calendar(YEARS))
    count: Counter[str] = field(default_factory=Counter)
    ends: list[int] = field(init=False)
    room: simpy.Resource = field(init=False)
    accelerator: simpy.Resource = field(init=False)

    def __post_init__(self) -> None:
        places = int(self.numbers["start_area"] * 1e4 // self.numbers["area_per_tenant"])
        self.room = simpy.Resource(self.env, capacity=places)
        self.accelerator = simpy.Resource(self.env, capacity=int(self.numbers["accelerator_places"]))
        self.ends = [self.calendar.day(when) for when in self.calendar.month_ends()]

    def stay(self, field: str, month: int) -> Generator[simpy.Event, Any, None]:
        """Wait for the month end, from *month* on, at which a stay of that length is over."""
        leave = month + int(self.random.geometric(-np.expm1(-1.0 / (12 * self.numbers[field]))))
        end = self.ends[leave] - 0.25 if leave < len(self.ends) else 10.0 * self.calendar.end()
        yield self.env.timeout(end - self.env.now)

    def month(self) -> int:
        return int(np.searchsorted(self.ends, self.env.now))

    def happens(self, share: str) -> bool:
        return self.random.random() < self.numbers[share]

    def tenant(self, graduating: bool, since: int | None = None) -> Generator[simpy.Event, Any, None]:
        """Queue, stay and leave; *since* is the month it came in, where it was there at the start."""
        with self.room.request() as place:
            yield place
            self.count["entered"] += since is None
            yield from self.stay(
                "stay" if graduating else "stay_failing", self.month() if since is None else since
            )
        self.count["graduated" if graduating else "failed"] += 1
        if graduating and self.happens("accelerating"):
            yield from self.accelerated()

    def accelerated(self, since: int | None = None) -> Generator[simpy.Event, Any, None]:
        with self.accelerator.request() as place:
            yield place
            yield from self.stay("accelerator_stay", self.month() if since is None else since)

    def project(self, month: int) -> Generator[simpy.Event, Any, None]:
        self.count["nursery"] += 1
        yield from self.stay("nursery_stay", month)
        self.count["nursery"] -= 1
        if self.happens("admitted"):
            yield from self.tenant(self.happens("graduating"))

    def arrivals(self) -> Generator[simpy.Event, Any, None]:
        for month, end in enumerate(self.ends):
            yield self.env.timeout(end - 0.5 - self.env.now)
            for _ in range(self.random.poisson(self.numbers["arrivals"] / 12)):
                self.env.process(self.project(month))

    def run(self) -> Incubator:
        start = {name: int(self.numbers[f"start_{name}"]) for name in ("tenants", "nursery", "accelerator")}
        to_graduate = round(start["tenants"] * self.numbers["start_graduating"])
        for number in range(start["tenants"]):
            self.env.process(self.tenant(number < to_graduate, since=-1))
        for _ in range(start["nursery"]):
            self.env.process(self.project(-1))
        for _ in range(start["accelerator"]):
            self.env.process(self.accelerated(since=-1))
        self.env.process(self.arrivals())
        self.env.run(until=self.calendar.end())
        return Incubator(
            entered=self.count["entered"],
            graduated=self.count["graduated"],
            failed=self.count["failed"],
            nursery=self.count["nursery"],
            queue=len(self.room.queue),
            tenants=self.room.count,
            accelerator=self.accelerator.count,
        )


class Watching(World):
    """A world that holds the books against themselves, and capacities, at every single move."""

    moves = 0
    buildings: Floats | float = 0.0

    def poisson(self, name: str, rate: Floats) -> Floats:
        many = World.poisson(self, name, rate)
        if name == "completed":
            self.buildings = self.buildings + many
        return many

    def move(self, source: str, target: str, amount: Floats) -> None:
        before = sum(self.accounts.values(), np.zeros(self.shape))
        World.move(self, source, target, amount)
        gained = sum(self.accounts.values(), np.zeros(self.shape)) - before
        expected = amount * ((target != OUTSIDE) - (source != OUTSIDE))
        np.testing.assert_array_equal(gained, expected)
        assert all(np.all(account >= 0.0) for account in self.accounts.values())
        assert all(np.all(account == np.rint(account)) for account in self.accounts.values())
        self.hold_capacities(source, target, amount)
        type(self).moves += 1

    def hold_capacities(self, source: str, target: str, amount: Floats) -> None:
        numbers, accounts = self.numbers, self.accounts
        if "accelerator" in accounts:
            assert np.all(accounts["accelerator"] <= numbers["accelerator_places"])
            area = numbers["start_area"] + self.buildings * numbers["building"]
            tenants = accounts["graduating"] + accounts["failing"]
            assert np.all(tenants <= np.floor(area * 1e4 / numbers["area_per_tenant"] + 1e-6))
        if (source, target) == ("waiting", "valid"):
            assert np.all(amount <= numbers["capacity"])
        if "covered" in accounts:
            assert np.all(accounts["covered"] <= numbers["of"])


def watching(world: World) -> Watching:
    return Watching(
        world.calendar, world.luck, world.numbers, world.feeds, world.push, world.dates, world.shape
    )


def agrees(entities: np.ndarray, vector: np.ndarray, spread: float) -> None:
    """Hold two samples of whole numbers against each other: KS, means, variances."""
    error = np.sqrt(entities.var() / len(entities) + vector.var() / len(vector))
    assert abs(entities.mean() - vector.mean()) < 4.5 * error
    assert 1 / spread < entities.var() / vector.var() < spread
    jitter = np.random.default_rng(5)
    smooth = [sample + jitter.uniform(-0.5, 0.5, len(sample)) for sample in (entities, vector)]
    assert kstest(*smooth).pvalue > 1e-4
