"""Chances of headline and city targets at points: integrated over all normals that can be.

A point is a set of one draw: parameters, mixing variables, the noise of cities and the uniforms of shocks
and counts are drawn, everything else has a closed form (`sim.kernels.points`, `sim.kernels.chain`).
Points lie as the design says: point s is set s of it, so a whole net has a power of two of points in
each of its replicates. A chance is the mean over points; so far it is that of `run.py run`, to its error.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.axes import Axis, Floats
from sim.designs import Design, name_of
from sim.engine.drift import lone_drift, shocked_factors, trend_of_sets
from sim.engine.noise import SetParameters, city_streams, set_parameters
from sim.engine.point_targets import PointTargets
from sim.kernels import reference as kernel
from sim.kernels.chain import chain_into
from sim.kernels.nets import quantiles_into, scales_of_normals
from sim.kernels.normal import normal_table
from sim.kernels.philox import normals_into, uniforms_into
from sim.kernels.points import city_chances_into, city_growth_into, city_totals_into, levels_in_place
from sim.kernels.tails import scale_table
from sim.model.model import Model
from sim.model.parameters import drawn_parameters, points_of_sets
from sim.streams import SETS, Source, streams


@dataclass(frozen=True, slots=True)
class PointLuck:
    """Random numbers of points *first* (a whole block of sets) and later, ``[source, point]``."""

    seed: int
    design: Design
    first: int
    count: int

    def normals(self, sources: tuple[Source, ...]) -> Floats:
        """Return standard normals of *sources*, as the design spreads them."""
        out = np.empty((len(sources), self.count))
        names = [point_name(each) for each in sources]
        on_net = [n for n, name in enumerate(names) if self.design.number(name) is not None]
        keyed = [n for n in range(len(sources)) if n not in on_net]
        if keyed:
            room = np.empty((len(keyed), self.count))
            normals_into(streams(self.seed, tuple(sources[n] for n in keyed)), self.first, room)
            out[keyed] = room
        if on_net:
            some = tuple(names[n] or "" for n in on_net)
            points = points_of_sets(self.design, self.seed, some, self.first, self.count)
            normals = np.empty(points.size)
            quantiles_into(points.reshape(-1), normals)
            out[on_net] = normals.reshape(points.shape)
        for n in keyed:
            if self.design.mirrors(names[n]):
                out[n, 1::2] = -out[n, 0::2]
        return out

    def uniform(self, source: Source) -> Floats:
        """Return uniforms of *source*, ``[point, 1]``."""
        out = np.empty((1, self.count))
        uniforms_into(streams(self.seed, (source,)), self.first, out)
        return out.reshape(-1, 1)


def point_name(source: Source) -> str | None:
    """Return the name of *source* among a plan's dimensions: at points the cities' mixing has one too."""
    if source.name == "mixing:city":
        return f"city:mixing:{source.area}:{source.year}"
    return name_of(source)


@np.errstate(over="ignore", invalid="ignore", divide="ignore")
def point_chances(model: Model, targets: PointTargets, first: int, count: int) -> Floats:
    """Return chances ``[event, point]`` of every city row of *targets*, every chain row, and all the chain.

    *first* and *count* are whole blocks of sets.
    """
    luck = PointLuck(model.seed, model.design, first, count)
    held = targets.table(model)
    values = drawn_parameters(held, model.seed, model.drawn, first, count)
    p = set_parameters(model, values, first // SETS)
    weight, plan, trend = trend_of_sets(model, values, p)
    alone, gap = lone_drift(model, weight, plan, trend)
    city = city_growth(model, p, weight, plan, trend)
    calm, lone_factors = calm_levels(model, city, alone, luck)
    own_sd = np.sqrt(p.own_sd**2 + gap)
    weights = kernel.accumulation_weights(p.phi, len(model.years))
    mixing, mixing_of_cities = mixing_of(model, luck)
    total, squares, parts = city_totals(model, p, weights, calm, targets, mixing_of_cities, first)
    out = np.empty((len(targets.cells) + len(targets.chain) + 1, count))
    rows = len(targets.cells)
    city_chances(model, targets, p, own_sd, weights, mixing, squares, calm, luck, out[:rows])
    places = calm[:, targets.places[:, 0], targets.places[:, 1]].transpose(1, 0, 2)
    cities = (total, calm, np.ascontiguousarray(places), parts)
    chain_chances(model, targets, values, p, own_sd, weights, mixing, cities, lone_factors, luck, out[rows:])
    return out


def city_growth(model: Model, p: SetParameters, weight: Floats, plan: Floats, trend: Floats) -> Floats:
    """Return the drift of cities, ``[C, Kc, T, N]``: what `drift.city_drift` returns, compiled."""
    d, cities = model.drift, model.with_cities
    out = np.empty((*d.plan.shape, len(weight)))
    city_growth_into(
        np.ascontiguousarray(d.plan), np.ascontiguousarray(trend[cities] - plan[cities]),
        np.ascontiguousarray(np.take_along_axis(d.cap, p.proxy, axis=1)[cities]),
        np.ascontiguousarray(weight),
        d.has_trend[cities], d.delay, d.meanwhile, d.add, out,
    )  # fmt: skip
    return out


def calm_levels(model: Model, city: Floats, alone: Floats, luck: PointLuck) -> tuple[Floats, list[Floats]]:
    """Return levels of cities without noise ``[C, Kc, T, N]``, and `shocked_factors` of lone indicators."""
    if not model.shocks:
        _, lone_factors, _ = shocked_factors(model, city[:, :0], alone, luck)
        levels_in_place(np.ascontiguousarray(model.base), city)
        return city, lone_factors
    factors, lone_factors, _ = shocked_factors(model, city, alone, luck)
    for column, factor in enumerate(factors):
        np.cumprod(np.broadcast_to(factor[..., 0], city[:, column].shape), axis=1, out=city[:, column])
        city[:, column] *= model.base[:, column, None, None]
    return city, lone_factors


def mixing_of(model: Model, luck: PointLuck) -> tuple[Floats, Floats]:
    """Return the province's mixing variables ``[1 + T, N]``, of the common drift, then of every year, and
    those of the cities ``[C, T, N]``.
    """
    years = model.years.labels
    sources = [Source("mixing:common"), *(Source("mixing:year", year=y) for y in years)]
    sources += [Source("mixing:city", area, year=y) for area in model.cities.labels for y in years]
    scales = luck.normals(tuple(sources))
    scales_of_normals(*scale_table(model.noise.dof), scales.reshape(-1))
    province = len(years) + 1
    return scales[:province], scales[province:].reshape(-1, len(years), luck.count)


def city_totals(
    model: Model,
    p: SetParameters,
    weights: Floats,
    calm: Floats,
    targets: PointTargets,
    scales: Floats,
    first: int,
) -> tuple[Floats, Floats, Floats]:
    """Return sums of city levels where needed ``[Kc, T, N]``, s^2 of cities ``[C, T, N]``, and the noise
    of the cities' part of levels that are targets, ``[place, 2 C, N]``.
    """
    names = Axis("indicator", tuple(model.indicators.labels[k] for k in model.with_cities))
    noise, cities = model.noise, model.with_cities
    _, terms = city_streams(model.seed, model.cities, names, noise.factors, model.years.labels)
    load = np.ascontiguousarray(noise.load_city[cities])
    total = np.empty((len(cities), *calm.shape[2:]))
    squares = np.empty((len(model.cities), *calm.shape[2:]))
    parts = np.empty((max(len(targets.places), 1), 2 * len(model.cities), calm.shape[3]))
    city_totals_into(
        scales, terms, first, load,
        np.sqrt(np.maximum(1.0 - np.sum(load**2, axis=1), 0.0)),
        np.ascontiguousarray(p.city_sd), np.ascontiguousarray(p.city_tau),
        np.ascontiguousarray(weights[:, :, cities]), calm, targets.needed, targets.slots, total, squares,
        parts,
    )  # fmt: skip
    return total, squares, parts


def city_chances(
    model: Model,
    targets: PointTargets,
    p: SetParameters,
    own_sd: Floats,
    weights: Floats,
    mixing: Floats,
    squares: Floats,
    calm: Floats,
    luck: PointLuck,
    out: Floats,
) -> None:
    """Set *out* ``[row, N]`` to the chances of the targets of cities."""
    if not len(out):
        return
    cities, years = model.with_cities, np.arange(1.0, len(model.years) + 1.0)
    lasting = (mixing[0] * p.common_sd[cities]) ** 2 + own_sd[cities] ** 2
    yearly = np.einsum("tukn,un->ktn", weights[:, :, cities] ** 2, mixing[1:] ** 2)
    shared = years[:, None] ** 2 * lasting[:, None] + p.year_sd[cities][:, None] ** 2 * yearly
    city_chances_into(
        normal_table(), targets.cells, targets.cell_bounds, targets.nodes, squares,
        np.ascontiguousarray(p.city_sd), np.ascontiguousarray(p.city_tau),
        np.ascontiguousarray(weights[:, :, cities]), calm, shared, luck.normals(targets.cell_sources), out,
    )  # fmt: skip


def chain_chances(
    model: Model,
    targets: PointTargets,
    values: Floats,
    p: SetParameters,
    own_sd: Floats,
    weights: Floats,
    mixing: Floats,
    cities: tuple[Floats, Floats, Floats, Floats],
    lone_factors: list[Floats],
    luck: PointLuck,
    out: Floats,
) -> None:
    """Set *out* ``[row + 1, N]`` to the chances of the province's targets, and of all of them."""
    k, t = targets.pairs[:, 0], targets.pairs[:, 1]
    yearly = weights[t][:, :, :].swapaxes(1, 2)[np.arange(len(k)), k] * p.year_sd[k][:, None] * mixing[1:]
    lone = {int(k): _lone_level(model, int(k), f) for k, f in zip(model.alone, lone_factors, strict=True)}
    material = targets.material(model, values, cities[0], cities[1], lone, luck.normals)
    chain_into(
        normal_table(), targets.pairs, targets.mix, targets.back, targets.mixed, targets.correlations,
        targets.ratio_variance, mixing[0] ** 2,
        np.ascontiguousarray(np.stack([p.common_sd, own_sd]).transpose(2, 0, 1)),
        np.ascontiguousarray(yearly.transpose(2, 0, 1)),
        np.ascontiguousarray(luck.normals(targets.pair_sources).T),
        targets.chain, targets.flows, targets.chain_bounds, *material,
        *cities[2:], out[:-1], out[-1],
    )  # fmt: skip


def _lone_level(model: Model, k: int, factor: Floats) -> Floats:
    """Return the calm log level (logit of a rate) of an indicator without cities, ``[T, N]``."""
    growth = factor[..., 0]
    if model.is_rate[k]:
        return np.asarray(model.base_province[k] + np.cumsum(growth, axis=0))
    return np.asarray(np.log(model.base_province[k]) + np.cumsum(np.log(growth), axis=0))
