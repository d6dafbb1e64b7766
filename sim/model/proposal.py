"""The law that a conditioned run draws from in place of its own, nearer to its actuals (section 7)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.axes import Floats
from sim.streams import Source


@dataclass(frozen=True, slots=True, eq=False)
class Proposal:
    """A joint normal law of normal scores, of which a model's own are independent and standard.

    First the scores of the parameters *rows* (one per set), then those of the keyed uniforms *sources*
    (one per draw). *mean* ``[V]``, *factor* ``[V, V]`` lower triangular: scores are ``mean + factor z``.
    """

    rows: tuple[int, ...]
    sources: tuple[Source, ...]
    mean: Floats
    factor: Floats

    def given(self, row: int, score: float) -> Proposal:
        """Return the law of the other scores where parameter *row* is held at *score*."""
        if row not in self.rows:
            return self
        at = self.rows.index(row)
        covariance = self.factor @ self.factor.T
        gain = covariance[:, at] / covariance[at, at]
        mean = self.mean + gain * (score - self.mean[at])
        left = covariance - np.outer(gain, covariance[at])
        others = np.delete(np.arange(len(mean)), at)
        factor = np.asarray(np.linalg.cholesky(left[np.ix_(others, others)]), dtype=np.float64)
        return Proposal(tuple(r for r in self.rows if r != row), self.sources, mean[others], factor)
