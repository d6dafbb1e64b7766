"""The random numbers of a block, made once and shared by every scenario with the same seed."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.special import ndtri

from sim.axes import Axis, Floats
from sim.designs import PLAIN, Design, draw_directions, draw_points, name_of, scrambling_keys
from sim.kernels.nets import point_normals_into, points_into, scales_of_normals
from sim.kernels.philox import normals_into
from sim.kernels.reference import mixing
from sim.kernels.tails import MOST_DOF, scale_table, scales_into
from sim.streams import BLOCK, SET, SETS, Source, block_narrow, block_normals, block_uniforms, streams

PROVINCE = ""
"""The area of what the whole province shares."""


@dataclass(frozen=True, slots=True)
class Luck:
    """Normals and uniforms by name, ``[..., set, draw in set]``, kept while the block lasts.

    *compiled*: whether compiled kernels make them, or plain NumPy, their oracle. *design*: which of them
    lie on Sobol points or mirror each other; all others have keyed streams. *tilted*: uniforms that
    a proposal puts in the place of a source's own, and *log_weight* ``[set, draw]`` what makes up for it.
    *sets*: into how many sets the block's draws fall; but for a pilot it is `SETS`.
    """

    seed: int
    block: int
    compiled: bool = True
    design: Design = PLAIN
    kept: dict[tuple[object, ...], Floats] = field(default_factory=dict)
    made: dict[tuple[object, ...], Mapping[str, Floats]] = field(default_factory=dict)
    tilted: Mapping[Source, Floats] = field(default_factory=dict)
    log_weight: Floats | None = None
    sets: int = SETS

    @property
    def first(self) -> int:
        """The first draw of the block."""
        return self.block * BLOCK

    @property
    def shape(self) -> tuple[int, int]:
        """Sets, and the draws of each."""
        return self.sets, BLOCK // self.sets

    def normal(self, source: Source) -> Floats:
        """Return standard normals of *source*: not kept, since what is made of a lone source is."""
        normal: Floats = self._made([source])[0]
        return normal

    def normals(self, sources: Sequence[Source]) -> Floats:
        """Return standard normals of *sources*, ``[source, set, draw]``."""
        key = ("normal", *sources)
        if key not in self.kept:
            self.kept[key] = self._made(sources)
        return self.kept[key]

    def _made(self, sources: Sequence[Source]) -> Floats:
        return self._normals(sources) if self.design == PLAIN else self._spread(sources)

    def _spread(self, sources: Sequence[Source]) -> Floats:
        """Return the normals of *sources* as the design spreads them."""
        on_net = [n for n, each in enumerate(sources) if self.design.number(name_of(each)) is not None]
        keyed = [n for n in range(len(sources)) if n not in on_net]
        normals = np.empty((len(sources), SETS, SET))
        if on_net:
            normals[on_net] = self._points([sources[n] for n in on_net], normal=True)
        if keyed:
            normals[keyed] = self._normals([sources[n] for n in keyed])
        mirrored = [n for n in keyed if self.design.mirrors(name_of(sources[n]))]
        for n in mirrored:
            normals[n, 1::2] = -normals[n, 0::2]
        return normals

    def _points(self, sources: Sequence[Source], normal: bool) -> Floats:
        """Return the Sobol points of *sources* ``[source, set, draw]``, or their *normal* quantiles."""
        names = [name_of(each) or "" for each in sources]
        numbers = [self.design.number(each) or 0 for each in names]
        if not self.compiled:
            pairs = zip(names, numbers, strict=True)
            points = np.stack([draw_points(self.seed, name, d, self.block) for name, d in pairs])
            normals: Floats = ndtri(points) if normal else points
            return normals
        points = np.empty((len(sources), SETS, SET))
        keys = np.stack([scrambling_keys(self.seed, name) for name in names])
        fill = point_normals_into if normal else points_into
        fill(np.stack([draw_directions(d) for d in numbers]), keys, self.block, points)
        return points

    def _normals(self, sources: Sequence[Source]) -> Floats:
        if not self.compiled:
            plain = np.stack([block_normals(self.seed, source, self.block) for source in sources])
            return plain.reshape(len(sources), self.sets, -1)
        normals = np.empty((len(sources), BLOCK))
        normals_into(streams(self.seed, tuple(sources)), self.first, normals)
        return normals.reshape(len(sources), self.sets, -1)

    def uniform(self, source: Source) -> Floats:
        """Return uniforms of *source*."""
        if source in self.tilted:
            return self.tilted[source]
        key = ("uniform", source)
        if key not in self.kept:
            self.kept[key] = self._uniform(source).reshape(self.sets, -1)
        return self.kept[key]

    def _uniform(self, source: Source) -> Floats:
        name = name_of(source)
        if self.design.number(name) is not None:
            return np.asarray(self._points([source], normal=False)[0])
        uniform = block_uniforms(self.seed, source, self.block)
        if self.design.mirrors(name):
            uniform[1::2] = 1.0 - uniform[0::2]
        return uniform

    def mixing(self, source: Source, dof: float) -> Floats:
        """Return the mixing variable of *source* for tails of *dof* degrees of freedom."""
        if source in self.tilted:
            return mixing(self.tilted[source], dof)
        key = ("mixing", source, dof)
        if key not in self.kept:
            self.kept[key] = self._mixing(source, dof)
        return self.kept[key]

    def _mixing(self, source: Source, dof: float) -> Floats:
        if not (self.compiled and has_table(dof)):
            return mixing(self.uniform(source), dof)
        if self.design != PLAIN and name_of(source) is not None:
            scale = self.normal(source)
            scales_of_normals(*scale_table(dof), scale.reshape(-1))
            return scale
        scales = np.empty((1, BLOCK))
        scales_into(streams(self.seed, (source,)), self.first, *scale_table(dof), scales)
        return scales.reshape(self.sets, -1)

    def once(self, key: tuple[object, ...], make: Callable[[], Mapping[str, Floats]]) -> Mapping[str, Floats]:
        """Return what *make* makes of this luck; *key* names all else that it depends on, and it is kept."""
        if key not in self.made:
            self.made[key] = make()
        return self.made[key]

    def terms(
        self, name: str, indicators: Axis, factors: tuple[str, ...], area: str = PROVINCE, year: str = ""
    ) -> tuple[Floats, Floats]:
        """Return the factors' normals ``[F, set, draw]`` and the indicators' own ``[K, set, draw]``."""
        normals = self.normals(term_sources(name, indicators, factors, area, year))
        return normals[: len(factors)], normals[len(factors) :]

    def narrow_terms(
        self, name: str, indicators: Axis, factors: tuple[str, ...], area: str, year: str = ""
    ) -> tuple[Floats, Floats]:
        """Return what `terms` returns, of narrow normals: the oracle of the noise of cities."""
        sources = term_sources(name, indicators, factors, area, year)
        normals = np.stack([block_narrow(self.seed, source, self.block) for source in sources])
        normals = normals.reshape(len(sources), *self.shape)
        return normals[: len(factors)], normals[len(factors) :]


@functools.lru_cache(maxsize=1 << 12)
def term_sources(
    name: str, indicators: Axis, factors: tuple[str, ...], area: str, year: str
) -> tuple[Source, ...]:
    """Return the sources of a noise term: those of the factors, then those of the indicators."""
    labels = (*("factor:" + f for f in factors), *indicators.labels)
    return tuple(Source(name, area, k, year) for k in labels)


def has_table(dof: float) -> bool:
    """Whether the mixing variable for *dof* is read from a table (normal tails: an empty one)."""
    return bool(np.isinf(dof)) or dof <= MOST_DOF
