"""What a conditioned model learns before it runs: the law to draw from, and the unit of its weights.

Both are functions of the model alone, so chunks, workers and machines cannot matter. The pilot draws
from blocks that no run reaches, every draw with parameters of its own, so that parameters are learnt
as well as mixing variables.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtri

from sim.axes import Floats
from sim.designs import PLAIN
from sim.engine.case import case_of
from sim.engine.conditioning import conditioned
from sim.engine.levels import bare_levels
from sim.engine.luck import Luck
from sim.engine.noise import block_noise, set_parameters
from sim.engine.tilting import start_of_block, uniform_of
from sim.kernels import conditioning as kernel
from sim.model.model import NONE, Model
from sim.model.observed import ObservedModel
from sim.model.parameters import drawn_parameters, drawn_rows, parameter_uniforms, value_from_uniform
from sim.model.proposal import Proposal
from sim.streams import BLOCK, Source

FIRST_BLOCK = 1 << 20
"""Blocks from here on are the pilot's."""

PILOT_SETS = BLOCK // 2
"""Sets of a pilot's block: as many as there can be, since draws are read in pairs."""

ROUNDS = 16
"""Rounds of adaptation at the most; each takes in as much of the actuals as its draws can carry."""

FINAL_ROUNDS = 4
"""Rounds in which all of the actuals count, each fitted on all draws of these rounds."""

LEAST = 400.0
"""Effective draws that a round's fit rests on."""


def with_proposal(model: Model) -> Model:
    """Return *model* with a proposal fitted to its actuals (cross-entropy method, tempered)."""
    if model.observed is None or model.observed.proposal is not None:
        return model
    return fitted(model, model.observed)


def refitted(model: Model) -> Model:
    """Return a variant of a model, of other noise, with the law of its own that actuals ask for."""
    bare = without_reference(model)
    return bare if bare.observed is None else fitted(bare, bare.observed)


def fitted(model: Model, observed: ObservedModel) -> Model:
    """Return *model* with a proposal fitted to the actuals.

    The first round draws from the own law, which keeps the weights of all rounds even; the second from the
    law that the model has already, if any, which brings a variant near at once.
    """
    from sim.kernels import proposals  # needs scipy.linalg, which runs without actuals do not

    rows, sources = learning_rows(model, observed), learning_sources(model, observed)
    size = len(rows) + len(sources)
    if size == 0:
        return replace(model, observed=replace(observed, proposal=None))
    near = observed.proposal
    if near is not None and (near.rows, near.sources) != (rows, sources):
        near = None
    rounds = Rounds([Proposal(rows, sources, np.zeros(size), np.eye(size))], [], [], [])
    final = 0
    for turn in range(ROUNDS):
        rounds.take(*pilot_round(model, rounds.laws[-1], turn))
        power, weight, reference = rounds.weighed()
        law = Proposal(rows, sources, *proposals.fitted_normal(np.concatenate(rounds.scores, axis=1), weight))
        final += power == 1.0
        if final == FINAL_ROUNDS:
            break
        rounds.laws.append(law if turn or near is None else near)
    return replace(model, observed=replace(observed, proposal=law, reference=reference))


@dataclass(frozen=True, slots=True)
class Rounds:
    """Draws of all rounds so far, each with the law it came from: none is lost (Cornuet et al. 2012,
    *Adaptive multiple importance sampling*).

    *densities*: by round of draws, their log density in every law so far, ``[N]`` each.
    """

    laws: list[Proposal]
    scores: list[Floats]
    log_likelihood: list[Floats]
    densities: list[list[Floats]]

    def take(self, scores: Floats, log_likelihood: Floats) -> None:
        """Take in the draws of a round of the last law."""
        from sim.kernels import proposals  # as in `fitted`

        self.scores.append(scores)
        self.log_likelihood.append(log_likelihood)
        self.densities.append([])
        for each, known in zip(self.scores, self.densities, strict=True):
            for law in self.laws[len(known) :]:
                known.append(proposals.log_density(each, law.mean, law.factor))

    def weighed(self) -> tuple[float, Floats, float]:
        """Return the power of the likelihood that leaves enough draws, the weights with it, and the log of
        the mean likelihood. Draws are weighed by the mixture of all laws, which no single law can upset.
        """
        from sim.kernels import proposals  # as in `fitted`

        scores = np.concatenate(self.scores, axis=1)
        log_likelihood = np.concatenate(self.log_likelihood)
        densities = np.concatenate(self.densities, axis=1)
        mixture = np.logaddexp.reduce(densities, axis=0) - np.log(len(self.laws))
        log_other = -0.5 * np.sum(scores**2, axis=0) - mixture
        power = proposals.tempering_power(log_likelihood, log_other, LEAST)
        weight = proposals.normalised(proposals.tempered(log_likelihood, power) + log_other)
        return power, weight, kernel.log_mean(log_likelihood + log_other)


def learning_rows(model: Model, observed: ObservedModel) -> tuple[int, ...]:
    """Return the drawn parameters that the likelihood of the actuals depends on."""
    if not model.drawn:
        return ()
    seen = np.unique(observed.indicator)
    with_cities = np.intersect1d(seen, model.with_cities)
    noise = model.noise
    parts = (noise.series_rows[seen].ravel(), noise.common_rows[seen], noise.factor_rows[with_cities])
    chosen = {int(row) for part in parts for row in part} | {model.drift.weight_row}
    return tuple(row for row in drawn_rows(model.parameters) if row in chosen - {NONE})


def learning_sources(model: Model, observed: ObservedModel) -> tuple[Source, ...]:
    """Return the keyed uniforms, one per draw, that actuals say something of: tails, shocks, events."""
    last = int(observed.year.max())
    sources: list[Source] = []
    if np.isfinite(model.noise.dof):
        sources.append(Source("mixing:common"))
        sources += [Source("mixing:year", year=year) for year in model.years.labels[: last + 1]]
    for shock in model.shocks:
        if not np.any(shock.course[:, : last + 1]):
            continue
        if not shock.is_constant:
            sources.append(Source("shock:" + shock.name))
        if not shock.is_certain:
            sources.append(Source("event:" + shock.name))
    return tuple(sources)


def pilot_round(model: Model, law: Proposal, turn: int) -> tuple[Floats, Floats]:
    """Return scores ``[V, N]`` drawn from *law* and the log likelihood of the actuals ``[N]``, for a block
    in which few draws share a set.
    """
    block, count = FIRST_BLOCK + turn, len(law.rows)
    first = block * PILOT_SETS
    table, luck = replace(model.parameters, design=PLAIN), Luck(model.seed, block, sets=PILOT_SETS)
    values = drawn_parameters(table, model.seed, model.drawn, first, PILOT_SETS)
    uniforms = parameter_uniforms(table, model.seed, law.rows, first, PILOT_SETS)
    of_draws = np.array([luck.uniform(source).ravel() for source in law.sources]).reshape(-1, BLOCK)
    plain = np.concatenate([np.repeat(ndtri(uniforms), BLOCK // PILOT_SETS, axis=1), ndtri(of_draws)])
    scores = law.mean[:, None] + law.factor @ plain
    for row, score in zip(law.rows, scores[:count], strict=True):
        values[row] = value_from_uniform(table.rows[row], uniform_of(score[:: BLOCK // PILOT_SETS]))
    replaced = {
        source: uniform_of(score).reshape(luck.shape)
        for source, score in zip(law.sources, scores[count:], strict=True)
    }
    return scores, log_weight_of(model, values, replace(luck, tilted=replaced)).ravel()


def without_reference(model: Model) -> Model:
    """Return a variant of a model whose actuals are less or more likely, with the unit of its weights yet
    to be found.
    """
    if model.observed is None:
        return model
    return replace(model, observed=replace(model.observed, reference=np.nan))


def with_reference(model: Model) -> Model:
    """Return *model* with the mean weight of its first block as the weight that counts as one."""
    if model.observed is None or np.isfinite(model.observed.reference):
        return model
    values, luck = start_of_block(model, Luck(model.seed, 0, design=model.design))
    weight = log_weight_of(model, values, luck)
    reference = kernel.log_mean(weight if luck.log_weight is None else weight + luck.log_weight)
    return replace(model, observed=replace(model.observed, reference=reference))


@np.errstate(over="ignore", invalid="ignore", divide="ignore")
def log_weight_of(model: Model, values: Floats, luck: Luck) -> Floats:
    """Return the log density of the actuals, draw by draw, ``[S, D]``; *values* ``[parameter, set]``."""
    if model.observed is None:
        raise ValueError("a pilot needs actuals")
    parameters = set_parameters(model, values, luck.block)
    noise = block_noise(model, parameters, luck, city_years=int(model.observed.year.max()) + 1)
    bare = bare_levels(model, values, parameters, noise, luck)
    calm = bare.calm, bare.calm_alone
    case = case_of(model, model.observed, bare.own_sd, noise, bare.shared, calm, luck)
    return conditioned(case).log_weight
