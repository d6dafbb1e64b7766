"""The shipped model as a competent analyst would write it in plain NumPy: the rival to beat.

float64, one set of parameters (256 draws) or a few at a time so that arrays stay in cache, SFC64
normals, `tensordot` for the loadings, draws last, work done in place; no named streams, grids or
conditional chances. Its parameters are those of the engine's first block, made before the clock
starts, so that both do the same sums.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.engine.drift import drift_of_sets
from sim.engine.noise import SetParameters, set_parameters
from sim.kernels.reference import MIXING_CAP, accumulation_weights
from sim.model.model import NONE, Model, OutputModel, StockModel
from sim.model.parameters import drawn_parameters
from sim.streams import SET, SETS

Floats = NDArray[np.float64]


@dataclass
class Totals:
    """Sums and sums of squares of every cell of cities and province; hits of every target."""

    city: Floats
    city_squares: Floats
    province: Floats
    province_squares: Floats
    hits: NDArray[np.int64]


class Analyst:
    """Everything that is worked out once, before the first draw."""

    def __init__(self, model: Model, seed: int = 1, moments: bool = True) -> None:
        self.model, self.rng = model, np.random.Generator(np.random.SFC64(seed))
        self.moments = moments
        self.values = drawn_parameters(model.parameters, model.seed, model.drawn, 0, SETS)
        self.p: SetParameters = set_parameters(model, self.values, 0)
        city, alone, gap = drift_of_sets(model, self.values, self.p)
        factors = np.maximum(1.0 + city, 0.01)
        self.calm = np.log(model.base[:, :, None, None]) + np.cumsum(np.log(factors), axis=2)
        rate = model.is_rate[model.alone][:, None, None]
        base = model.base_province[model.alone]
        start = np.where(model.is_rate[model.alone], base, np.log(np.maximum(base, 1e-300)))
        self.alone = start[:, None, None] + np.cumsum(np.where(rate, alone, np.log1p(alone)), axis=1)
        self.own_sd = np.sqrt(self.p.own_sd**2 + gap)
        self.weights = accumulation_weights(self.p.phi, len(model.years)) ** 2
        self.fat = np.isfinite(model.noise.dof)
        self.kept, self.lowest = self._cap(model.noise.dof) if self.fat else (1.0, 0.0)
        shape = (len(model.with_cities), len(model.cities), len(model.years))
        whole = (len(model.quantities), len(model.years))
        self.totals = Totals(
            np.zeros(shape), np.zeros(shape), np.zeros(whole), np.zeros(whole),
            np.zeros(len(model.targets), dtype=np.int64),
        )  # fmt: skip

    @staticmethod
    def _cap(dof: float) -> tuple[float, float]:
        from scipy.special import chdtrc, chdtri

        lowest = float(chdtri(dof, MIXING_CAP))
        return float(chdtrc(dof - 2, lowest) + (dof - 2) / lowest * (1 - MIXING_CAP)), lowest

    def terms(self, load: Floats, shape: tuple[int, ...], draws: int) -> Floats:
        """Return unit-variance terms ``[K, *shape, draw]``; *load* ``[K, F]``."""
        own = np.sqrt(np.maximum(1.0 - (load**2).sum(axis=1), 0.0))
        unit = self.rng.standard_normal((len(load), *shape, draws))
        unit *= own.reshape(-1, *[1] * (len(shape) + 1))
        unit += np.tensordot(load, self.rng.standard_normal((load.shape[1], *shape, draws)), axes=1)
        return unit

    def mixing(self, shape: tuple[int, ...]) -> Floats | float:
        """Return the mixing variable; one where tails are normal."""
        if not self.fat:
            return 1.0
        dof = self.model.noise.dof
        chi2 = np.maximum(self.rng.chisquare(dof, shape), self.lowest)
        return np.sqrt((dof - 2.0) / self.kept / chi2)

    def shared(self, s: int, draws: int) -> Floats:
        """Return the accumulated province-wide noise ``[K, T, draw]``."""
        noise, p, years = self.model.noise, self.p, len(self.model.years)
        constant = self.terms(noise.load_common, (), draws)
        constant *= p.common_sd[:, s, None] * self.mixing((draws,))
        constant += self.own_sd[:, s, None] * self.terms(noise.load_province, (), draws)
        yearly = self.terms(noise.load_year, (years,), draws)
        yearly *= self.mixing((years, draws))
        self.autoregress(yearly, p.phi[:, s, None], p.year_sd[:, s, None])
        yearly += constant[:, None]
        return np.cumsum(yearly, axis=1, out=yearly)

    @staticmethod
    def autoregress(unit: Floats, phi: Floats, sd: Floats) -> None:
        """Turn innovations ``[K, ..., T, draw]`` into an AR(1) from its stationary law, in place."""
        unit[..., 0, :] *= sd
        innovation = sd * np.sqrt(1.0 - phi**2)
        for t in range(1, unit.shape[-2]):
            unit[..., t, :] *= innovation
            unit[..., t, :] += phi * unit[..., t - 1, :]

    def cities(self, s: int, draws: int) -> Floats:
        """Return log levels of cities without the province-wide noise, ``[Kc, C, T, draw]``."""
        model, p, cities = self.model, self.p, self.model.with_cities
        noise, years, count = model.noise, len(model.years), len(model.cities)
        load = noise.load_city[cities]
        sd, tau = p.city_sd[:, :, s].T, p.city_tau[:, :, s].T
        scale = self.mixing((count, years, draws))
        log = self.terms(load, (count, years), draws)
        log *= scale
        self.autoregress(log, p.phi[cities, s][:, None, None], sd[..., None])
        log += (tau[..., None] * self.terms(load, (count,), draws))[:, :, None]
        np.cumsum(log, axis=2, out=log)
        log += self.calm[:, :, :, s].transpose(1, 0, 2)[..., None]
        weights = self.weights[:, :, cities, s]  # [t, u, k]
        log -= 0.5 * ((np.arange(1.0, years + 1.0) ** 2) * tau[..., None] ** 2)[..., None]
        if self.fat:
            squares = (np.asarray(scale) ** 2).transpose(1, 0, 2).reshape(years, -1)
            for k in range(len(cities)):
                part = (weights[:, :, k] @ squares).reshape(years, count, draws).transpose(1, 0, 2)
                part *= 0.5 * sd[k][:, None, None] ** 2
                log[k] -= part
        else:
            log -= 0.5 * (sd[..., None] ** 2 * weights.sum(axis=1).T[:, None])[..., None]
        return log

    def work(self, s: int, draws: int = SET) -> None:
        """Work *draws* draws with the parameters of set *s*, into the totals."""
        model, totals = self.model, self.totals
        shared = self.shared(s, draws)
        level = self.cities(s, draws)
        level += shared[model.with_cities][:, None]
        np.exp(level, out=level)
        ratio = self.model.noise.ratio_sd[:, None] * self.rng.standard_normal((len(level), draws))
        ratio = ratio[:, None] + model.log_ratio[:, :, None]
        q = np.empty((len(model.quantities), len(model.years), draws))
        for column, k in enumerate(model.with_cities):
            if model.is_count[k]:
                level[column] = self.rng.poisson(level[column])
                total = level[column].sum(axis=0)
                q[k] = total + np.rint(np.expm1(ratio[column]) * total)
            else:
                q[k] = np.exp(ratio[column]) * level[column].sum(axis=0)
        for position, k in enumerate(model.alone):
            x = self.alone[position, :, s, None] + shared[k]
            q[k] = 100.0 / (1.0 + np.exp(-x)) if model.is_rate[k] else np.exp(x)
        self.derive(q, s)
        if self.moments:
            totals.city += level.sum(axis=-1)
            totals.city_squares += np.einsum("kctd,kctd->kct", level, level)
            totals.province += q.sum(axis=-1)
            totals.province_squares += np.einsum("qtd,qtd->qt", q, q)
        self.count(level, q, s)

    def base(self, quantity: int, s: int) -> float:
        """Return the base-year value of an indicator or a stock."""
        model, count = self.model, len(self.model.indicators)
        if quantity < count:
            return float(model.base_province[quantity])
        derived = model.derived[quantity - count]
        assert isinstance(derived, StockModel)
        return float(self.values[derived.base_row, s])

    def derive(self, q: Floats, s: int) -> None:
        """Fill the derived quantities of *q*."""
        model = self.model
        for row, derived in enumerate(model.derived, start=len(model.indicators)):
            if isinstance(derived, StockModel):
                stock, stay = self.values[derived.base_row, s], 1.0 - self.values[derived.exit_row, s]
                for t in range(q.shape[1]):
                    stock = stock * stay + q[derived.inflow, t]
                    q[row, t] = stock
                continue
            if isinstance(derived, OutputModel):  # a pipeline's own simulation: not this rival's job
                q[row] = 0.0
                continue
            below = q[derived.denominator]
            if derived.lag:
                below = np.roll(below, derived.lag, axis=0)
                below[: derived.lag] = self.base(derived.denominator, s)
            np.divide(q[derived.numerator], below, out=q[row])
            q[row] *= derived.factor

    def count(self, level: Floats, q: Floats, s: int) -> None:
        """Count hits of every target; those of cities that are one threshold a cell at once."""
        model, hits = self.model, self.totals.hits
        for n, target in enumerate(model.targets):
            if target.city != NONE:
                series = level[list(model.with_cities).index(target.quantity), target.city]
            else:
                series = q[target.quantity]
            value = series[target.year]
            if target.form in ("mean_growth", "mean_of_rates"):
                base, years = self.base(target.quantity, s), target.year + 1
                if target.form == "mean_growth":
                    value = (value / base) ** (1.0 / years) - 1.0
                else:
                    before = np.concatenate([np.full((1, series.shape[1]), base), series[:-1]])
                    value = (series / before - 1.0)[:years].mean(axis=0)
            elif target.form == "sum":
                value = series[: target.year + 1].sum(axis=0)
            hits[n] += np.count_nonzero((value >= target.lower) & (value <= target.upper))


def worked(model: Model, chunks: int, draws: int = SET, seed: int = 1, moments: bool = True) -> Totals:
    """Return the totals of *chunks* chunks of *draws* draws each; without *moments* it counts hits alone."""
    analyst = Analyst(model, seed, moments)
    for n in range(chunks):
        analyst.work(n % SETS, draws)
    return analyst.totals
