"""The family of pipelines: what each kind needs to be told, what it is fed with and what it gives."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from sim.axes import Floats
from sim.pipelines.world import World
from sim.registry import Family

Sort = Literal["stock", "flow", "rate", "duration", "capacity", "factor", "years"]

BOUNDS: Mapping[Sort, tuple[float, float]] = {
    "stock": (0.0, np.inf),
    "flow": (0.0, np.inf),
    "rate": (0.0, 1.0),
    "duration": (0.0, np.inf),
    "capacity": (0.0, np.inf),
    "factor": (0.0, np.inf),
    "years": (1.0, 20.0),
}
"""Least and most of each sort of number."""

NEVER_ZERO: tuple[Sort, ...] = ("duration", "capacity")
"""Sorts of which zero makes no sense: nobody could stay, nobody could enter."""

UNITS: Mapping[Sort, str] = {"rate": "1", "duration": "年", "factor": "1", "years": "年"}
"""Units of sorts that formulas read in one unit only."""

LARGEST = 1e15
"""No number of a pipeline is larger, as none of a scenario is."""


@dataclass(frozen=True, slots=True)
class Need:
    """A number that a kind of pipeline needs. ``years`` are whole and alike in every draw.

    *counted*: a capacity of whole things, of which a part of one is none. *unit*: the only one that
    the kind reads; empty where the plan may count in any.
    """

    name: str
    sort: Sort
    counted: bool = False
    unit: str = ""

    def allows(self, value: float) -> bool:
        """Say whether *value* makes sense for this sort of number."""
        low, high = BOUNDS[self.sort]
        if self.counted:
            low = 1.0
        return low <= value <= high and not (value == 0.0 and self.sort in NEVER_ZERO)

    def only_unit(self) -> str:
        """Return the unit that the number must have; empty where any will do."""
        return self.unit or UNITS.get(self.sort, "")


@dataclass(frozen=True, slots=True)
class Room:
    """Where a *stock* at the start must fit: into *places*, or into as much area at so much *each*."""

    stock: str
    places: str
    each: str = ""
    factor: float = 1.0

    def fields(self) -> tuple[str, ...]:
        return (self.stock, self.places, *((self.each,) if self.each else ()))

    def misfit(self, ranges: Mapping[str, tuple[float, float]]) -> tuple[str, Mapping[str, str]] | None:
        """Return the code and details of a mistake in *ranges*, (low, high) by field; None if all is well.

        Ranges may overlap, since a draw has but one of each: a stock is a mistake that fits in no draw.
        """
        (low, high), (least, most) = ranges[self.places], ranges.get(self.each, (1.0, 1.0))
        if not (low > 0.0 and least > 0.0 and high >= low and most >= least):
            return None  # what is no number or no capacity was noted before
        if not self.each and low < 1.0:
            return None  # a part of one place, which was noted before
        fewest, room = low * self.factor // most, high * self.factor // least
        if self.each and fewest < 1.0:
            return "pipeline-no-place", {
                "places": self.places,
                "value": f"{low:g}",
                "each": self.each,
                "size": f"{most:g}",
            }
        stock = ranges[self.stock][0]
        if stock > max(room, 1.0):
            details = {"field": self.stock, "value": f"{stock:g}", "places": self.places, "most": f"{room:g}"}
            return "pipeline-no-room", details
        return None


class Pipeline(ABC):
    """One kind of pipeline. *feeds* are the roles of yearly quantities that it is fed with ``[T, S, D]``.

    *inflows*: feeds that are things founded, which its coupling therefore holds or lets go of.
    *fractions*: outputs that are no whole numbers, as all others are.
    *starts*: output -> the number that it stands at before the plan; other outputs begin with nothing.
    *rooms*: stocks at the start that must fit into a capacity.
    *dated*: it happens on dates of the year (``MM-DD``), which the plan's file lists.
    """

    needs: ClassVar[tuple[Need, ...]]
    feeds: ClassVar[tuple[str, ...]] = ()
    inflows: ClassVar[tuple[str, ...]] = ()
    outputs: ClassVar[tuple[str, ...]]
    fractions: ClassVar[tuple[str, ...]] = ()
    starts: ClassVar[Mapping[str, str]] = {}
    rooms: ClassVar[tuple[Room, ...]] = ()
    dated: ClassVar[bool] = False

    @abstractmethod
    def run(self, world: World) -> Mapping[str, Floats]:
        """Run the calendar of *world* to its end; return every output at year ends, ``[T, S, D]``."""


pipeline: Family[Pipeline] = Family("pipeline")

COUPLING = Need("coupling", "factor")
"""How much of the province-wide noise reaches a pipeline: 1 all of it, 0 none."""
