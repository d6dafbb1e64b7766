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


@dataclass(frozen=True, slots=True)
class Need:
    """A number that a kind of pipeline needs. ``years`` are whole and alike in every draw."""

    name: str
    sort: Sort

    def allows(self, value: float) -> bool:
        """Say whether *value* makes sense for this sort of number."""
        low, high = BOUNDS[self.sort]
        return low <= value <= high and not (value == 0.0 and self.sort in NEVER_ZERO)


class Pipeline(ABC):
    """One kind of pipeline. *feeds* are the roles of yearly quantities that it is fed with ``[T, S, D]``.

    *inflows*: feeds that are things founded, which its coupling therefore holds or lets go of.
    *starts*: output -> the number that it stands at before the plan; other outputs begin with nothing.
    *dated*: it happens on dates of the year (``MM-DD``), which the plan's file lists.
    """

    needs: ClassVar[tuple[Need, ...]]
    feeds: ClassVar[tuple[str, ...]] = ()
    inflows: ClassVar[tuple[str, ...]] = ()
    outputs: ClassVar[tuple[str, ...]]
    starts: ClassVar[Mapping[str, str]] = {}
    dated: ClassVar[bool] = False

    @abstractmethod
    def run(self, world: World) -> Mapping[str, Floats]:
        """Run the calendar of *world* to its end; return every output at year ends, ``[T, S, D]``."""


pipeline: Family[Pipeline] = Family("pipeline")

COUPLING = Need("coupling", "factor")
"""How much of the province-wide noise reaches a pipeline: 1 all of it, 0 none."""
