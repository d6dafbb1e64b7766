"""What the targets of a model ask of points, worked out once: cells, pairs, coordinates, bounds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import polygamma

from sim.axes import Bools, Floats, Ints
from sim.engine.chances import log_bounds
from sim.engine.levels import base_of
from sim.model.model import NONE, Model, OutputModel, RatioModel, StockModel, TargetModel
from sim.model.parameters import ParameterTable
from sim.streams import Source

NODES = 12
"""Points of the quadrature over the law of a count's threshold."""

LEAST_SHAPE = 10
"""Thresholds from which on the quadrature is exact to 2e-5; below it counts are given their rates."""

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """What a target of the province asks: the *level* of an indicator in *year*, or the sum of its flows
    from year *first* on (a *stock* keeps what has not left), over *below* ``(indicator, year)`` if any.
    """

    row: int
    quantity: int
    first: int
    year: int
    is_level: bool
    is_count: bool
    stock: StockModel | None
    below: Pair | None
    bounds: tuple[float, float]

    def own_pairs(self) -> list[Pair]:
        """Return the pairs above the line, the one that stands for the target first."""
        return [(self.quantity, t) for t in range(self.year, self.first - 1, -1)]


@dataclass(frozen=True, slots=True, eq=False)
class PointTargets:
    """Targets of cities by *cells*, those of the province in a *chain*; see the kernels for their arrays.

    *rows* are the positions of both in `Model.targets`, cells first; *used*: parameter rows that they need.
    """

    rows: tuple[int, ...]
    used: frozenset[int]
    needed: Bools
    slots: Ints
    places: Ints
    cells: Ints
    cell_bounds: Floats
    nodes: Floats
    cell_sources: tuple[Source, ...]
    asked: tuple[Asked, ...]
    pairs: Ints
    pair_sources: tuple[Source, ...]
    mix: Floats
    back: Floats
    mixed: Ints
    chain: Ints
    flows: Ints
    chain_bounds: Floats
    correlations: Floats
    ratio_variance: Floats

    def table(self, model: Model) -> ParameterTable:
        """Return the parameters of *model*, those that no target needs held where they are."""
        table = model.parameters
        idle = [(n, p.value) for n, p in enumerate(table.rows) if n not in self.used]
        return replace(table, held=(*idle, *table.held))

    def material(
        self,
        model: Model,
        values: Floats,
        total: Floats,
        calm: Floats,
        lone: Mapping[int, Floats],
        normals_of: Callable[[tuple[Source, ...]], Floats],
    ) -> tuple[Floats, Floats, Floats, Floats, Floats, Floats, Floats]:
        """Return what `chain_into` needs of each point, from level to normals.

        *total* ``[Kc, T, N]`` are sums of city levels, *calm* ``[C, Kc, T, N]`` levels without noise,
        *lone* ``[T, N]`` calm logs by lone indicator.
        """
        points, years = values.shape[1], len(model.years)
        level, start = np.zeros((points, len(self.asked))), np.zeros((points, len(self.asked)))
        kept, rates, unmoved, ratio, normals = np.zeros((5, points, len(self.asked), years))
        columns = list(model.with_cities)

        def log_level(k: int, t: int) -> Floats:
            if k in lone:
                return np.asarray(lone[k][t])
            column = columns.index(k)
            return np.asarray(np.log(total[column, t]) + model.log_ratio[column, t])

        for j, asked in enumerate(self.asked):
            if asked.below is not None:
                k, t = asked.below
                level[:, j] = np.log(base_of_points(model, values, k)) if t < 0 else log_level(k, t)
            if asked.is_level:
                level[:, j] = log_level(asked.quantity, asked.year) - level[:, j]
                continue
            stay = np.ones(points) if asked.stock is None else 1.0 - values[asked.stock.exit_row]
            for t in range(asked.first, asked.year + 1):
                kept[:, j, t] = stay ** (asked.year - t)
                column = columns.index(asked.quantity)
                factor = 1.0 if asked.is_count else np.exp(model.log_ratio[column, t])
                rates[:, j, t] = factor * total[column, t]
                unmoved[:, j, t] = factor * calm[:, column, t].sum(axis=0)
            if asked.stock is not None:
                start[:, j] = values[asked.stock.base_row] * stay ** (asked.year + 1)
            if asked.is_count:
                column = columns.index(asked.quantity)
                name = model.indicators.labels[asked.quantity]
                sources = [Source("count:province", indicator=name, year=y) for y in model.years.labels]
                drawn = normals_of((Source("ratio", indicator=name), *sources))
                ratio[:, j] = (model.log_ratio[column][:, None] + model.noise.ratio_sd[column] * drawn[0]).T
                normals[:, j] = drawn[1:].T
        return level, kept, start, rates, unmoved, ratio, normals


def base_of_points(model: Model, values: Floats, quantity: int) -> Floats:
    """Return the base-year level of an indicator; the same at every point."""
    return np.full(values.shape[1], base_of(model, values, quantity)[0])


def asked_of(model: Model, row: int, target: TargetModel) -> Asked | None:
    """Return what a target of the province asks; None where it has no closed form at points."""
    indicators, k, year = len(model.indicators), target.quantity, target.year
    ends = np.array([target.lower, target.upper])
    if target.city != NONE or target.form not in ("value", "sum", "mean_growth"):
        return None
    if k < indicators:
        if target.form == "sum" or (model.is_count[k] and target.form == "value"):
            return flows_of(model, row, target, ends) if k in model.with_cities else None
        if model.is_count[k] or (model.is_rate[k] and target.form != "value"):
            return None
        return Asked(row, k, year, year, True, False, None, None, log_bounds(model, target))
    derived = model.derived[k - indicators]
    if target.form != "value" or isinstance(derived, OutputModel):
        return None
    below: Pair | None = None
    if isinstance(derived, RatioModel):
        below, ends = (derived.denominator, year - derived.lag), ends / derived.factor
        if derived.denominator >= indicators or _moves_otherwise(model, derived.denominator):
            return None
        if derived.numerator >= indicators:
            derived = model.derived[derived.numerator - indicators]
    if isinstance(derived, StockModel):
        k = derived.inflow
        if k not in model.with_cities or (below is not None and below[0] == k):
            return None
        return Asked(row, k, 0, year, False, bool(model.is_count[k]), derived, below, logs(ends))
    if not isinstance(derived, RatioModel) or _moves_otherwise(model, derived.numerator):
        return None
    return Asked(row, derived.numerator, year, year, True, False, None, below, logs(ends))


def flows_of(model: Model, row: int, target: TargetModel, ends: Floats) -> Asked:
    """Return what a target asks that sums flows from the first year on, or is a count of one year."""
    first = 0 if target.form == "sum" else target.year
    k = target.quantity
    return Asked(row, k, first, target.year, False, bool(model.is_count[k]), None, None, logs(ends))


def _moves_otherwise(model: Model, k: int) -> bool:
    """Return whether an indicator does not move by its log."""
    return bool(model.is_count[k] or model.is_rate[k])


def logs(ends: Floats) -> tuple[float, float]:
    """Return the logs of both *ends* of a target; what is not above zero has no lower end."""
    with np.errstate(divide="ignore"):
        low, high = np.log(np.maximum(ends, 0.0))
    return float(low), float(high)


def chained(asked: list[Asked]) -> tuple[list[Asked], list[Pair]]:
    """Return *asked*, half-spaces first, and the pairs of all in order of coordinates.

    Each has a coordinate of its own: of two that speak of one indicator and year the second is left out.
    """
    by_slot = {a.own_pairs()[0]: a for a in reversed([*asked])}
    order = sorted((a for a in asked if by_slot[a.own_pairs()[0]] is a), key=lambda a: not a.is_level)
    pairs: dict[Pair, None] = dict.fromkeys(a.own_pairs()[0] for a in order if a.is_level)
    for each in order:
        below = [] if each.below is None or each.below[1] < 0 else [each.below]
        pairs |= dict.fromkeys([*each.own_pairs(), *below])
    return order, list(pairs)


def coordinates(asked: list[Asked], pairs: list[Pair]) -> tuple[Floats, list[int]]:
    """Return coordinates from pairs ``[M, M]``, and which of them are not the pairs themselves.

    A stock moves most with the mean of its flows' noise.
    """
    mix, mixed = np.eye(len(pairs)), []
    for each in asked:
        own = [pairs.index(pair) for pair in each.own_pairs()]
        row = np.zeros(len(pairs))
        row[own] = 1.0 / len(own)
        if each.below is not None and each.below[1] >= 0:
            row[pairs.index(each.below)] -= 1.0
        if not np.array_equal(row, mix[own[0]]):
            mix[own[0]] = row
            mixed.append(own[0])
    return mix, mixed


def city_cells(model: Model) -> tuple[list[int], list[tuple[int, int, int, int]], list[Floats], list[Floats]]:
    """Return positions, cells, bounds and nodes of the targets of cities that have a closed form."""
    rows, cells, bounds, nodes = [], [], [], []
    columns = list(model.with_cities)
    for row, target in enumerate(model.targets):
        if target.city == NONE or target.quantity not in columns:
            continue
        is_count = bool(model.is_count[target.quantity])
        if target.form not in ("value", "mean_growth") or (is_count and target.form != "value"):
            continue
        least = np.ceil(target.lower)
        if is_count and not (np.isinf(target.upper) and least >= 1.0):
            continue
        rows.append(row)
        cells.append((target.city, columns.index(target.quantity), target.year, int(is_count)))
        bounds.append(np.array([0.0, 0.0] if is_count else log_bounds(model, target)))
        nodes.append(gamma_nodes(least) if is_count else np.zeros((2, NODES + 1)))
    return rows, cells, bounds, nodes


def gamma_nodes(shape: float) -> Floats:
    """Return log nodes and weights for the mean over a gamma law of *shape* ``[2, 1 + node]``.

    A Poisson count of rate L is at least n exactly where the n-th arrival comes before L, and that has the
    gamma law of shape n: its Gauss quadrature (Golub and Welsch 1969). Before them stand the sd of
    its log (without end where the quadrature will not do), and the shape.
    """
    steps = np.arange(NODES)
    off = np.sqrt(steps[1:] * (steps[1:] + shape - 1.0))
    at, vectors = np.linalg.eigh(np.diag(2.0 * steps + shape) + np.diag(off, 1) + np.diag(off, -1))
    spread = np.sqrt(float(polygamma(1, shape))) if shape >= LEAST_SHAPE else np.inf
    first = [spread, shape]
    return np.column_stack([first, np.stack([np.log(at), vectors[0] ** 2])])


def point_targets(model: Model) -> PointTargets:
    """Return what *model* asks of points: its targets of cities, and the lead headline targets in one chain.

    ValueError where actuals give draws weights, or an execution prior moves outcomes: points know neither.
    """
    if model.observed is not None or any(target.execution is not None for target in model.targets):
        raise ValueError("points know no actuals and no execution prior")
    rows, cells, bounds, nodes = city_cells(model)
    found = [asked_of(model, int(row), model.targets[row]) for row in model.headline]
    asked, pairs = chained([each for each in found if each is not None])
    mix, mixed = coordinates(asked, pairs)
    columns, years = list(model.with_cities), model.years.labels
    needed = np.zeros((len(columns), len(years)), dtype=np.bool_)
    for k, t in pairs:
        if k in columns:
            needed[columns.index(k), t] = True
    levels = [each for each in asked if each.is_level and each.quantity in columns]
    places = [(columns.index(each.quantity), each.year) for each in levels]
    slots = np.full(needed.shape, NONE, dtype=np.int64)
    for place, cell in enumerate(places):
        slots[cell] = place
    flows = np.full((len(asked), len(years)), NONE, dtype=np.int64)
    for j, each in enumerate(asked):
        for pair in each.own_pairs() if not each.is_level else ():
            flows[j, pair[1]] = pairs.index(pair)
    noise = model.noise
    loads = (noise.load_common, noise.load_province, noise.load_year)
    correlations = np.stack([load @ load.T for load in loads])
    for matrix in correlations:
        np.fill_diagonal(matrix, 1.0)
    ratio = np.zeros(len(model.indicators))
    ratio[columns] = np.where(model.is_count[columns], 0.0, noise.ratio_sd**2)
    return PointTargets(
        rows=(*rows, *(each.row for each in asked)),
        used=used_rows(model, asked),
        needed=needed,
        slots=slots,
        places=np.array(places, dtype=np.int64).reshape(-1, 2),
        cells=np.array(cells, dtype=np.int64).reshape(-1, 4),
        cell_bounds=np.array(bounds).reshape(-1, 2),
        nodes=np.array(nodes).reshape(len(nodes), 2, NODES + 1),
        cell_sources=tuple(_cell_source(model, cell) for cell in cells),
        asked=tuple(asked),
        pairs=np.array(pairs, dtype=np.int64).reshape(-1, 2),
        pair_sources=tuple(_pair_source(model, pair) for pair in pairs),
        mix=mix,
        back=np.asarray(np.linalg.inv(mix)),
        mixed=np.array(mixed, dtype=np.int64),
        chain=np.array([chain_row(model, each, pairs, slots) for each in asked], dtype=np.int64).reshape(
            -1, 4
        ),
        flows=flows,
        chain_bounds=np.array([each.bounds for each in asked]).reshape(-1, 2),
        correlations=correlations,
        ratio_variance=ratio,
    )


def chain_row(model: Model, asked: Asked, pairs: list[Pair], slots: Ints) -> tuple[int, int, int, int]:
    """Return a row of `chain_into`: slot, 1 of a stock, 1 of counts or a level's place, pair below."""
    below = NONE if asked.below is None or asked.below[1] < 0 else pairs.index(asked.below)
    second = int(asked.is_count)
    if asked.is_level:
        columns = list(model.with_cities)
        second = int(slots[columns.index(asked.quantity), asked.year]) if asked.quantity in columns else NONE
    return pairs.index(asked.own_pairs()[0]), int(not asked.is_level), second, below


def _pair_source(model: Model, pair: Pair) -> Source:
    return Source("year", indicator=model.indicators.labels[pair[0]], year=model.years.labels[pair[1]])


def _cell_source(model: Model, cell: tuple[int, int, int, int]) -> Source:
    city, column, year, _ = cell
    name = model.indicators.labels[model.with_cities[column]]
    return Source("point", model.cities.labels[city], name, model.years.labels[year])


def used_rows(model: Model, asked: list[Asked]) -> frozenset[int]:
    """Return the parameters that growth, noise and the stocks of *asked* depend on."""
    stocks = [each.stock for each in asked if each.stock is not None]
    series = frozenset(int(row) for row in model.noise.series_rows.ravel())
    own = {row for stock in stocks for row in (stock.base_row, stock.exit_row)}
    return model.noise.rows() | series | {model.drift.weight_row} | own
