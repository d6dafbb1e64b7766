"""Worlds of pipelines with plain numbers, and entity-level models of the same in SimPy: the oracles."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from datetime import date
from typing import Any

import numpy as np
import simpy

from sim.axes import Floats
from sim.pipelines import Calendar, Trace, World, pipeline
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


def firms_one_by_one(random: np.random.Generator, start: int, yearly: int, renewal: float) -> int:
    """Return how many certificates are valid at the end: one firm, one process, certificates of 3 years.

    Rounds as in `world_of`; those of the start were issued evenly over the last six rounds.
    """
    env = simpy.Environment()
    calendar, valid, validity = Calendar(YEARS), [start], 3

    def firm(issued: date) -> Generator[simpy.Event, Any, None]:
        while True:
            issued = issued.replace(year=issued.year + validity)
            if issued.year > YEARS[-1]:
                return
            yield env.timeout(calendar.day(issued) - env.now)
            if random.random() >= renewal:
                valid[0] -= 1
                return

    def rounds() -> Generator[simpy.Event, Any, None]:
        for when in calendar.rounds(((6, 30), (11, 30))):
            yield env.timeout(calendar.day(when) - env.now)
            for _ in range(yearly // 2):
                valid[0] += 1
                env.process(firm(when))

    issued = [date(y, m, 30) for y in (2013, 2014, 2015) for m in (6, 11)]
    for number in range(start):
        env.process(firm(issued[number * len(issued) // start]))
    env.process(rounds())
    env.run(until=calendar.end())
    return valid[0]


def incubator_one_by_one(random: np.random.Generator, numbers: Mapping[str, float]) -> tuple[int, int]:
    """Return (graduates, tenants at the end) of a small incubator: one project, one process.

    Whoever is in leaves at the first month end after an exponential stay; the queue is first come,
    first served, by SimPy's own resource of as many places as the floor area has.
    """
    env = simpy.Environment()
    places = int(numbers["start_area"] * 1e4 // numbers["area_per_tenant"])
    room = simpy.Resource(env, capacity=places)
    calendar = Calendar(YEARS)
    ends = [calendar.day(when) for when in calendar.month_ends()]
    graduates = [0]

    def months(mean_years: float) -> int:
        return int(random.geometric(-np.expm1(-1.0 / (12 * mean_years))))

    def tenant(month: int, graduating: bool) -> Generator[simpy.Event, Any, None]:
        with room.request() as place:
            yield place
            month = max(month, int(np.searchsorted(ends, env.now)))
            leave = month + months(numbers["stay" if graduating else "stay_failing"])
            if leave >= len(ends):
                yield env.timeout(10 * calendar.end())
            yield env.timeout(ends[leave] - 0.25 - env.now)
            graduates[0] += graduating

    def project(month: int) -> Generator[simpy.Event, Any, None]:
        leave = month + months(numbers["nursery_stay"])
        if leave < len(ends) and random.random() < numbers["admitted"]:
            yield env.timeout(ends[leave] - env.now)
            yield env.process(tenant(leave, random.random() < numbers["graduating"]))

    def arrivals() -> Generator[simpy.Event, Any, None]:
        for month, end in enumerate(ends):
            yield env.timeout(end - 0.5 - env.now)
            for _ in range(random.poisson(numbers["arrivals"] / 12)):
                env.process(project(month))

    start = int(numbers["start_tenants"])
    to_graduate = round(start * numbers["graduating"])
    for number in range(start):
        env.process(tenant(-1, number < to_graduate))
    for _ in range(int(numbers["start_nursery"])):
        env.process(project(-1))
    env.process(arrivals())
    env.run(until=calendar.end())
    return graduates[0], room.count
