"""Incubation: nursery, incubator with floor area as its capacity, accelerator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from sim.axes import Floats
from sim.pipelines.family import COUPLING, Need, Pipeline, Room, pipeline
from sim.pipelines.world import MONTHS, OUTSIDE, Process, World

FLOOR, METRES = "万平方米", "平方米"
SQUARE_METRES = 1e4  # of one 万平方米
QUARTERS = 4


@pipeline.member("incubation")
class Incubation(Pipeline):
    """Projects start in a nursery; those *admitted* queue for room; a tenant graduates or fails.

    Whether a tenant will graduate is settled when it enters, by the order of entry alone (of those inside
    at the start, by *start_graduating*: a stock has more of those who stay longer); stays are
    exponential with means *stay* and *stay_failing*. So all counters of the incubator are monotone in
    its capacity, draw by draw: entered = min(arrived, capacity + left).
    """

    needs = (
        Need("arrivals", "flow"),
        Need("start_nursery", "stock"),
        Need("nursery_stay", "duration"),
        Need("admitted", "rate"),
        Need("start_queue", "stock"),
        Need("start_area", "capacity", unit=FLOOR),
        Need("area_yearly", "flow", unit=FLOOR),
        Need("building", "capacity", unit=FLOOR),
        Need("area_per_tenant", "capacity", unit=METRES),
        Need("start_tenants", "stock"),
        Need("start_graduating", "rate"),
        Need("graduating", "rate"),
        Need("stay", "duration"),
        Need("stay_failing", "duration"),
        Need("internet_plus", "rate"),
        Need("accelerating", "rate"),
        Need("start_accelerator", "stock"),
        Need("accelerator_places", "capacity", counted=True),
        Need("accelerator_stay", "duration"),
        COUPLING,
    )
    rooms = (
        Room("start_tenants", "start_area", "area_per_tenant", SQUARE_METRES),
        Room("start_accelerator", "accelerator_places"),
    )
    outputs = (
        "area_added",
        "entered",
        "graduated",
        "failed",
        "tenants",
        "queue",
        "internet_plus",
        "accelerated",
    )
    fractions = ("area_added",)
    starts: ClassVar[Mapping[str, str]] = {"tenants": "start_tenants", "queue": "start_queue"}

    def run(self, world: World) -> Mapping[str, Floats]:
        numbers = world.numbers
        sites = Sites(world, area_added=np.zeros((len(world.calendar.years), *world.shape)))
        world.open("nursery", numbers["start_nursery"])
        world.open("queue", numbers["start_queue"])
        tenants = np.minimum(np.rint(numbers["start_tenants"]), sites.places())
        to_graduate = np.rint(tenants * numbers["start_graduating"])
        world.open("graduating", to_graduate)
        world.open("failing", tenants - to_graduate)
        world.open("accelerator queue")
        start = np.minimum(numbers["start_accelerator"], np.floor(numbers["accelerator_places"]))
        world.open("accelerator", start)
        world.run(sites.construction(), months(world, sites))
        entered = world.flow("queue", "graduating") + world.flow("queue", "failing")
        return {
            "area_added": sites.area_added,
            "entered": entered,
            "graduated": world.flow("graduating", OUTSIDE),
            "failed": world.flow("failing", OUTSIDE),
            "tenants": world.year_ends["graduating"] + world.year_ends["failing"],
            "queue": world.year_ends["queue"],
            "internet_plus": sites.internet_plus(),
            "accelerated": world.flow("accelerator", OUTSIDE),
        }


@dataclass(slots=True)
class Sites:
    """Floor area: what there was and what is completed, in 万平方米."""

    world: World
    area_added: Floats

    def places(self) -> Floats:
        """Return how many tenants there is room for."""
        numbers = self.world.numbers
        area = numbers["start_area"] + self.area_added.sum(axis=0)
        places: Floats = np.floor(area * SQUARE_METRES / numbers["area_per_tenant"])
        return places

    def construction(self) -> Process:
        """Complete buildings at quarter ends: Poisson around the plan, whole buildings."""
        world = self.world
        size = world.numbers["building"]
        for when in world.calendar.quarter_ends():
            yield world.until(when)
            year = world.year()
            mean = world.numbers["area_yearly"] * world.push[year] / QUARTERS / size
            self.area_added[year] += size * world.poisson("completed", mean)

    def internet_plus(self) -> Floats:
        """Return how many graduates a year are "Internet Plus" firms, ``[T, S, D]``."""
        world = self.world
        graduated = np.cumsum(world.flow("graduating", OUTSIDE), axis=0)
        marked = world.successes("internet plus", "", graduated, world.numbers["internet_plus"])
        yearly: Floats = np.diff(marked, axis=0, prepend=0.0)
        return yearly


def monthly(mean_years: Floats) -> Floats:
    """Return the chance to leave within a month where stays are exponential with *mean_years*."""
    return -np.expm1(-1.0 / (MONTHS * mean_years))


def months(world: World, sites: Sites) -> Process:
    """Every month: arrivals, then exits, then the queue moves in as far as there is room."""
    entered, fated = world.zeros(), world.zeros()
    for when in world.calendar.month_ends():
        yield world.until(when)
        nursery(world)
        graduates = world.binomial("graduated", world.accounts["graduating"], monthly(world.numbers["stay"]))
        world.move("graduating", OUTSIDE, graduates)
        stay = monthly(world.numbers["stay_failing"])
        world.move("failing", OUTSIDE, world.binomial("failed", world.accounts["failing"], stay))
        entered, fated = move_in(world, sites.places(), entered, fated)
        accelerator(world, graduates)


def nursery(world: World) -> None:
    """Take in projects, and send on those that are admitted."""
    numbers = world.numbers
    arrivals = numbers["arrivals"] * world.push[world.year()] / MONTHS
    leaving = world.binomial("left nursery", world.accounts["nursery"], monthly(numbers["nursery_stay"]))
    admitted = world.binomial("admitted", leaving, numbers["admitted"])
    world.move("nursery", "queue", admitted)
    world.move("nursery", OUTSIDE, leaving - admitted)
    world.move(OUTSIDE, "nursery", world.poisson("arrived", arrivals))


def move_in(world: World, places: Floats, entered: Floats, fated: Floats) -> tuple[Floats, Floats]:
    """Let the queue in as far as there are *places*; return how many have entered by now, and how many of
    them will graduate, from what these were: *entered* and *fated*.

    Of the first n that enter, the binomial quantile at one uniform of the draw will graduate: each
    further one adds nought or one, whenever it enters.
    """
    tenants = world.accounts["graduating"] + world.accounts["failing"]
    moving = np.minimum(world.accounts["queue"], np.maximum(places - tenants, 0.0))
    entered = entered + moving
    fated_now = world.successes("fate", "", entered, world.numbers["graduating"])
    to_graduate = fated_now - fated
    world.move("queue", "graduating", to_graduate)
    world.move("queue", "failing", moving - to_graduate)
    return entered, fated_now


def accelerator(world: World, graduates: Floats) -> None:
    """Send a share of the *graduates* on to the accelerator, as far as it has places."""
    numbers = world.numbers
    leaving = world.binomial(
        "accelerated", world.accounts["accelerator"], monthly(numbers["accelerator_stay"])
    )
    world.move("accelerator", OUTSIDE, leaving)
    world.move(OUTSIDE, "accelerator queue", world.binomial("moved on", graduates, numbers["accelerating"]))
    free = np.floor(numbers["accelerator_places"]) - world.accounts["accelerator"]
    moving = np.minimum(world.accounts["accelerator queue"], np.maximum(free, 0.0))
    world.move("accelerator queue", "accelerator", moving)
