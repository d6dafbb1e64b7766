"""Parameters and luck of a block: from the model's own law, or from the proposal fitted to its actuals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.special import ndtr, ndtri

from sim.axes import Floats
from sim.engine.luck import Luck
from sim.model.model import Model
from sim.model.parameters import drawn_parameters, parameter_uniforms, value_from_uniform
from sim.model.proposal import Proposal
from sim.streams import SET, SETS, Source

SMALLEST = 2.0**-53
"""A uniform lies this far from 0 and 1 at the least."""

SCORES = np.linspace(-2.0, 2.0, 401)
"""Scores among which that of a held value is looked for."""


def uniform_of(score: Floats) -> Floats:
    """Return the uniform of a normal *score*, strictly between 0 and 1."""
    uniform: Floats = np.clip(ndtr(score), SMALLEST, 1.0 - SMALLEST)
    return uniform


def start_of_block(model: Model, luck: Luck) -> tuple[Floats, Luck]:
    """Return the parameters ``[parameter, set]`` of the block of *luck*, and the luck to draw it with."""
    values = values_of_sets(model, luck)
    if model.observed is None or model.observed.proposal is None:
        return values, luck
    return tilted(model, law_of(model, model.observed.proposal), values, luck)


def law_of(model: Model, proposal: Proposal) -> Proposal:
    """Return *proposal* given the parameters that *model* holds, which are then drawn no more.

    A value at the edge of its range, where the score is infinite, counts as one two sd out: any law will
    do as a proposal, and one so near a likely value keeps its weights even.
    """
    for row, value in model.parameters.held:
        if row in proposal.rows:
            values = value_from_uniform(model.parameters.rows[row], uniform_of(SCORES))
            proposal = proposal.given(row, float(np.interp(value, values, SCORES)))
    return proposal


def values_of_sets(model: Model, luck: Luck) -> Floats:
    """Return the parameters of the block's sets in the model's own law, ``[parameter, set]``; what models
    share is drawn once.
    """
    table = model.parameters
    free = replace(table, held=())
    values = luck.once(
        ("parameters", id(table.rows), table.design, model.drawn),
        lambda: {"": drawn_parameters(free, model.seed, model.drawn, luck.block * SETS, SETS)},
    )[""]
    if not table.held:
        return values
    values = values.copy()
    for row, value in table.held:
        values[row] = value
    return values


def tilted(model: Model, proposal: Proposal, values: Floats, luck: Luck) -> tuple[Floats, Luck]:
    """Return parameters and luck drawn from *proposal*: those of sets, then those of draws given them.

    The normals are those that the own law would have used, so that scenarios still share their luck.
    """
    from sim.kernels.proposals import (  # needs scipy.linalg, which runs without actuals do not
        is_own,
        proposed,
    )

    count, first = len(proposal.rows), luck.block * SETS
    table, values = model.parameters, values.copy()
    plain = ndtri(parameter_uniforms(table, model.seed, proposal.rows, first, SETS))
    sets = proposed(plain, proposal.mean[:count, None], proposal.factor[:count, :count], is_own(SETS))
    for row, score in zip(proposal.rows, sets.scores, strict=True):
        values[row] = value_from_uniform(table.rows[row], uniform_of(score))
    log_weight = np.repeat(sets.log_weight[:, None], SET, axis=1)
    if not proposal.sources:
        return values, replace(luck, log_weight=log_weight)
    shift = proposal.mean[count:, None] + proposal.factor[count:, :count] @ sets.residual
    plain = np.stack([ndtri(luck.uniform(source)).ravel() for source in proposal.sources])
    own = np.tile(is_own(SET), SETS)
    draws = proposed(plain, np.repeat(shift, SET, axis=1), proposal.factor[count:, count:], own)
    uniforms = uniform_of(draws.scores).reshape(len(plain), SETS, SET)
    replaced: dict[Source, Floats] = dict(zip(proposal.sources, uniforms, strict=True))
    log_weight += draws.log_weight.reshape(SETS, SET)
    return values, replace(luck, tilted=replaced, log_weight=log_weight)
