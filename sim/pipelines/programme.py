"""A programme: so many are set up every year, and a share of those that there are is lost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from sim.axes import Floats
from sim.pipelines.family import COUPLING, Need, Pipeline, pipeline
from sim.pipelines.world import OUTSIDE, Process, World


@pipeline.member("programme")
class Programme(Pipeline):
    """*first* is the programme of the first year, *yearly* that of every later one.

    In each round: losses are binomial among what there was, additions Poisson around the programme.
    """

    needs = (
        Need("start", "stock"),
        Need("first", "flow"),
        Need("yearly", "flow"),
        Need("exit", "rate"),
        COUPLING,
    )
    outputs = ("stock", "added")
    starts: ClassVar[Mapping[str, str]] = {"stock": "start"}
    dated = True

    def run(self, world: World) -> Mapping[str, Floats]:
        world.open("stock", world.numbers["start"])
        world.run(rounds(world))
        return {"stock": world.year_ends["stock"], "added": world.flow(OUTSIDE, "stock")}


def rounds(world: World) -> Process:
    """Add and lose in every round of the calendar."""
    share = 1.0 / len(world.dates)
    stay = (1.0 - world.numbers["exit"]) ** share
    for when in world.calendar.rounds(world.dates):
        yield world.until(when)
        year = world.year()
        planned = world.numbers["first" if year == 0 else "yearly"] * share
        if world.numbers["exit"].any():
            world.move("stock", OUTSIDE, world.binomial("lost", world.accounts["stock"], 1.0 - stay))
        world.move(OUTSIDE, "stock", world.poisson("added", planned * world.push[year]))
