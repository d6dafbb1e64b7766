"""Parameters that are drawn once per set: estimates from their errors, assumptions from their range."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from scipy.special import ndtri

from sim.axes import Floats
from sim.baseline.calibration import Estimate
from sim.baseline.plan import Assumption
from sim.designs import PARAMETER, PLAIN, Design, net_of
from sim.distributions import triangular_quantile
from sim.kernels.nets import set_points_into
from sim.kernels.philox import uniforms_into
from sim.streams import Source, streams

Law = Literal["constant", "normal", "positive", "spread", "triangular"]
"""``positive``: log-normal, mean kept; ``spread``: log-normal, mean square kept, since a variance is what was
estimated without bias and what adds up in a forecast."""


EXECUTION = "execution:"
"""Names of the parameters of the execution prior begin so; the kind of target follows."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One number and how it is drawn; *low* and *high* bound it (or span the triangle)."""

    name: str
    law: Law
    value: float
    se: float = 0.0
    low: float = -np.inf
    high: float = np.inf


@dataclass(frozen=True, slots=True)
class ParameterTable:
    """Parameters by row; *held* are rows that keep a given value instead of being drawn.

    *design*: which of them are not drawn set by set from a keyed stream of their own.
    """

    rows: tuple[Parameter, ...]
    held: tuple[tuple[int, float], ...] = ()
    design: Design = PLAIN

    def row(self, name: str) -> int:
        """Return the row of *name*; ValueError if there is none."""
        return [p.name for p in self.rows].index(name)


@dataclass(slots=True)
class TableBuilder:
    """Gathers parameters while a model is compiled; a name stands once."""

    rows: dict[str, Parameter] = field(default_factory=dict)

    def add(self, parameter: Parameter) -> int:
        """Add *parameter* unless its name is there already; return its row."""
        self.rows.setdefault(parameter.name, parameter)
        return list(self.rows).index(parameter.name)

    def constant(self, name: str, value: float) -> int:
        return self.add(Parameter(name, "constant", value))

    def estimate(self, name: str, estimate: Estimate, low: float, high: float, law: Law = "normal") -> int:
        """Add an estimate that is drawn by *law*, within bounds; without an error a constant."""
        law = "constant" if estimate.se == 0.0 else law
        return self.add(Parameter(name, law, estimate.value, estimate.se, low, high))

    def assumption(self, assumption: Assumption) -> int:
        """Add an assumption: triangular between low and high with its mode at the central value."""
        law: Law = "constant" if assumption.low == assumption.high else "triangular"
        return self.add(
            Parameter(
                "assumption:" + assumption.id,
                law,
                assumption.central,
                0.0,
                assumption.low,
                assumption.high,
            )
        )

    def table(self, design: Design = PLAIN) -> ParameterTable:
        return ParameterTable(tuple(self.rows.values()), (), design)


def value_from_uniform(parameter: Parameter, uniform: Floats) -> Floats:
    """Return draws of *parameter* at *uniform*, ``[set]``."""
    values: Floats = values_from_uniforms([parameter], uniform[None])[0]
    return values


def values_from_uniforms(parameters: Sequence[Parameter], uniforms: Floats) -> Floats:
    """Return draws of *parameters* at *uniforms*, ``[parameter, set]``.

    ``positive`` is log-normal with mean *value* and standard deviation *se*, so that it never
    changes sign; ``spread`` the same, scaled to the mean square *value* squared. An estimate of zero stays
    at zero or above by truncation.
    """
    laws = [p.law if p.value > 0.0 or p.law in ("constant", "triangular") else "normal" for p in parameters]
    values = np.empty(uniforms.shape)
    for law in sorted(set(laws)):
        rows = [row for row, each in enumerate(laws) if each == law]
        about = [(p.value, p.se, p.low, p.high) for p in (parameters[row] for row in rows)]
        values[rows] = _values_of_law(law, np.array(about).T[..., None], uniforms[rows])
    return values


def _values_of_law(law: Law, about: Floats, uniform: Floats) -> Floats:
    """Return draws ``[row, set]`` of parameters of one *law*; *about* ``[4, row, 1]``: value, se, bounds."""
    value, se, low, high = about
    if law == "constant":
        return np.broadcast_to(value, uniform.shape)
    if law == "triangular":
        return triangular_quantile(low, value, high, uniform)
    normal = ndtri(uniform)
    if law == "normal":
        drawn = value + se * normal
    else:
        log_variance = np.log1p((se / value) ** 2)
        lowered = 0.5 if law == "positive" else 1.0
        drawn = value * np.exp(np.sqrt(log_variance) * normal - lowered * log_variance)
    bounded: Floats = np.clip(drawn, low, high)
    return bounded


def drawn_parameters(table: ParameterTable, seed: int, drawn: bool, first: int, count: int) -> Floats:
    """Return the parameters of sets *first* and later, ``[parameter, set]``.

    Each is keyed by its own name and the set's number. *drawn* False: all at their central value.
    """
    values = np.empty((len(table.rows), count))
    held = dict(table.held)
    for row, parameter in enumerate(table.rows):
        values[row] = held.get(row, parameter.value)
    if drawn:
        rows = drawn_rows(table)
        uniforms = parameter_uniforms(table, seed, rows, first, count)
        values[rows] = values_from_uniforms([table.rows[row] for row in rows], uniforms)
    return values


def drawn_rows(table: ParameterTable) -> list[int]:
    """Return the rows that are drawn: neither constant nor held."""
    held = dict(table.held)
    return [row for row, p in enumerate(table.rows) if row not in held and p.law != "constant"]


def parameter_uniforms(
    table: ParameterTable, seed: int, rows: Sequence[int], first: int, count: int
) -> Floats:
    """Return the uniforms at which *rows* are drawn for sets *first* and later, ``[row, set]``."""
    labels = [table.rows[row].name for row in rows]
    on_net = [at for at, name in enumerate(labels) if table.design.number(PARAMETER + name) is not None]
    keyed = [at for at in range(len(rows)) if at not in set(on_net)]
    uniforms = np.empty((len(rows), count))
    names = tuple(PARAMETER + labels[at] for at in on_net)
    uniforms[on_net] = points_of_sets(table.design, seed, names, first, count)
    sources = [Source("parameter", indicator=labels[at]) for at in keyed]
    uniforms[keyed] = keyed_or_mirrored(seed, sources, first, count, table.design.mirrors(PARAMETER))
    return uniforms


def points_of_sets(design: Design, seed: int, names: tuple[str, ...], first: int, count: int) -> Floats:
    """Return the Sobol points of sets *first* and later, ``[name, set]``: `designs.set_points`, compiled."""
    points = np.empty((len(names), count))
    if names:
        set_points_into(*net_of(design, seed, names), first, points)
    return points


def keyed_or_mirrored(seed: int, sources: Sequence[Source], first: int, count: int, mirrored: bool) -> Floats:
    """Return uniforms of sets ``[source, set]``; *mirrored*: an odd set has ``1 - u`` of the one before."""
    if not mirrored:
        return uniforms_of_sets(seed, sources, first, count)
    start = first - first % 2
    whole = uniforms_of_sets(seed, sources, start, count + 2)
    whole[:, 1::2] = 1.0 - whole[:, : whole.shape[1] - whole.shape[1] % 2 : 2]
    return whole[:, first - start : first - start + count]


def uniforms_of_sets(seed: int, sources: Sequence[Source], first: int, count: int) -> Floats:
    """Return uniforms of sets *first* and later, ``[source, set]``: `streams.set_uniforms`, compiled."""
    skip = first % 2
    made = np.empty((len(sources), skip + count + (skip + count) % 2))
    if sources:
        uniforms_into(streams(seed, tuple(sources)), first - skip, made)
    return made[:, skip : skip + count]


def proxies_of_sets(
    seed: int, indicator: str, proxies: int, first: int, count: int, design: Design = PLAIN
) -> np.ndarray:
    """Return which of the *proxies* series each set takes, ``[set]``.

    Within every run of *proxies* sets each series stands exactly once, in keyed random order, so
    all are taken equally often; on Sobol points each has an equal part of its dimension.
    """
    name = f"proxy:{indicator}"
    dimension = design.number(name)
    if dimension is not None:
        [points] = points_of_sets(design, seed, (name,), first, count)
        return np.asarray(np.floor(proxies * points), dtype=np.int64)
    start = first - first % proxies
    stop = first + count + (-(first + count)) % proxies
    uniform = uniforms_of_sets(seed, [Source("proxy", indicator=indicator)], start, stop - start)[0]
    order = np.argsort(np.argsort(uniform.reshape(-1, proxies), axis=1), axis=1).reshape(-1)
    return order[first - start : first - start + count]
