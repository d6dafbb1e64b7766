"""Things in force that lapse by age: patents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from sim.axes import Floats
from sim.pipelines.family import COUPLING, Need, Pipeline, pipeline
from sim.pipelines.world import OUTSIDE, Process, World


@pipeline.member("ageing")
class Ageing(Pipeline):
    """What is *granted* each year joins at age nought; at each year's end every age loses its share.

    Up to *young_years* the yearly lapse is *lapse_young*, from then on *lapse_old*. Of the stock at the
    *start* a share *start_young* is young, spread evenly over the ages.
    """

    needs = (
        Need("start", "stock"),
        Need("start_young", "rate"),
        Need("young_years", "years"),
        Need("lapse_young", "rate"),
        Need("lapse_old", "rate"),
        COUPLING,
    )
    feeds = ("granted",)
    outputs = ("in_force",)
    starts: ClassVar[Mapping[str, str]] = {"in_force": "start"}

    def run(self, world: World) -> Mapping[str, Floats]:
        ages = int(world.numbers["young_years"].flat[0])
        start = np.rint(world.numbers["start"])
        young = np.rint(start * world.numbers["start_young"])
        for age in range(ages):  # whole numbers that sum to the young
            part = np.floor(young * (age + 1) / ages) - np.floor(young * age / ages)
            world.open(f"age {age}", part)
        world.open("old", start - young)
        world.run(ageing(world, ages))
        return {"in_force": np.add.reduce([world.year_ends[name] for name in names(ages)])}


def names(ages: int) -> list[str]:
    return [*(f"age {age}" for age in range(ages)), "old"]


def ageing(world: World, ages: int) -> Process:
    """At each year's end: lapse by age, grow a year older, take in what was granted."""
    for end in world.calendar.rounds(((12, 31),)):
        yield world.until(end)
        for name in names(ages):
            lapse = world.numbers["lapse_old" if name == "old" else "lapse_young"]
            world.move(name, OUTSIDE, world.binomial(f"lapsed {name}", world.accounts[name], lapse))
        for age in reversed(range(ages)):
            older = f"age {age + 1}" if age + 1 < ages else "old"
            world.move(f"age {age}", older, world.accounts[f"age {age}"])
        world.move(OUTSIDE, "age 0", np.rint(world.feeds["granted"][world.year()]))
