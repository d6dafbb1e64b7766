"""A whole hindcast: origins, scores, variants of the model, and what cannot be scored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sim.baseline.load_panel import PanelFile
from sim.baseline.plan import Baseline
from sim.errors import BadInput, Mistake, Place
from sim.studies.hindcast.forecast import SHIPPED, VARIANTS, Variant
from sim.studies.hindcast.origin import Origin, origin_of
from sim.studies.hindcast.scores import Joint, OriginScores, joint_scores, scores_of
from sim.studies.hindcast.summary import Coverage, Skill, Summary, rows_of, skill_of, summaries_of, summary_of

VARIANT_DRAWS = 4096
"""Draws for variants: differences stand on common luck, so fewer do."""

VARIANT_JOINT = 500
"""Draws of their energy scores."""


@dataclass(frozen=True, slots=True)
class VariantScore:
    """How a variant of the model does: CRPS against the shipped form (below zero: worse), energy of the
    joint, coverages and the PIT test."""

    variant: Variant
    crps: float
    against: Skill
    energy: Mapping[str, float]
    coverages: tuple[Coverage, ...]
    pit_p: float


@dataclass(frozen=True, slots=True, eq=False)
class Hindcast:
    """The scores of a panel. *left_out*: what could not be scored at the last origin, with the reason."""

    panel: PanelFile
    as_of: int
    horizon: int
    draws: int
    scores: tuple[OriginScores, ...]
    summaries: tuple[Summary, ...]
    joint: Mapping[str, Joint]
    variants: tuple[VariantScore, ...]
    left_out: tuple[Mistake, ...]


def hindcast(
    panel: PanelFile,
    plan: Baseline,
    as_of: int,
    horizon: int,
    draws: int,
    rolling: bool = False,
    variants: bool = False,
) -> Hindcast:
    """Forecast *horizon* as of *as_of* and score it; *rolling*: every earlier origin too, equally far ahead.

    BadInput where nothing can be scored: a line for each series with its reason.
    """
    origins = origins_of(panel, plan, as_of, horizon, rolling)
    scores = tuple(scores_of(origin, SHIPPED, draws) for origin in origins)
    joint = _mean_joint([joint_scores(s) for s in scores])
    tried = tuple(_tried(origins)) if variants else ()
    return Hindcast(
        panel, as_of, horizon, draws, scores, summaries_of(scores), joint, tried, origins[-1].left_out
    )


def origins_of(
    panel: PanelFile, plan: Baseline, as_of: int, horizon: int, rolling: bool
) -> tuple[Origin, ...]:
    """Return the origins that have outcomes, oldest first; the last is *as_of*."""
    ahead = horizon - as_of
    place = Place(panel.name)
    last_year = max(f.year for f in panel.figures)
    if not 1 <= ahead <= 20 or horizon > last_year:
        details = (("as_of", str(as_of)), ("horizon", str(horizon)), ("last", str(last_year)))
        raise BadInput([Mistake(place, "hindcast-years", details)])
    last = origin_of(panel, plan, as_of, horizon)
    if not _scored(last):
        nothing = Mistake(place, "hindcast-nothing", (("as_of", str(as_of)), ("horizon", str(horizon))))
        raise BadInput([*last.left_out, nothing])
    if not rolling:
        return (last,)
    first = min(f.year for f in panel.figures)
    earlier = (origin_of(panel, plan, year, year + ahead) for year in range(first + 3, as_of))
    return (*(origin for origin in earlier if _scored(origin)), last)


def _scored(origin: Origin) -> bool:
    return bool(origin.series) and bool(np.any(~np.isnan(origin.outcome[..., -1])))


def _mean_joint(found: Sequence[Mapping[str, Joint]]) -> dict[str, Joint]:
    """Return the mean over origins, each counting once."""
    result = {}
    for name in found[0]:
        parts = [f[name] for f in found]
        rivals = np.mean([p.rivals for p in parts], axis=0)
        result[name] = Joint(
            float(np.mean([p.model for p in parts])),
            float(np.mean([p.independent for p in parts])),
            tuple(float(r) for r in rivals),
        )
    return result


def _tried(origins: Sequence[Origin]) -> list[VariantScore]:
    """Return every variant's scores on common luck, the shipped form first."""
    result = []
    base = None
    for variant in VARIANTS:
        scores = [scores_of(origin, variant, VARIANT_DRAWS, VARIANT_JOINT) for origin in origins]
        rows = rows_of(scores)
        base = rows if base is None else base
        summary = summary_of("*", rows)
        energy = _mean_joint([joint_scores(s) for s in scores])
        result.append(
            VariantScore(
                variant,
                summary.crps,
                skill_of(SHIPPED.id, rows.crps, base.crps, rows.stretch),
                {name: joint.model for name, joint in energy.items()},
                summary.coverages,
                summary.pit_p,
            )
        )
    return result
