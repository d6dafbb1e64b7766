"""Draws of the growth of every unit after the origin: the model's equations on a panel (section 4).

Units share the common drift n, the year effects and the mixing variables; each has its own drift o and
its own yearly term. Spreads stand at the unit's own size. Parameters are drawn once per set of 256
draws, as in a run. All is keyed by name, so a unit's draws do not depend on which others are asked for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from sim.axes import Floats
from sim.kernels import reference as kernel
from sim.kernels.philox import normals_into
from sim.model.compile_noise import BOUNDS, SPREADS
from sim.model.parameters import Law, Parameter, value_from_uniform
from sim.streams import SET, Source, set_uniforms, streams, uniforms
from sim.studies.hindcast.origin import Origin

FIELDS = ("mu", "last_year_effect", "lam", "damp", "phi", "sd", "tau", "year_sd", "slope")
SEED = 0


@dataclass(frozen=True, slots=True)
class Variant:
    """One form of the model. *trend*: what is expected of a unit beside the class mean.

    ``shrunk``: its own growth, shrunk and damped; ``class``: nothing; ``own``: its own growth in full.
    *common* multiplies the spread of the common drift, *spread* the unit's own drift and yearly term. *last*
    is the share of the last year's shared effect that is kept from year to year; None: the persistence of
    residuals, as shipped. *whole*: the own drift is drawn with all of tau, though trend has used some of it.
    *spreads*: the law of drawn spreads.
    """

    id: str
    tails: bool = True
    common: float = 1.0
    years: bool = True
    parameters: bool = True
    trend: Literal["shrunk", "class", "own"] = "shrunk"
    spread: float = 1.0
    last: float | None = None
    whole: bool = False
    spreads: Literal["spread", "positive"] = "spread"


SHIPPED = Variant("shipped")
VARIANTS = (
    SHIPPED,
    replace(SHIPPED, id="gaussian", tails=False),
    replace(SHIPPED, id="no_common_drift", common=0.0),
    replace(SHIPPED, id="common_drift_half", common=0.5),
    replace(SHIPPED, id="no_year_effects", years=False),
    replace(SHIPPED, id="fixed_parameters", parameters=False),
    replace(SHIPPED, id="trend_of_class", trend="class"),
    replace(SHIPPED, id="trend_of_unit", trend="own"),
    replace(SHIPPED, id="spread_0.8", spread=0.8),
    replace(SHIPPED, id="spread_1.25", spread=1.25),
    replace(SHIPPED, id="last_year_kept", last=0.9),
    replace(SHIPPED, id="last_year_dropped", last=0.0),
    replace(SHIPPED, id="last_year_half", last=0.5),
    replace(SHIPPED, id="whole_own_drift", whole=True),
    replace(SHIPPED, id="spreads_keep_mean", spreads="positive"),
)


@dataclass(frozen=True, slots=True, eq=False)
class SharedDraws:
    """What all units share: parameters by field ``[series, set]``, accumulated growth of the country
    ``[series, horizon, set, draw]`` and the mixing variable ``[horizon, set, draw]``."""

    parameters: dict[str, Floats]
    country: Floats
    mixing: Floats


def _terms(level: str, origin: Origin, draws: int, area: str = "", year: str = "") -> Floats:
    """Return the unit-variance terms of a level ``[series, set, draw]``, correlated as it loads."""
    load = origin.loadings[level]
    names = (*(f"factor:{j}" for j in range(len(load))), *origin.series)
    sources = tuple(Source(f"hindcast:{level}:{origin.as_of}", area, name, year) for name in names)
    made = np.empty((len(sources), draws))
    normals_into(streams(SEED, sources), 0, made)
    normals = made.reshape(len(sources), -1, SET)
    return kernel.unit_term(load.T, normals[: len(load)], normals[len(load) :])


def _parameters(origin: Origin, variant: Variant, sets: int) -> dict[str, Floats]:
    """Return each field ``[series, set]``, and the spread of the common drift as ``common``."""
    drawn = {}
    for field in (*FIELDS, "common"):
        rows = []
        for name, group in zip(origin.series, origin.groups, strict=True):
            known = origin.fitted[name].calibration
            estimate = origin.drift[group] if field == "common" else getattr(known, field)
            low, high = BOUNDS.get(field, (-np.inf, np.inf))
            law: Law = variant.spreads if field in (*SPREADS, "common") else "normal"
            law = law if variant.parameters and estimate.se > 0.0 else "constant"
            id = f"common_drift:{group}" if field == "common" else f"{name}:{field}"
            parameter = Parameter(id, law, estimate.value, estimate.se, low, high)
            source = Source(f"hindcast:parameter:{origin.as_of}", indicator=id)
            rows.append(value_from_uniform(parameter, set_uniforms(SEED, source, 0, sets)))
        drawn[field] = np.stack(rows)
    return drawn


def shared_draws(origin: Origin, variant: Variant, draws: int) -> SharedDraws:
    """Return what all units share in *draws* draws, a multiple of 256."""
    p = _parameters(origin, variant, draws // SET)
    horizons = origin.outcome.shape[2]
    dof = origin.dof.value if variant.tails else np.inf
    years = [str(origin.as_of + h + 1) for h in range(horizons)]
    scales = [_mixing(f"mixing:{origin.as_of}", dof, draws, year) for year in years]
    mixing = np.stack(scales)
    expected = p["mu"][..., None]
    country = np.zeros((len(origin.series), horizons, draws // SET, SET))
    if variant.years:
        unit = np.stack([_terms("country", origin, draws, year=year) for year in years], axis=1)
        country += kernel.autoregression(p["phi"][..., None], p["year_sd"][..., None], mixing, unit)
    if variant.common > 0.0:
        scale = _mixing(f"mixing:common:{origin.as_of}", dof, draws)
        spread = variant.common * p["common"][..., None] * scale
        country += (spread * _terms("common", origin, draws))[:, None]
    kept = p["phi"] if variant.last is None else np.full_like(p["phi"], variant.last)
    for h in range(horizons):
        country[:, h] += expected + (kept ** (h + 1) * p["last_year_effect"])[..., None]
    return SharedDraws(p, np.cumsum(country, axis=1), mixing)


def _mixing(name: str, dof: float, draws: int, year: str = "") -> Floats:
    uniform = uniforms(SEED, Source("hindcast:" + name, year=year), 0, draws)
    return kernel.mixing(uniform.reshape(-1, SET), dof)


def unit_draws(origin: Origin, shared: SharedDraws, variant: Variant, unit: str) -> Floats:
    """Return log growth of *unit* since the origin, ``[series, horizon, draw]``.

    A series without figures of the unit up to the origin is NaN.
    """
    p = shared.parameters
    rows = origin.positions(unit)
    horizons, sets = shared.mixing.shape[:2]
    draws = sets * SET
    own, size = np.full((2, len(rows)), np.nan)
    for k, (row, name) in enumerate(zip(rows, origin.series, strict=True)):
        if row >= 0:
            panel = origin.fitted[name].panel
            own[k] = panel.growth[row] @ panel.spans / panel.spans.sum()
            size[k] = panel.log_size[row]
    scale = kernel.city_scale(np.exp(size)[:, None], p["slope"]) * variant.spread
    share, damp = _trend_kept(variant, p)
    left = _drift_left(origin, variant, p, share, damp, horizons)
    drift = (left * scale)[..., None] * _terms("province", origin, draws, unit)
    years = [str(origin.as_of + h + 1) for h in range(horizons)]
    term = np.stack([_terms("unit", origin, draws, unit, year) for year in years], axis=1)
    yearly = kernel.autoregression(p["phi"][..., None], (p["sd"] * scale)[..., None], shared.mixing, term)
    yearly += drift[:, None]
    for h in range(horizons):
        yearly[:, h] += (damp ** (h + 1) * share * (own[:, None] - p["mu"]))[..., None]
    total: Floats = np.cumsum(yearly, axis=1) + shared.country
    total[rows < 0] = np.nan
    return total.reshape(len(rows), horizons, draws)


def _trend_kept(variant: Variant, p: dict[str, Floats]) -> tuple[Floats, Floats]:
    """Return the share of the own growth that is kept and its damping a year, ``[series, set]``."""
    if variant.trend == "shrunk":
        return p["lam"], p["damp"]
    kept = 1.0 if variant.trend == "own" else 0.0
    return np.full_like(p["lam"], kept), np.ones_like(p["damp"])


def _drift_left(
    origin: Origin, variant: Variant, p: dict[str, Floats], share: Floats, damp: Floats, horizons: int
) -> Floats:
    """Return the spread of the own drift that is left around the trend, ``[series, set]``."""
    if variant.whole:
        return p["tau"]
    known = np.array([float(origin.fitted[name].panel.spans.sum()) for name in origin.series])[:, None]
    left = kernel.unexplained_share(share, damp, p["phi"], p["sd"], p["tau"], known, horizons)
    return np.asarray(p["tau"] * np.sqrt(left))
