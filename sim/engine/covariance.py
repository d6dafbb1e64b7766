"""How province-wide noise of indicators and years moves together, given the mixing variables."""

from __future__ import annotations

import numpy as np

from sim.axes import Floats
from sim.engine.noise import BlockNoise
from sim.kernels import conditional
from sim.kernels.province import covariance_into
from sim.model.model import Model


def covariance_of(
    model: Model,
    pair: tuple[int, int],
    years: tuple[int, int],
    noise: BlockNoise,
    own_sd: Floats,
    compiled: bool,
) -> Floats:
    """Return the covariance of the accumulated province-wide noise of two indicators, ``[S, D]``.

    *own_sd* ``[K, S]`` is that of the persistent own part.
    """
    load, p, (i, j) = model.noise, noise.parameters, pair

    def correlation(loads: Floats) -> float:
        return 1.0 if i == j else float(loads[i] @ loads[j])

    common = p.common_sd[i] * p.common_sd[j] * correlation(load.load_common)
    own = own_sd[i] * own_sd[j] * correlation(load.load_province)
    weights = noise.weights[years[0], :, i, :, 0] * noise.weights[years[1], :, j, :, 0]
    yearly = weights * (p.year_sd[i] * p.year_sd[j] * correlation(load.load_year))
    spans = (years[0] + 1.0) * (years[1] + 1.0)
    if not compiled:
        return conditional.shared_covariance(noise.common_mixing, common, own, noise.mixing, yearly, spans)
    covariance = np.empty(noise.common_mixing.shape)
    covariance_into(noise.common_mixing, common, own, noise.mixing, yearly, spans, covariance)
    return covariance
