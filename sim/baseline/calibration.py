"""The calibration of a plan: what history says of drift and spread, with standard errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

BLEND_WEIGHT = "blend_weight"
"""The assumption that weighs plan against trend."""

ASSUMED = "assumption:"
"""An estimate whose method begins so takes its number from the assumption of that id."""

GAUSSIAN, NO_CAP = "gaussian", "none"
"""Words for what has no end: degrees of freedom without fat tails, growth without a cap."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its standard error (same unit), evidence grade and the method that made it."""

    value: float
    se: float
    grade: str  # A, B or C
    method: str


@dataclass(frozen=True, slots=True)
class SeriesCalibration:
    """One series of the reference class; growth is log growth a year (logit units for rates).

    Expected growth h years ahead: ``mu + damp**h * lam * (own - mu) + phi**h * last_year_effect``.
    *sd*, *tau*: spread of the AR(1) term and of the five-year drift of a unit of the province's
    own size; *year_sd*: spread of the effect that all units share in a year; *slope*: of the size
    law ``s(size) ~ size**-slope``; *cap*: 90 % quantile of mean growth over the units (inf if none).
    """

    mu: Estimate
    own: Estimate
    last_year_effect: Estimate
    lam: Estimate
    damp: Estimate
    phi: Estimate
    sd: Estimate
    tau: Estimate
    year_sd: Estimate
    slope: Estimate
    cap: Estimate
    units: int
    window: tuple[int, int]


@dataclass(frozen=True, slots=True)
class IndicatorCalibration:
    """Which series stand for an indicator (several: each draw takes one, equally often)."""

    series: tuple[str, ...]
    has_trend: bool
    grade_drift: str
    grade_spread: str
    city_factor: Estimate  # multiplies sd and tau of cities
    why: str


@dataclass(frozen=True, slots=True)
class Loadings:
    """Factor loadings of one level of noise: ``load[factor][indicator]``."""

    load: Mapping[str, Mapping[str, Estimate]]


@dataclass(frozen=True, slots=True)
class PredictiveCheck:
    """Simulated over observed cross-section sd of five-year log growth."""

    quantity: str
    simulated: float
    observed: float
    ratio: float
    low: float
    high: float
    passed: bool


@dataclass(frozen=True, slots=True)
class Calibration:
    estimator: str
    window: tuple[int, int]
    hashes: Mapping[str, str]  # file name -> SHA-256 of what made it
    series: Mapping[str, SeriesCalibration]
    indicators: Mapping[str, IndicatorCalibration]
    common_drift: Mapping[str, Estimate]  # by group of indicators
    dof: Estimate  # tails; inf is Gaussian
    loadings: Mapping[str, Loadings]  # levels: common, province, year, city
    exits: Mapping[str, Estimate]  # by derived stock
    checks: tuple[PredictiveCheck, ...]
