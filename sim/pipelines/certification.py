"""Firms: small ones are recognised, some are certified for some years, some of these come to lead."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import ClassVar

import numpy as np

from sim.axes import Floats
from sim.pipelines.family import COUPLING, Need, Pipeline, pipeline
from sim.pipelines.world import OUTSIDE, Process, World, anniversary


@pipeline.member("certification")
class Certification(Pipeline):
    """Application rounds with a review *capacity* each, certificates of *validity* years, renewal.

    The plan's yearly additions (*certified*, *recognised*) come in equal parts to the rounds of their
    year; who is not reviewed waits for the next round. A certificate ends on its date: a share *renewal*
    gets a new one that day, the others are out. In each round small firms leave at *sme_exit* a year,
    leaders at *leader_exit*, and of valid firms a share *promotion* a year becomes a leader. Of the
    applicants each is by chance *from_smes* a small firm, which leaves the list when it applies.
    """

    needs = (
        Need("start", "stock"),
        Need("start_cumulative", "stock"),
        Need("start_smes", "stock"),
        Need("start_leaders", "stock"),
        Need("capacity", "capacity", counted=True),
        Need("validity", "years"),
        Need("renewal", "rate"),
        Need("sme_exit", "rate"),
        Need("from_smes", "rate"),
        Need("promotion", "rate"),
        Need("leader_exit", "rate"),
        COUPLING,
    )
    feeds = inflows = ("certified", "recognised")
    outputs = ("certified", "valid", "waiting", "smes", "leaders")
    starts: ClassVar[Mapping[str, str]] = {
        "certified": "start_cumulative",
        "valid": "start",
        "smes": "start_smes",
        "leaders": "start_leaders",
    }
    dated = True

    def run(self, world: World) -> Mapping[str, Floats]:
        validity = int(world.numbers["validity"].flat[0])
        world.open("waiting")
        world.open("valid", world.numbers["start"])
        world.open("smes", world.numbers["start_smes"])
        world.open("leaders", world.numbers["start_leaders"])
        world.run(*first_certificates(world, validity), rounds(world, validity))
        start = np.rint(world.numbers["start_cumulative"])
        return {
            "certified": start + np.cumsum(world.flow("waiting", "valid"), axis=0),
            "valid": world.year_ends["valid"],
            "waiting": world.year_ends["waiting"],
            "smes": world.year_ends["smes"],
            "leaders": world.year_ends["leaders"],
        }


def part_of(whole: Floats, position: int, parts: int) -> Floats:
    """Return one of *parts* nearly equal whole parts of *whole*; together they are all of it."""
    return np.floor(whole * (position + 1) / parts) - np.floor(whole * position / parts)


def first_certificates(world: World, validity: int) -> list[Process]:
    """Return the certificates that are valid at the start, issued evenly over the last rounds before."""
    issued = [
        anniversary(date(2000, month, day), world.calendar.years[0] - back)
        for back in range(validity, 0, -1)
        for month, day in sorted(world.dates)
    ]
    valid = world.accounts["valid"]
    return [
        certificates(world, part_of(valid, i, len(issued)), when, validity) for i, when in enumerate(issued)
    ]


def certificates(world: World, firms: Floats, issued: date, validity: int) -> Process:
    """Let the certificates of *firms* end on their date; those that are renewed live on.

    Several cohorts may end on one day: each has its own luck, named by its first certificate.
    """
    name = f"renewed {issued.isoformat()}"
    while True:
        issued = anniversary(issued, issued.year + validity)
        if issued.year > world.calendar.years[-1]:
            return
        yield world.until(issued)
        renewed = world.binomial(name, firms, world.numbers["renewal"])
        world.move("valid", "lapsed", firms - renewed)
        firms = renewed


def rounds(world: World, validity: int) -> Process:
    """Receive, review and certify in every round; small firms and leaders come and go."""
    parts = len(world.dates)
    world.open("lapsed")
    for count, when in enumerate(world.calendar.rounds(world.dates)):
        yield world.until(when)
        year, position = world.year(), count % parts
        apply(world, part_of(np.rint(world.feeds["certified"][year]), position, parts))
        reviewed = np.minimum(world.accounts["waiting"], np.floor(world.numbers["capacity"]))
        world.move("waiting", "valid", reviewed)
        world.env.process(certificates(world, reviewed, when, validity))
        small_firms(world, part_of(np.rint(world.feeds["recognised"][year]), position, parts), parts)
        leaders(world, parts)


def apply(world: World, applicants: Floats) -> None:
    """Let *applicants* queue: small firms by chance, before any leaves the list for another reason.

    Each is a small firm or comes from outside, so the plan's additions are kept whole whatever the share;
    where the list is too short for those that chance says, the rest comes from outside too.
    """
    share = world.numbers["from_smes"]
    if share.any():
        turning = np.minimum(world.binomial("from smes", applicants, share), world.accounts["smes"])
        world.move("smes", "waiting", turning)
        applicants = applicants - turning
    world.move(OUTSIDE, "waiting", applicants)


def per_round(rate: Floats, parts: int) -> Floats:
    """Return the chance of a round that makes *rate* in a year of *parts* rounds."""
    return -np.expm1(np.log1p(-np.minimum(rate, 1.0 - 1e-16)) / parts)


def small_firms(world: World, recognised: Floats, parts: int) -> None:
    exit_rate = world.numbers["sme_exit"]
    if exit_rate.any():
        gone = world.binomial("sme exit", world.accounts["smes"], per_round(exit_rate, parts))
        world.move("smes", OUTSIDE, gone)
    world.move(OUTSIDE, "smes", recognised)


def leaders(world: World, parts: int) -> None:
    numbers = world.numbers
    gone = world.binomial("leader exit", world.accounts["leaders"], per_round(numbers["leader_exit"], parts))
    world.move("leaders", OUTSIDE, gone)
    chance = np.minimum(per_round(numbers["promotion"], parts) * world.push[world.year()], 1.0)
    world.move(OUTSIDE, "leaders", world.binomial("promoted", world.accounts["valid"], chance))
