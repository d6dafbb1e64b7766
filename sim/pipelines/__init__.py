"""Pipelines: things that are grown, certified, rented, auctioned and lost, in a calendar with capacities.

SimPy runs the calendar; the state is a vector over draws, so that one pass of the event loop serves a
block. Nothing else of the project imports SimPy.
"""

from sim.pipelines import ageing, auctions, certification, coverage, incubation, programme
from sim.pipelines.family import COUPLING, LARGEST, Need, Pipeline, Room, pipeline
from sim.pipelines.spread import spread_of
from sim.pipelines.world import Calendar, Trace, World, day_of_year

__all__ = [
    "COUPLING",
    "LARGEST",
    "Calendar",
    "Need",
    "Pipeline",
    "Room",
    "Trace",
    "World",
    "ageing",
    "auctions",
    "certification",
    "coverage",
    "day_of_year",
    "incubation",
    "pipeline",
    "programme",
    "spread_of",
]
