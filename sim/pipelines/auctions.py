"""Auctions of technology: dates, lots, hammer and price."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from sim.axes import Floats
from sim.pipelines.family import COUPLING, Need, Pipeline, pipeline
from sim.pipelines.world import OUTSIDE, Process, World

QUARTERS = 4


@pipeline.member("auctions")
class Auctions(Pipeline):
    """On each date an auction is *held* with this chance; it offers *lots*, sells a share *success*.

    The turnover of n sold lots is log-normal with mean ``n price`` and relative sd ``spread / sqrt(n)``:
    the first two moments of n independent prices. *in_trade* is the share of turnover that counts as
    technology trade on top of what is there already; ``trade`` is that sum.
    """

    needs = (
        Need("held", "rate"),
        Need("lots", "flow"),
        Need("success", "rate"),
        Need("price", "flow"),
        Need("spread", "factor"),
        Need("in_trade", "rate"),
        COUPLING,
    )
    feeds = ("trade",)
    outputs = ("held", "per_quarter", "sold", "turnover", "trade")
    fractions = ("turnover", "trade")
    dated = True

    def run(self, world: World) -> Mapping[str, Floats]:
        shape = (len(world.calendar.years), *world.shape)
        by_quarter, turnover = np.zeros((QUARTERS, *shape)), np.zeros(shape)
        for account in ("held", "offered", "sold", "unsold"):
            world.open(account)
        world.run(auctions(world, by_quarter, turnover))
        return {
            "held": world.flow(OUTSIDE, "held"),
            "per_quarter": by_quarter.min(axis=0),
            "sold": world.flow("offered", "sold"),
            "turnover": turnover,
            "trade": world.feeds["trade"] + world.numbers["in_trade"] * turnover,
        }


def auctions(world: World, by_quarter: Floats, turnover: Floats) -> Process:
    """Hold the auctions of every year; fill *by_quarter* ``[4, T, S, D]`` and *turnover* ``[T, S, D]``."""
    for when in world.calendar.rounds(world.dates):
        yield world.until(when)
        year = world.year()
        held = world.binomial("held", np.ones(world.shape), world.numbers["held"])
        world.move(OUTSIDE, "held", held)
        by_quarter[(when.month - 1) // 3, year] += held
        offered = held * world.poisson("lots", world.numbers["lots"] * world.push[year])
        world.move(OUTSIDE, "offered", offered)
        sold = world.binomial("sold", offered, world.numbers["success"])
        world.move("offered", "sold", sold)
        world.move("offered", "unsold", offered - sold)
        variance = np.log1p(world.numbers["spread"] ** 2 / np.maximum(sold, 1.0))
        price = np.exp(np.sqrt(variance) * world.luck("price", when.isoformat()) - 0.5 * variance)
        turnover[year] += sold * world.numbers["price"] * price
