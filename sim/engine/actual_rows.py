"""Which cells a block is conditioned on, the same in every draw, in canonical order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from sim.axes import Bools, Floats
from sim.kernels import conditioning as kernel
from sim.model.model import NONE, Model
from sim.model.observed import ObservedModel
from sim.streams import Source

Sort = Literal["city", "lone", "sum"]


@dataclass(frozen=True, slots=True)
class Row:
    """One conditioned cell: *city* is `NONE` for the province; *actual* the row of the observed model;
    *error* what its Gaussian form leaves open.
    """

    sort: Sort
    city: int
    k: int
    year: int
    actual: int
    error: float


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What is conditioned on, the same in every draw.

    *cities*: those whose noise the rows depend on; *drawn* ``[row of observed]``: its error is drawn and
    taken off, so that the cell counts as exact; *whole*: (k, year) where province and all cities are known;
    *free*: indicators whose ratio of province to cities is conditioned too, since none of their cities is
    known.
    """

    rows: tuple[Row, ...]
    cities: tuple[int, ...]
    drawn: Bools
    whole: frozenset[tuple[int, int]]
    free: frozenset[int]


def plan_of(model: Model, observed: ObservedModel) -> Plan:
    """Return what to condition on, in canonical order."""
    rows: list[Row] = []
    sums: list[Row] = []
    drawn = np.zeros(len(observed.value), dtype=np.bool_)
    whole: set[tuple[int, int]] = set()
    seen = tuple(sorted({int(c) for c in observed.city if c != NONE}))
    has_cities = {int(k) for k, c in zip(observed.indicator, observed.city, strict=True) if c != NONE}
    for k, year in sorted(set(zip(observed.indicator.tolist(), observed.year.tolist(), strict=True))):
        province, cities = observed.at(k, year, True), observed.at(k, year, False)
        together = len(province) > 0 and len(cities) > 0 and not model.is_count[k]
        drawn[cities] |= together
        drawn[province] |= together
        for i in cities:
            rows.append(
                Row("city", int(observed.city[i]), k, year, int(i), error_of(model, observed, i, drawn))
            )
        for i in province:
            error = error_of(model, observed, i, drawn)
            if k in model.alone:
                rows.append(Row("lone", NONE, k, year, int(i), error))
            elif len(cities) == len(model.cities):
                whole.add((k, year))
            else:
                sums.append(Row("sum", NONE, k, year, int(i), error))
    free = {row.k for row in sums if row.k not in has_cities and not model.is_count[row.k]}
    touched = tuple(range(len(model.cities))) if sums else seen
    return Plan((*rows, *sums), touched, drawn, frozenset(whole), frozenset(free))


def error_of(model: Model, observed: ObservedModel, row: int, drawn: Bools) -> float:
    """Return the error that the Gaussian form of an observed cell leaves: its own, and that of a count."""
    own = 0.0 if drawn[row] else float(observed.error[row])
    if model.is_count[observed.indicator[row]]:
        return float(np.hypot(own, kernel.count_error(observed.value[row])))
    return own


def source_of(model: Model, observed: ObservedModel, row: int) -> Source:
    """Return the stream of the error of an observed cell."""
    city = int(observed.city[row])
    return Source(
        "observed",
        "" if city == NONE else model.cities.labels[city],
        model.indicators.labels[observed.indicator[row]],
        model.years.labels[observed.year[row]],
    )


def values_of(observed: ObservedModel, plan: Plan, normals: Floats) -> Floats:
    """Return the observed values ``[row, S, D]``, less their errors where these are drawn."""
    error = np.where(plan.drawn, observed.error, 0.0)[:, None, None]
    values: Floats = observed.value[:, None, None] * np.exp(-error * normals)
    return values
