"""The random numbers of a block, made once and shared by every scenario with the same seed."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from sim.axes import Axis, Floats
from sim.kernels.reference import mixing
from sim.streams import Source, block_normals, block_uniforms

PROVINCE = ""
"""The area of what the whole province shares."""


@dataclass(frozen=True, slots=True)
class Luck:
    """Normals and uniforms by name, ``[..., set, draw in set]``, kept while the block lasts."""

    seed: int
    block: int
    kept: dict[tuple[object, ...], Floats] = field(default_factory=dict)

    def normal(self, source: Source) -> Floats:
        """Return standard normals of *source*."""
        key = ("normal", source)
        if key not in self.kept:
            self.kept[key] = block_normals(self.seed, source, self.block)
        return self.kept[key]

    def uniform(self, source: Source) -> Floats:
        """Return uniforms of *source*."""
        key = ("uniform", source)
        if key not in self.kept:
            self.kept[key] = block_uniforms(self.seed, source, self.block)
        return self.kept[key]

    def mixing(self, source: Source, dof: float) -> Floats:
        """Return the mixing variable of *source* for tails of *dof* degrees of freedom."""
        key = ("mixing", source, dof)
        if key not in self.kept:
            self.kept[key] = mixing(block_uniforms(self.seed, source, self.block), dof)
        return self.kept[key]

    def terms(
        self, name: str, indicators: Axis, factors: tuple[str, ...], area: str = PROVINCE, year: str = ""
    ) -> tuple[Floats, Floats]:
        """Return the factors' normals ``[F, set, draw]`` and the indicators' own ``[K, set, draw]``."""
        labels = (*("factor:" + f for f in factors), *indicators.labels)
        key = ("terms", name, area, year, labels)
        if key not in self.kept:
            normals = [block_normals(self.seed, Source(name, area, k, year), self.block) for k in labels]
            self.kept[key] = np.stack(normals)
        return self.kept[key][: len(factors)], self.kept[key][len(factors) :]
