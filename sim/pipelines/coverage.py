"""Coverage: of a fixed number of places those that do not have a thing yet may get it in each round."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from sim.axes import Floats
from sim.pipelines.family import COUPLING, Need, Pipeline, Room, pipeline
from sim.pipelines.world import Process, World

PERCENT = 100.0


@pipeline.member("coverage")
class Coverage(Pipeline):
    """*of* places, *start* of them covered; each other is *approved* with this chance a year."""

    needs = (
        Need("of", "capacity", counted=True),
        Need("start", "stock"),
        Need("approved", "rate"),
        COUPLING,
    )
    rooms = (Room("start", "of"),)
    outputs = ("covered", "share")
    fractions = ("share",)
    starts: ClassVar[Mapping[str, str]] = {"covered": "start"}
    dated = True

    def run(self, world: World) -> Mapping[str, Floats]:
        start = np.rint(world.numbers["start"])
        of = np.maximum(np.rint(world.numbers["of"]), start)
        world.open("covered", start)
        world.open("waiting", of - start)
        world.run(approvals(world))
        covered = world.year_ends["covered"]
        return {"covered": covered, "share": PERCENT * covered / of}


def approvals(world: World) -> Process:
    """Approve in every round; a year with more rounds has as many approvals on average."""
    exponent = 1.0 / len(world.dates)
    for when in world.calendar.rounds(world.dates):
        yield world.until(when)
        refused = (1.0 - world.numbers["approved"]) ** (exponent * world.push[world.year()])
        world.move("waiting", "covered", world.binomial("approved", world.accounts["waiting"], 1.0 - refused))
