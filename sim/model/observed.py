"""Actuals by position: which cells of a model are known, and how well (section 7)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.axes import Floats, Ints
from sim.model.proposal import Proposal


@dataclass(frozen=True, slots=True, eq=False)
class ObservedModel:
    """Observed cells in canonical order (indicator, year, city; the province last), ``[row]`` each.

    *city* is a position on the city axis or `NONE` for the province; *value* in the plan's unit;
    *error*: the standard error on the scale on which the indicator moves (log, logit of a rate).
    *proposal* is the law that parameters and mixing variables are drawn from, weighted back; without it
    they come from their own. *reference* is the log weight that counts as one; not-a-number until a pilot
    has set it.
    """

    city: Ints
    indicator: Ints
    year: Ints
    value: Floats
    error: Floats
    proposal: Proposal | None = None
    reference: float = np.nan

    def at(self, k: int, year: int, province: bool) -> Ints:
        """Return the rows of indicator *k* in *year*, of the province or of cities."""
        here = (self.indicator == k) & (self.year == year) & ((self.city < 0) == province)
        return np.flatnonzero(here)
