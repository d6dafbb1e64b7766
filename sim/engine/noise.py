"""The noise of a block: the model's noise equations on the block's random numbers."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.axes import Axis, Floats, Ints
from sim.engine.luck import PROVINCE, Luck, has_table, term_sources
from sim.kernels import reference as kernel
from sim.kernels.philox import Words
from sim.kernels.province import autoregression_into, terms_into
from sim.kernels.tails import scale_table
from sim.model.model import NONE, SERIES_FIELDS, Model
from sim.model.parameters import proxies_of_sets
from sim.streams import SETS, Source, streams


@dataclass(frozen=True, slots=True, eq=False)
class SetParameters:
    """What a set of draws shares, after the choice of a proxy: ``[K, set]`` each.

    *own_sd* (of o: tau less what trend has used of it) and *year_sd* (of p) are the province-wide parts,
    *city_tau* and *city_sd* ``[C, Kc, set]`` those of cities.
    """

    mu: Floats
    own: Floats
    lam: Floats
    damp: Floats
    phi: Floats
    last: Floats
    common_sd: Floats
    own_sd: Floats
    year_sd: Floats
    city_tau: Floats
    city_sd: Floats
    proxy: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class BlockNoise:
    """Noise terms of a block, ``S`` sets of ``D`` draws.

    *common* is n and *own_unit* the unit term of o, of which *own_direction* is the normal that no
    other indicator shares, ``[K, S, D]``; *yearly* is p ``[K, T, S, D]``;
    *city* is the factor ``exp`` of the accumulated noise of cities ``[C, Kc, T, S, D]`` (of none, where
    levels are to be made on the way, by `engine.cities`, which then sets their mixing) and
    *city_mixing* their s ``[C, T, S, D]``; *columns* are the indicators that have cities; *ratio* is
    the draw added to the log ratio ``[Kc, S, D]``; *mixing* is s of the province ``[T, S, D]`` and
    *common_mixing* that of n ``[S, D]``.
    """

    parameters: SetParameters
    common: Floats
    own_unit: Floats
    own_direction: Floats
    yearly: Floats
    city: Floats
    city_mixing: Floats
    columns: Ints
    ratio: Floats
    mixing: Floats
    common_mixing: Floats
    weights: Floats

    @property
    def city_variance(self) -> Floats:
        """The variance of the log of *city* given the mixing, ``[C, Kc, T, S, D]``."""
        weights, p = self.weights[:, :, self.columns], self.parameters
        terms = zip(p.city_tau, p.city_sd, self.city_mixing, strict=True)
        rows = [
            kernel.accumulated_variance(tau[..., None], sd[..., None], weights, mixing)
            for tau, sd, mixing in terms
        ]
        return np.stack(rows) if rows else np.empty((0, *self.city.shape[1:]))

    def variance_of_city(self, city: int, column: int, year: int) -> Floats:
        """Return `city_variance` of one cell, ``[S, D]``."""
        p, k = self.parameters, self.columns[column]
        yearly = np.zeros(self.city_mixing.shape[2:])
        for u in range(year + 1):
            yearly += self.weights[year, u, k] ** 2 * self.city_mixing[city, u] ** 2
        persistent = (year + 1.0) ** 2 * p.city_tau[city, column] ** 2
        variance: Floats = persistent[:, None] + p.city_sd[city, column][:, None] ** 2 * yearly
        return variance


def set_parameters(model: Model, values: Floats, block: int) -> SetParameters:
    """Return the parameters of the sets of *block* and later; *values* ``[parameter, set]``."""
    noise = model.noise
    first, count_of_sets = block * SETS, values.shape[1]
    proxy = np.stack(
        [
            proxies_of_sets(model.seed, name, int(count), first, count_of_sets, model.design)
            for name, count in zip(model.indicators.labels, noise.proxies, strict=True)
        ]
    )
    sets = np.arange(count_of_sets)

    def field(name: str) -> Floats:
        rows = noise.series_rows[:, :, SERIES_FIELDS.index(name)]
        chosen = np.take_along_axis(rows, proxy, axis=1)
        return values[chosen, sets]

    sd, tau, slope, year = field("sd"), field("tau"), field("slope"), field("year_sd")
    cities = model.with_cities
    scale = kernel.city_scale(noise.relative_size[:, :, None], slope[cities])
    shares = noise.shares[:, :, None]
    factor = values[noise.factor_rows[cities]] * noise.city_scale
    common_sd, own_sd = sd.copy(), tau.copy()
    common_sd[cities], city_sd = kernel.province_and_city_sd(sd[cities], shares, scale)
    own_sd[cities], city_tau = kernel.province_and_city_sd(tau[cities], shares, scale)
    lam, damp, phi = field("lam"), field("damp"), field("phi")
    known = np.take_along_axis(model.drift.known, proxy, axis=1)
    share = kernel.unexplained_share(lam, damp, phi, sd, tau, known, len(model.years))
    left = np.sqrt(1.0 - trend_weight(model, values) * (1.0 - share))
    has_common = (noise.common_rows != NONE)[:, None]
    return SetParameters(
        mu=field("mu"),
        own=field("own"),
        lam=lam,
        damp=damp,
        phi=phi,
        last=field("last_year_effect"),
        common_sd=np.where(has_common, values[noise.common_rows], 0.0) * noise.province_scale,
        own_sd=own_sd * left * noise.province_scale,
        year_sd=np.sqrt(year**2 + common_sd**2) * noise.province_scale,
        city_tau=city_tau * factor,
        city_sd=city_sd * factor,
        proxy=proxy,
    )


def trend_weight(model: Model, values: Floats) -> Floats:
    """Return how far the own growth of the province, shrunk, stands behind the drift, ``[K, set]``.

    Nothing of it where the plan is followed or there is no trend; rates have no class to shrink towards.
    """
    d = model.drift
    plan = values[d.weight_row] if d.weight_row != NONE else np.full(values.shape[1], d.weight)
    weight = np.where(d.trend_only[:, None], 1.0, 1.0 - plan)
    return np.where((d.has_trend & ~model.is_rate)[:, None], weight, 0.0)


def block_noise(
    model: Model, parameters: SetParameters, luck: Luck, city_years: int | None = None, cities: bool = True
) -> BlockNoise:
    """Return the noise of a block (section 4); that of cities in the first *city_years* alone, if given.

    Unless *cities*, that of cities is left to be made with their levels.
    """
    noise, names, years = model.noise, model.indicators, model.years.labels
    common_mixing = luck.mixing(Source("mixing:common"), noise.dof)
    mixing = np.stack([luck.mixing(Source("mixing:year", year=y), noise.dof) for y in years])
    own_direction = luck.terms("province", names, noise.factors)[1]
    compiled = luck.compiled and has_table(noise.dof)
    p = parameters
    common, own_unit, yearly = (compiled_province_noise if compiled else province_noise)(
        model, p, luck, common_mixing, mixing
    )
    if compiled and not cities:
        city = np.empty((0, len(model.with_cities), len(years), *luck.shape))
        city_mixing = np.empty((len(model.cities), len(years), *luck.shape))
    else:
        cities_of = compiled_cities_noise if compiled else cities_noise
        city, city_mixing = cities_of(model, p, luck, years[:city_years])
    ratio = np.empty((len(model.with_cities), *luck.shape))
    for column, k in enumerate(model.with_cities):
        ratio[column] = luck.normal(Source("ratio", indicator=names.labels[k]))
    return BlockNoise(
        parameters=p,
        common=common,
        own_unit=own_unit,
        own_direction=own_direction,
        yearly=yearly,
        city=city,
        city_mixing=city_mixing,
        columns=model.with_cities,
        ratio=noise.ratio_sd[:, None, None] * ratio,
        mixing=mixing,
        common_mixing=common_mixing,
        weights=kernel.accumulation_weights(p.phi, len(years))[..., None],
    )


def province_noise(
    model: Model, p: SetParameters, luck: Luck, common_mixing: Floats, mixing: Floats
) -> tuple[Floats, Floats, Floats]:
    """Return n and the unit term of o, ``[K, S, D]``, and p ``[K, T, S, D]``."""
    noise, names, years = model.noise, model.indicators, model.years.labels
    common_unit = kernel.unit_term(noise.load_common, *luck.terms("common", names, noise.factors))
    own_unit = kernel.unit_term(noise.load_province, *luck.terms("province", names, noise.factors))
    year_unit = np.stack(
        [kernel.unit_term(noise.load_year, *luck.terms("year", names, noise.factors, year=y)) for y in years],
        axis=1,
    )
    yearly = kernel.autoregression(p.phi[..., None], p.year_sd[..., None], mixing, year_unit)
    return p.common_sd[..., None] * common_mixing * common_unit, own_unit, yearly


def compiled_province_noise(
    model: Model, p: SetParameters, luck: Luck, common_mixing: Floats, mixing: Floats
) -> tuple[Floats, Floats, Floats]:
    """Return what `province_noise` returns, from the compiled kernels."""
    noise, names = model.noise, model.indicators
    one, ones = np.ones((len(names), luck.sets)), np.ones(luck.shape)

    def terms(name: str, year: str, load: Floats, sd: Floats, scale: Floats, out: Floats) -> Floats:
        normals = luck.normals(term_sources(name, names, noise.factors, PROVINCE, year))
        own_share = np.sqrt(np.maximum(1.0 - np.sum(load**2, axis=1), 0.0))
        terms_into(normals, np.ascontiguousarray(load), own_share, sd, np.ascontiguousarray(scale), out)
        return out

    shape = (len(names), *luck.shape)
    common = terms("common", "", noise.load_common, p.common_sd, common_mixing, np.empty(shape))
    own_unit = terms("province", "", noise.load_province, one, ones, np.empty(shape))
    yearly = np.empty((len(names), len(model.years), *luck.shape))
    for t, year in enumerate(model.years.labels):
        yearly[:, t] = terms("year", year, noise.load_year, p.year_sd, mixing[t], np.empty(shape))
    autoregression_into(np.ascontiguousarray(p.phi), yearly)
    return common, own_unit, yearly


def cities_noise(
    model: Model, p: SetParameters, luck: Luck, years: tuple[str, ...]
) -> tuple[Floats, Floats]:
    """Return ``exp`` of the accumulated noise of cities ``[C, Kc, T, S, D]`` and their s ``[C, T, S, D]``, T
    the first *years*.
    """
    noise, names = model.noise, names_with_cities(model)
    load = noise.load_city[model.with_cities]
    phi = p.phi[model.with_cities][..., None]
    weights = kernel.accumulation_weights(p.phi[model.with_cities], len(years))[..., None]
    city = np.empty((len(model.cities), len(names), len(years), *luck.shape))
    mixing = np.empty((len(model.cities), len(years), *luck.shape))
    for c, area in enumerate(model.cities.labels if names.labels else ()):
        for t, y in enumerate(years):
            mixing[c, t] = luck.mixing(Source("mixing:city", area, year=y), noise.dof)
        terms = [luck.narrow_terms("city", names, noise.factors, area, y) for y in years]
        unit = np.stack([kernel.unit_term(load, *term) for term in terms], axis=1)
        persistent = kernel.unit_term(load, *luck.narrow_terms("city:drift", names, noise.factors, area))
        sd, tau = p.city_sd[c][..., None], p.city_tau[c][..., None]
        variance = kernel.accumulated_variance(tau, sd, weights, mixing[c])
        yearly = kernel.autoregression(phi, sd, mixing[c], unit)
        np.exp(kernel.city_noise(tau * persistent, yearly, variance), out=city[c])
    return city, mixing


def compiled_cities_noise(
    model: Model, p: SetParameters, luck: Luck, years: tuple[str, ...]
) -> tuple[Floats, Floats]:
    """Return what `cities_noise` returns, from the compiled kernel."""
    city = np.empty((len(model.cities), len(model.with_cities), len(years), *luck.shape))
    mixing = np.empty((len(model.cities), len(years), *luck.shape))
    if len(model.with_cities) > 0:
        from sim.kernels.stored_noise import noise_into  # read back only where noise is stored

        spread = spread_of_cities(model, p, len(years))
        noise_into(streams_of_cities(model, luck, years), spread, city, mixing)
    return city, mixing


def names_with_cities(model: Model) -> Axis:
    """Return the indicators that have cities."""
    return Axis("indicator", tuple(model.indicators.labels[k] for k in model.with_cities))


def streams_of_cities(model: Model, luck: Luck, years: tuple[str, ...]) -> tuple[Any, ...]:
    """Return where the noise of cities comes from, as `kernels.compiled.STREAMS` says."""
    noise = model.noise
    mixing, terms = city_streams(luck.seed, model.cities, names_with_cities(model), noise.factors, years)
    load = np.ascontiguousarray(noise.load_city[model.with_cities])
    own_share = np.sqrt(np.maximum(1.0 - np.sum(load**2, axis=1), 0.0))
    return mixing, terms, luck.first, *scale_table(noise.dof), load, own_share


def spread_of_cities(model: Model, p: SetParameters, years: int) -> tuple[Any, ...]:
    """Return how far the noise of cities moves, as `kernels.compiled.SPREAD` says."""
    phi = np.ascontiguousarray(p.phi[model.with_cities])
    sd, tau = np.ascontiguousarray(p.city_sd), np.ascontiguousarray(p.city_tau)
    return phi, sd, tau, kernel.accumulation_weights(phi, years), bool(np.isinf(model.noise.dof))


@functools.lru_cache(maxsize=64)
def city_streams(
    seed: int, cities: Axis, names: Axis, factors: tuple[str, ...], years: tuple[str, ...]
) -> tuple[Words, Words]:
    """Return the streams of the cities' mixing ``[C, T, 4]`` and terms ``[C, T + 1, F + K, 4]``.

    The last of the terms' years is that of what is constant. The same for every block, so made once.
    """
    mixing: list[Source] = []
    terms: list[Source] = []
    for area in cities.labels:
        mixing += [Source("mixing:city", area, year=y) for y in years]
        for y in years:
            terms += term_sources("city", names, factors, area, y)
        terms += term_sources("city:drift", names, factors, area, "")
    return (
        streams(seed, tuple(mixing)).reshape(len(cities), len(years), 4),
        streams(seed, tuple(terms)).reshape(len(cities), len(years) + 1, len(factors) + len(names), 4),
    )
