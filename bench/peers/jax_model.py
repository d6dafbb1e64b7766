"""The Gaussian job in JAX, compiled for this processor: float64, 4,096 draws a call, moments and hits.

As someone who knows JAX would write it: one compiled function of a key and of the parameters of a set.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from bench.peers.plain_numpy import Analyst
from sim.model.model import NONE, Model, RatioModel, StockModel
from sim.streams import BLOCK, SETS

jax.config.update("jax_enable_x64", True)


def terms(key: Any, load: Any, shape: tuple[int, ...]) -> Any:
    """Return unit-variance terms ``[K, *shape, draw]``; *load* ``[K, F]``."""
    one, other = jax.random.split(key)
    own = jnp.sqrt(jnp.maximum(1.0 - (load**2).sum(axis=1), 0.0)).reshape(-1, *[1] * (len(shape) + 1))
    common = jax.random.normal(one, (load.shape[1], *shape, BLOCK))
    unit = jax.random.normal(other, (len(load), *shape, BLOCK))
    return own * unit + jnp.tensordot(load, common, axes=1)


def autoregression(unit: Any, phi: Any, sd: Any) -> Any:
    """Return an AR(1) from its stationary law; *unit* ``[..., T, draw]``."""
    steps = [sd * unit[..., 0, :]]
    for t in range(1, unit.shape[-2]):
        steps.append(phi * steps[-1] + sd * jnp.sqrt(1.0 - phi**2) * unit[..., t, :])
    return jnp.stack(steps, axis=-2)


class JaxAnalyst:
    """What the rival in plain NumPy does, of the Gaussian job."""

    def __init__(self, model: Model) -> None:
        self.model, self.known = model, Analyst(model)
        self.step = jax.jit(self.draws)

    def sets(self, s: int) -> dict[str, np.ndarray]:
        """Return the parameters of set *s*."""
        a, p, cities = self.known, self.known.p, self.model.with_cities
        weights = a.weights[:, :, cities, s]
        sd, tau = p.city_sd[:, :, s].T, p.city_tau[:, :, s].T
        years = np.arange(1.0, len(self.model.years) + 1.0)
        half = 0.5 * ((years**2) * tau[..., None] ** 2 + sd[..., None] ** 2 * weights.sum(axis=1).T[:, None])
        return {
            "common_sd": p.common_sd[:, s], "own_sd": a.own_sd[:, s], "year_sd": p.year_sd[:, s],
            "phi": p.phi[:, s], "sd": sd, "tau": tau, "alone": a.alone[:, :, s],
            "calm": a.calm[:, :, :, s].transpose(1, 0, 2) - half,
        }  # fmt: skip

    @partial(jax.jit, static_argnums=0)
    def draws(self, key: Any, p: dict[str, Any]) -> tuple[Any, ...]:
        """Return sums and squares of all cells, and hits."""
        model, noise = self.model, self.model.noise
        keys = jax.random.split(key, 6)
        years, count = len(model.years), len(model.cities)
        constant = p["common_sd"][:, None] * terms(keys[0], noise.load_common, ())
        constant += p["own_sd"][:, None] * terms(keys[1], noise.load_province, ())
        yearly = terms(keys[2], noise.load_year, (years,))
        yearly = autoregression(yearly, p["phi"][:, None], p["year_sd"][:, None])
        shared = jnp.cumsum(yearly + constant[:, None], axis=1)
        cities = model.with_cities
        load = noise.load_city[cities]
        log = autoregression(
            terms(keys[3], load, (count, years)), p["phi"][cities][:, None, None], p["sd"][..., None]
        )
        log += (p["tau"][..., None] * terms(keys[4], load, (count,)))[:, :, None]
        level = jnp.exp(jnp.cumsum(log, axis=2) + p["calm"][..., None] + shared[cities][:, None])
        ratio = noise.ratio_sd[:, None] * jax.random.normal(keys[5], (len(cities), BLOCK))
        q: list[Any] = [None] * len(model.quantities)
        for column, k in enumerate(cities):
            q[k] = jnp.exp(ratio[column] + model.log_ratio[column][:, None]) * level[column].sum(axis=0)
        for position, k in enumerate(model.alone):
            x = p["alone"][position][:, None] + shared[k]
            q[k] = 100.0 / (1.0 + jnp.exp(-x)) if model.is_rate[k] else jnp.exp(x)
        self.derive(q)
        province = jnp.stack(q)
        hits = jnp.stack([self.hit(target, level, q) for target in model.targets])
        moments = (level.sum(axis=-1), (level**2).sum(axis=-1), province.sum(axis=-1))
        return (*moments, (province**2).sum(axis=-1), hits)

    def derive(self, q: list[Any]) -> None:
        """Fill the derived quantities of *q*."""
        for row, derived in enumerate(self.model.derived, start=len(self.model.indicators)):
            if isinstance(derived, StockModel):
                stock, steps = self.known.values[derived.base_row, 0], []
                for t in range(len(self.model.years)):
                    stock = stock * (1.0 - self.known.values[derived.exit_row, 0]) + q[derived.inflow][t]
                    steps.append(stock)
                q[row] = jnp.stack(steps)
            elif isinstance(derived, RatioModel):
                below = q[derived.denominator]
                if derived.lag:
                    start = jnp.full((derived.lag, BLOCK), self.known.base(derived.denominator, 0))
                    below = jnp.concatenate([start, below[: -derived.lag]])
                q[row] = q[derived.numerator] / below * derived.factor

    def hit(self, target: Any, level: Any, q: list[Any]) -> Any:
        """Return how many draws hit *target*."""
        model = self.model
        series = q[target.quantity]
        if target.city != NONE:
            series = level[list(model.with_cities).index(target.quantity), target.city]
        value = series[target.year]
        if target.form in ("mean_growth", "mean_of_rates"):
            base, years = self.known.base(target.quantity, 0), target.year + 1
            if target.form == "mean_growth":
                value = (value / base) ** (1.0 / years) - 1.0
            else:
                before = jnp.concatenate([jnp.full((1, BLOCK), base), series[:-1]])
                value = (series / before - 1.0)[:years].mean(axis=0)
        elif target.form == "sum":
            value = series[: target.year + 1].sum(axis=0)
        return jnp.sum((value >= target.lower) & (value <= target.upper))


def worked(analyst: JaxAnalyst, blocks: int) -> list[np.ndarray]:
    """Return the totals of *blocks* calls."""
    totals: list[np.ndarray] = []
    for n in range(blocks):
        parts = [np.asarray(part) for part in analyst.step(jax.random.key(n), analyst.sets(n % SETS))]
        totals = [a + b for a, b in zip(totals, parts, strict=True)] if totals else parts
    return totals
