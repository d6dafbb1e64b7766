"""What a block is conditioned with: its draws as simulated, its actuals, its levels without noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim.axes import Floats
from sim.engine.actual_rows import Plan, Row, plan_of, source_of, values_of
from sim.engine.luck import Luck
from sim.engine.noise import BlockNoise
from sim.model.model import Model
from sim.model.observed import ObservedModel

Calm = tuple[Sequence[Floats], Sequence[Floats]]
"""Levels without noise: of cities ``[C, T, S, 1 or D]`` by indicator with cities, and on the scale on which
they move (log or logit) of lone indicators ``[T, S, 1 or D]``."""


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A block's draws in one axis, ``N = S D``.

    *compiled*: whether compiled kernels work it, or plain NumPy, their oracle.
    *shared* ``[K, T, N]`` is the accumulated province-wide noise, *city* ``[C, Kc, T, N]`` the factor of
    cities, *ratio* ``[Kc, N]`` the draw added to the log ratio; *values* ``[row, N]`` and *normals*
    ``[row, N]`` are of the observed cells, the latter what their errors are drawn from.
    """

    model: Model
    observed: ObservedModel
    plan: Plan
    noise: BlockNoise
    own_sd: Floats
    calm: Calm
    shared: Floats
    city: Floats
    ratio: Floats
    values: Floats
    normals: Floats
    compiled: bool

    @property
    def years(self) -> int:
        """The years from the first on that the case speaks of."""
        return int(self.shared.shape[1])

    @property
    def draws(self) -> int:
        return int(self.shared.shape[-1])

    def column(self, k: int) -> int:
        """Return the position of indicator *k* among those with cities."""
        return list(self.model.with_cities).index(k)

    def flat(self, array: Floats) -> Floats:
        """Return *array* ``[..., S, 1 or D]`` with all draws in one axis, ``[..., N]``."""
        whole = np.broadcast_to(array, (*array.shape[:-1], self.noise.common_mixing.shape[1]))
        return whole.reshape(*array.shape[:-2], self.draws)

    def by_set(self, array: Floats) -> Floats:
        """Return *array* ``[..., S]`` of sets with a draw axis, ``[..., N]``."""
        return self.flat(array[..., None])

    def calm_cities(self, k: int, year: int) -> Floats:
        """Return the cities' levels without noise, ``[C, N]``."""
        return self.flat(self.calm[0][self.column(k)][:, year])

    def known_cities(self, row: Row) -> tuple[int, ...]:
        """Return the cities whose actual is known in the cell of a province's *row*."""
        known = self.observed.at(row.k, row.year, False)
        return tuple(int(c) for c in self.observed.city[known])

    def calm_alone(self, k: int, year: int) -> Floats:
        """Return the log (logit) level without noise of a lone indicator, ``[N]``."""
        return self.flat(self.calm[1][list(self.model.alone).index(k)][year])


def case_of(
    model: Model,
    observed: ObservedModel,
    own_sd: Floats,
    noise: BlockNoise,
    shared: Floats,
    calm: Calm,
    luck: Luck,
) -> Case:
    """Return the case of a block, of the years that cities' noise has; *shared* ``[K, T, S, D]``."""
    plan = plan_of(model, observed)
    normals = np.stack([luck.normal(source_of(model, observed, row)) for row in range(len(observed.value))])

    def joined(array: Floats) -> Floats:
        return array.reshape(*array.shape[:-2], array.shape[-2] * array.shape[-1])

    return Case(
        model,
        observed,
        plan,
        noise,
        own_sd,
        calm,
        joined(shared[:, : noise.city.shape[2]]),
        joined(noise.city),
        joined(noise.ratio),
        joined(values_of(observed, plan, normals)),
        joined(normals),
        luck.compiled,
    )
