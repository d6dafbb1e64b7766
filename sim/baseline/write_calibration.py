"""calibration.yaml as text: six significant digits, one estimate a line, the same bytes every time."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import fields

import numpy as np

from sim.baseline.calibration import (
    GAUSSIAN,
    NO_CAP,
    Calibration,
    Estimate,
    IndicatorCalibration,
    Loadings,
    PredictiveCheck,
    SeriesCalibration,
)

HEADER = """\
# What history says of drift and spread. Written by `python3 run.py calibrate`, never by hand.
# {value, se, grade, method}: an estimate, its standard error, evidence grade and origin.
# Growth is log growth a year (logit units for percentages).
"""

CONTENT = "content:"

DIGITS = 6
STEP = "  "


def calibration_text(calibration: Calibration) -> str:
    """Return *calibration* as the YAML that `load_calibration` reads; numbers keep six digits."""
    body = "\n".join(_lines(calibration)) + "\n"
    return f"{HEADER}{CONTENT} {_text(content_hash(body))}\n{body}"


def content_hash(body: str) -> str:
    """Return the SHA-256 of what stands below the line of `CONTENT`: a number typed by hand shows."""
    return hashlib.sha256(body.encode("utf-8")).hexdigest()


def _lines(calibration: Calibration) -> list[str]:
    lines = []
    lines.append(f"estimator: {_text(calibration.estimator)}")
    lines.append(f"window: {_window(calibration.window)}")
    lines.extend(_block("hashes", {name: [_text(hash)] for name, hash in calibration.hashes.items()}))
    lines.extend(_block("series", {id: list(_series(s)) for id, s in calibration.series.items()}))
    lines.extend(_block("indicators", {id: list(_indicator(i)) for id, i in calibration.indicators.items()}))
    lines.extend(_block("common_drift", _estimates(calibration.common_drift)))
    lines.append(f"dof: {_estimate(calibration.dof, GAUSSIAN)}")
    lines.extend(
        _block("loadings", {level: list(_loadings(of)) for level, of in calibration.loadings.items()})
    )
    lines.extend(_block("exits", _estimates(calibration.exits)))
    lines.append("checks:" if calibration.checks else "checks: []")
    lines.extend(f"{STEP}- {_check(check)}" for check in calibration.checks)
    return lines


def _text(value: str) -> str:
    """Return *value* in double quotes, as both JSON and YAML read it."""
    return json.dumps(value, ensure_ascii=False)


def _number(value: float, infinite: str = "") -> str:
    """Return six significant digits without an exponent; *infinite* is the word for no end."""
    if math.isinf(value) and value > 0 and infinite:
        return infinite
    if not math.isfinite(value):
        raise ValueError(f"a calibration holds no {value}")
    rounded = float(f"{value:.{DIGITS}g}")
    return np.format_float_positional(rounded + 0.0, trim="-")


def _window(window: tuple[int, int]) -> str:
    return f"[{window[0]}, {window[1]}]"


def _estimate(estimate: Estimate, infinite: str = "") -> str:
    value, se = _number(estimate.value, infinite), _number(estimate.se)
    return f"{{value: {value}, se: {se}, grade: {estimate.grade}, method: {_text(estimate.method)}}}"


def _estimates(estimates: Mapping[str, Estimate]) -> dict[str, list[str]]:
    return {name: [_estimate(estimate)] for name, estimate in estimates.items()}


def _block(name: str, entries: Mapping[str, list[str]], depth: int = 0) -> Iterator[str]:
    """Yield a mapping: an entry of one line stands beside its key, a longer one below it."""
    pad = STEP * depth
    yield f"{pad}{name}:" if entries else f"{pad}{name}: {{}}"
    for key, body in sorted(entries.items()):
        if len(body) == 1:
            yield f"{pad}{STEP}{key}: {body[0]}"
        else:
            yield f"{pad}{STEP}{key}:"
            yield from (f"{pad}{STEP}{STEP}{line}" for line in body)


def _series(series: SeriesCalibration) -> Iterator[str]:
    for field in fields(series):
        value = getattr(series, field.name)
        if isinstance(value, Estimate):
            yield f"{field.name}: {_estimate(value, NO_CAP if field.name == 'cap' else '')}"
    yield f"units: {series.units}"
    yield f"window: {_window(series.window)}"


def _indicator(indicator: IndicatorCalibration) -> Iterator[str]:
    yield f"series: [{', '.join(indicator.series)}]"
    yield f"has_trend: {'true' if indicator.has_trend else 'false'}"
    yield f"grade_drift: {indicator.grade_drift}"
    yield f"grade_spread: {indicator.grade_spread}"
    yield f"city_factor: {_estimate(indicator.city_factor)}"
    yield f"why: {_text(indicator.why)}"


def _loadings(loadings: Loadings) -> Iterator[str]:
    rows = [list(_block(factor, _estimates(row), depth=1)) for factor, row in sorted(loadings.load.items())]
    yield "load:"
    yield from (line for row in rows for line in row)


def _check(check: PredictiveCheck) -> str:
    numbers = ", ".join(
        f"{name}: {_number(getattr(check, name))}"
        for name in ("simulated", "observed", "ratio", "low", "high")
    )
    return f"{{quantity: {_text(check.quantity)}, {numbers}, passed: {'true' if check.passed else 'false'}}}"
