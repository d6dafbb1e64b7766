"""How province-wide noise of indicators and years moves together, given the mixing variables."""

from __future__ import annotations

from sim.axes import Floats
from sim.engine.noise import BlockNoise
from sim.kernels import conditional
from sim.model.model import Model


def covariance_of(
    model: Model, pair: tuple[int, int], years: tuple[int, int], noise: BlockNoise, own_sd: Floats
) -> Floats:
    """Return the covariance of the accumulated province-wide noise of two indicators, ``[S, D]``.

    *own_sd* ``[K, S]`` is that of the persistent own part.
    """
    load = model.noise

    def correlation(loads: Floats) -> float:
        return 1.0 if pair[0] == pair[1] else float(loads[pair[0]] @ loads[pair[1]])

    p = noise.parameters
    persistent = conditional.persistent_covariance(
        (p.common_sd[pair[0]][:, None], p.common_sd[pair[1]][:, None]),
        (own_sd[pair[0]][:, None], own_sd[pair[1]][:, None]),
        (correlation(load.load_common), correlation(load.load_province)),
        noise.common_mixing,
    )
    weights = (noise.weights[years[0], :, pair[0]], noise.weights[years[1], :, pair[1]])
    yearly = conditional.yearly_covariance(
        weights, (p.year_sd[pair[0]][:, None], p.year_sd[pair[1]][:, None]), noise.mixing
    )
    spans = (years[0] + 1.0) * (years[1] + 1.0)
    return spans * persistent + correlation(load.load_year) * yearly
