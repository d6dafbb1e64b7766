"""Cities of a block from compiled kernels: their levels, the sums of them, and what their targets did."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from sim.axes import Floats, Ints
from sim.engine.cells import LARGEST, TIE, Cells, tallied_cells, zeros_of_base
from sim.engine.covariance import covariance_of
from sim.engine.luck import Luck
from sim.engine.noise import BlockNoise, spread_of_cities, streams_of_cities
from sim.kernels.compiled import levels_into
from sim.kernels.elementary import exp_into
from sim.kernels.normal import normal_table
from sim.model.model import NONE, Model


@dataclass(frozen=True, slots=True, eq=False)
class CityTargets:
    """Targets that are worked while the levels of their city are in cache: those that a level must meet.

    *rows* are their positions in the model's targets, in the order of cities: those of city ``c`` begin at
    *begin* ``[C + 1]``. *cells* ``[target, 3]``: column, year and place in *pairs* (indicator, year);
    *bounds* ``[target, 5]``: lower, upper, threshold and the logs of the first two.
    """

    rows: Ints
    begin: Ints
    cells: Ints
    bounds: Floats
    pairs: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, eq=False)
class CityResults:
    """What those targets did: *counts* as of `kernels.targets.target_into` ``[target, 3 + T + 1]``, summed
    shortfalls *missing* ``[target]``, and by set ``[target, S]`` the draws that are *known*, their *mean*
    chance and the variance *within* of that mean.
    """

    counts: Ints
    missing: Floats
    known: Ints
    mean: Floats
    within: Floats

    @classmethod
    def nothing(cls, targets: int, years: int, sets: int) -> Self:
        """Return the results of *targets* before anything was done."""
        return cls(
            np.zeros((targets, 3 + years + 1), dtype=np.int64),
            np.zeros(targets),
            np.zeros((targets, sets), dtype=np.int64),
            np.zeros((targets, sets)),
            np.zeros((targets, sets)),
        )

    def arrays(self) -> tuple[NDArray[Any], ...]:
        """Return them as `kernels.city_targets.RESULTS` says."""
        return self.counts, self.missing, self.known, self.mean, self.within


@dataclass(frozen=True, slots=True, eq=False)
class Cities:
    """*total* ``[Kc, T, S, D]`` over cities; *kept* levels ``[C, place, T, S, D]``.

    *results* are those of the targets, if any were asked; *cells* moments and grids of all levels but
    counts, if asked; *variance* that of province-wide noise ``[S, D]`` by (indicator, year) on the way.
    """

    total: Floats
    kept: Floats
    results: CityResults | None = None
    cells: tuple[Cells, ...] = ()
    variance: Mapping[tuple[int, int], Floats] = field(default_factory=dict)


@functools.lru_cache(maxsize=64)
def city_targets(model: Model) -> CityTargets:
    """Return the targets of *model* whose city's level must meet a bound and has a conditional chance.

    Others go the way of all targets: counts, whose hits are counted; those that count otherwise (an
    execution prior); and those of the headline, of which each draw is asked together with others.
    """
    column = {int(k): i for i, k in enumerate(model.with_cities)}
    leads = set(model.headline.tolist())
    found = [
        (t.city, column[t.quantity], t.year, row)
        for row, t in enumerate(model.targets)
        if t.city != NONE and t.form == "value" and t.execution is None
        and row not in leads and not model.is_count[t.quantity]
    ]  # fmt: skip
    found.sort()
    pairs = sorted({(int(model.with_cities[c]), t) for _, c, t, _ in found})
    place = {pair: i for i, pair in enumerate(pairs)}
    cells = [(c, t, place[int(model.with_cities[c]), t]) for _, c, t, _ in found]
    chosen = [model.targets[row] for *_, row in found]
    bounds = np.array([(t.lower, t.upper, t.threshold) for t in chosen]).reshape(-1, 3)
    with np.errstate(divide="ignore"):
        logs = np.log(np.maximum(bounds[:, :2], 0.0))
    return CityTargets(
        np.array([row for *_, row in found], dtype=np.int64),
        np.searchsorted([city for city, *_ in found], np.arange(len(model.cities) + 1)).astype(np.int64),
        np.array(cells, dtype=np.int64).reshape(-1, 3),
        np.concatenate([bounds, logs], axis=1),
        tuple(pairs),
    )


def no_targets(model: Model) -> CityTargets:
    """Return the targets of a model of which no city's are asked for."""
    begin = np.zeros(len(model.cities) + 1, dtype=np.int64)
    empty = np.empty((0, 3), dtype=np.int64)
    return CityTargets(np.empty(0, dtype=np.int64), begin, empty, np.empty((0, 5)), ())


def columns_kept(model: Model, every: bool, chosen: CityTargets | None) -> Ints:
    """Return the place of each indicator's levels of cities among those that are kept ``[Kc]``, or -1.

    *every*: all of them. Else counts, which are taken at them, and, unless there are none *chosen* to be
    worked, those of all other targets.
    """
    columns = np.arange(len(model.with_cities))
    if every:
        return columns
    wanted = model.is_count[model.with_cities].copy()
    if chosen is not None:
        worked = set(chosen.rows.tolist())
        others = {t.quantity for n, t in enumerate(model.targets) if t.city != NONE and n not in worked}
        wanted |= np.isin(model.with_cities, sorted(others))
    return np.where(wanted, np.cumsum(wanted) - 1, NONE)


def worked_cities(
    model: Model, noise: BlockNoise, luck: Luck, calm: tuple[Floats, ...], shared: Floats, own_sd: Floats,
    places: Ints, chosen: CityTargets, detailed: bool,
) -> Cities:  # fmt: skip
    """Return the cities of a block whose levels without noise are *calm*, by indicator ``[C, T, S, 1 or D]``.

    *shared* ``[K, T, S, D]`` is the accumulated province-wide noise, *own_sd* that of `covariance_of`. Noise
    that is not there yet is made on the way, and only its mixing kept. *detailed*: cells are asked for.
    """
    columns, years, sets = model.with_cities, shared.shape[1], shared.shape[2]
    variance = {(k, t): covariance_of(model, (k, k), (t, t), noise, own_sd, True) for k, t in chosen.pairs}
    results = CityResults.nothing(len(chosen.rows), years, sets)
    shape = len(columns), *shared.shape[1:]
    total, lift = np.zeros(shape), np.empty(shape)
    exp_into(shared[columns].reshape(-1), lift.reshape(-1))
    kept = np.empty((len(model.cities), int(places.max(initial=NONE)) + 1, *shared.shape[1:]))
    levels = np.empty(shape if detailed else (0, *shape[1:]))
    stacked = np.stack(list(variance.values())) if variance else np.empty((0, *shared.shape[2:]))
    spread = spread_of_cities(model, noise.parameters, years)
    wanted = (chosen.begin, chosen.cells, chosen.bounds, stacked, normal_table(), np.array([TIE, LARGEST]))
    given = arrays_of_calm(calm, shared.shape), lift, wanted
    if total.size == 0 or len(model.cities) == 0:
        return Cities(total, kept, results)
    work, cells = kernel_of(model, noise, luck), list[Cells]()
    turns = [(c, c + 1) for c in range(len(model.cities))] if detailed else [(0, len(model.cities))]
    for begin, stop in turns:
        work(spread, *given, results.arrays(), noise.city_mixing, total, places, kept, levels, begin, stop)
        if detailed:
            cells += cells_of_city(model, begin, levels)
    total *= lift
    return Cities(total, kept, results, tuple(cells), variance)


def kernel_of(model: Model, noise: BlockNoise, luck: Luck) -> Callable[..., None]:
    """Return what works cities: from their noise, where it is stored, else from their random numbers."""
    if len(noise.city) > 0:
        from sim.kernels.stored_noise import levels_of_noise_into  # takes long to read back, and few need it

        return partial(levels_of_noise_into, noise.city)
    return partial(levels_into, streams_of_cities(model, luck, model.years.labels))


def cells_of_city(model: Model, city: int, levels: Floats) -> Iterator[Cells]:
    """Yield the cells of *levels* ``[Kc, T, S, D]`` of a city, but for counts, which are yet to be taken."""
    years = levels.shape[1]
    is_count = model.is_count[model.with_cities]
    bounds = [0, *(np.flatnonzero(np.diff(is_count)) + 1).tolist(), len(is_count)]
    for start, stop in pairwise(bounds):
        if start < stop and not is_count[start]:
            base = np.repeat(model.base[city, start:stop], years)
            rows = np.arange(start * years, stop * years) + city * len(is_count) * years
            values = levels[start:stop].reshape(len(base), -1)
            yield tallied_cells(rows, values, base, zeros_of_base(base), np.zeros(len(base), dtype=np.bool_))


def arrays_of_calm(calm: tuple[Floats, ...], shape: tuple[int, ...]) -> tuple[Ints, Floats, Floats]:
    """Return levels without noise as the kernels take them: which vary from draw to draw, and both kinds."""
    cities = calm[0].shape[0] if calm else 0
    varies = np.array([level.shape[-1] > 1 for level in calm], dtype=np.bool_)
    fixed = np.zeros((len(calm), cities, *shape[1:3]))
    varying = np.empty((int(varies.sum()), cities, *shape[1:]))
    rows = np.where(varies, np.cumsum(varies) - 1, NONE)
    for column, level in enumerate(calm):
        if varies[column]:
            varying[rows[column]] = level
        else:
            fixed[column] = level[..., 0]
    return rows.astype(np.int64), fixed, varying
