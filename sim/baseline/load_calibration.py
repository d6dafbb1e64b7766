"""calibration.yaml: what `run.py calibrate` wrote, read back into the same types."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

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
from sim.baseline.fields import Fields, document_or_none
from sim.baseline.load_indicators import GRADES
from sim.baseline.write_calibration import CONTENT, content_hash
from sim.errors import Found
from sim.marked.document import Document

LEVELS = ("common", "province", "year", "city")
ESTIMATES = ("mu", "own", "last_year_effect", "lam", "damp", "phi", "sd", "tau", "year_sd", "slope")


def load_calibration(folder: Path, root: Path, found: Found) -> Calibration | None:
    """Return the calibration; None where the file is not there yet, or cannot be read."""
    path = folder / "calibration.yaml"
    document = document_or_none(path, root, found) if path.exists() else None
    if document is None:
        return None
    _check_content(path.read_text(encoding="utf-8"), document, found)
    return calibration_from_document(document, found)


def _check_content(text: str, document: Document, found: Found) -> None:
    """Add a file that does not hold what the program wrote into it."""
    head, _, body = text.partition(f"\n{CONTENT}")
    told, _, body = body.partition("\n")
    if told.strip().strip('"') != content_hash(body):
        found.add(document.place(), "edited-calibration")


def calibration_from_document(document: Document, found: Found) -> Calibration:
    """Return what *document* says; whatever is wrong is added to *found*."""
    top = Fields(document, (), found)
    top.text("content")
    result = Calibration(
        estimator=top.text("estimator"),
        window=_window(top),
        hashes=_texts(top, "hashes"),
        series={id: _series(fields) for id, fields in _each(top, "series")},
        indicators={id: _indicator(fields) for id, fields in _each(top, "indicators")},
        common_drift=_estimates(top, "common_drift"),
        dof=_estimate(top, "dof", words={GAUSSIAN: math.inf}),
        loadings={level: _loadings(fields) for level, fields in _each(top, "loadings")},
        exits=_estimates(top, "exits"),
        checks=tuple(_check(Fields(document, ("checks", i), found)) for i in range(len(top.items("checks")))),
    )
    top.finish()
    _check_ranges(result, top)
    return result


def _each(top: Fields, name: str) -> list[tuple[str, Fields]]:
    inner = top.child(name)
    return [] if inner is None else list(inner.children())


def _window(fields: Fields) -> tuple[int, int]:
    years = [year for year in fields.items("window") if isinstance(year, int)]
    if len(years) != 2 or years[0] > years[1]:
        fields.found.add(fields.value_place("window"), "not-a-window", field="window")
        return 0, 0
    return years[0], years[1]


def _texts(top: Fields, name: str) -> Mapping[str, str]:
    inner = top.child(name)
    return {} if inner is None else {key: inner.text(key) for key in inner.data}


def _estimates(top: Fields, name: str) -> Mapping[str, Estimate]:
    inner = top.child(name)
    return {} if inner is None else {key: _estimate(inner, key) for key in inner.data}


def _estimate(fields: Fields, name: str, words: Mapping[str, float] | None = None) -> Estimate:
    """Return {value, se, grade, method}; *words* are texts that stand for a value."""
    inner = fields.child(name)
    if inner is None:
        return Estimate(math.nan, math.nan, "C", "")
    word = inner.data.get("value")
    if words is not None and isinstance(word, str) and word in words:
        inner.asked.append("value")
        value = words[word]
    else:
        value = inner.number("value")
    se = inner.number("se")
    if se < 0:
        fields.found.add(inner.value_place("se"), "negative-se", field=name)
    estimate = Estimate(value, se, inner.choice("grade", GRADES), inner.text("method"))
    inner.finish()
    return estimate


def _series(fields: Fields) -> SeriesCalibration:
    parts = {name: _estimate(fields, name) for name in ESTIMATES}
    result = SeriesCalibration(
        **parts,
        cap=_estimate(fields, "cap", words={NO_CAP: math.inf}),
        units=fields.integer("units"),
        window=_window(fields),
    )
    fields.finish()
    for name in ("sd", "tau", "year_sd"):
        if parts[name].value < 0:
            fields.found.add(fields.place, "negative-sd", field=name)
    if abs(parts["phi"].value) >= 1:
        fields.found.add(fields.place, "phi-out-of-range", value=parts["phi"].value)
    return result


def _indicator(fields: Fields) -> IndicatorCalibration:
    has_trend = fields.data.get("has_trend")
    fields.asked.append("has_trend")
    if not isinstance(has_trend, bool):
        fields.found.add(fields.value_place("has_trend"), "not-true-or-false", field="has_trend")
    result = IndicatorCalibration(
        series=tuple(str(id) for id in fields.items("series")),
        has_trend=has_trend is True,
        grade_drift=fields.choice("grade_drift", GRADES),
        grade_spread=fields.choice("grade_spread", GRADES),
        city_factor=_estimate(fields, "city_factor"),
        why=fields.text("why"),
    )
    fields.finish()
    return result


def _loadings(fields: Fields) -> Loadings:
    """Return the loadings of one level, which stand under *load*."""
    load: dict[str, Mapping[str, Estimate]] = {}
    inner = fields.child("load", required=False)
    for factor, row in inner.children() if inner is not None else ():
        load[factor] = {indicator: _estimate(row, indicator) for indicator in row.data}
    fields.finish()
    return Loadings(load)


def _check(fields: Fields) -> PredictiveCheck:
    passed = fields.data.get("passed")
    fields.asked.append("passed")
    if not isinstance(passed, bool):
        fields.found.add(fields.value_place("passed"), "not-true-or-false", field="passed")
    result = PredictiveCheck(
        quantity=fields.text("quantity"),
        simulated=fields.number("simulated"),
        observed=fields.number("observed"),
        ratio=fields.number("ratio"),
        low=fields.number("low"),
        high=fields.number("high"),
        passed=passed is True,
    )
    fields.finish()
    return result


def _check_ranges(calibration: Calibration, top: Fields) -> None:
    """Add tails without a variance, unknown levels, and loadings that explain more than everything."""
    if calibration.dof.value <= 2:
        top.found.add(top.value_place("dof"), "dof-out-of-range", value=calibration.dof.value)
    for level, loadings in calibration.loadings.items():
        place = top.document.key_place("loadings", level)
        if level not in LEVELS:
            top.found.add(place, "bad-choice", column="loadings", value=level, near=" / ".join(LEVELS))
        total: dict[str, float] = {}
        for row in loadings.load.values():
            for indicator, estimate in row.items():
                total[indicator] = total.get(indicator, 0.0) + estimate.value**2
        for indicator, squares in total.items():
            if squares > 1 + 1e-9:
                top.found.add(place, "loadings-above-one", name=indicator, level=level)
