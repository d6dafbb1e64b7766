"""calibration.yaml: what was written is what is read, and what cannot be a calibration is refused."""

from __future__ import annotations

import dataclasses
import hashlib
import math
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.baseline.calibration import (
    Calibration,
    Estimate,
    IndicatorCalibration,
    Loadings,
    PredictiveCheck,
    SeriesCalibration,
)
from sim.baseline.load import load_baseline
from sim.baseline.load_calibration import calibration_from_document, load_calibration
from sim.baseline.write_calibration import CONTENT, calibration_text, content_hash
from sim.errors import BadInput, Found
from sim.marked.document import document_from_text

ROOT = Path(__file__).resolve().parents[2]
TINY = ROOT / "tests" / "plans" / "tiny-2021"


def estimate(value: float) -> Estimate:
    return Estimate(value, 0.25, "B", 'moments of 10 "units": 2010-2020')


SERIES = SeriesCalibration(
    mu=estimate(0.1),
    own=estimate(0.12),
    last_year_effect=estimate(-0.01),
    lam=estimate(0.5),
    damp=estimate(0.9),
    phi=estimate(0.3),
    sd=estimate(0.04),
    tau=estimate(0.02),
    year_sd=estimate(0.015),
    slope=estimate(0.2),
    cap=estimate(0.18),
    units=10,
    window=(2010, 2020),
)
INDICATOR = IndicatorCalibration(("research_spending",), True, "A", "B", estimate(1.0), "its own series")
CALIBRATION = Calibration(
    estimator="moments 1",
    window=(2010, 2020),
    hashes={"panel.csv": hashlib.sha256((TINY / "panel.csv").read_bytes()).hexdigest()},
    series={"research_spending": SERIES},
    indicators={
        "research": INDICATOR,
        "new_firms": dataclasses.replace(INDICATOR, has_trend=False, why="the median series"),
    },
    common_drift={"science": estimate(0.03)},
    dof=estimate(8.0),
    loadings={"common": Loadings({"economy": {"research": estimate(0.6), "new_firms": estimate(0.5)}})},
    exits={},
    checks=(PredictiveCheck("research_spending", 0.1, 0.11, 0.909, 0.8, 1.25, True),),
)


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    """Return a copy of the tiny plan with a calibration."""
    folder = Path(shutil.copytree(TINY, tmp_path / "tiny"))
    (folder / "calibration.yaml").write_text(calibration_text(CALIBRATION), encoding="utf-8")
    return folder


def signed(text: str) -> str:
    """Return *text* as if the program had written it, so that only what it says can be wrong."""
    head, _, rest = text.partition(CONTENT)
    body = rest.partition("\n")[2]
    return f'{head}{CONTENT} "{content_hash(body)}"\n{body}'


def found_after(plan: Path, old: str, new: str) -> list[str]:
    text = (plan / "calibration.yaml").read_text(encoding="utf-8")
    assert old in text
    (plan / "calibration.yaml").write_text(signed(text.replace(old, new, 1)), encoding="utf-8")
    with pytest.raises(BadInput) as raised:
        load_baseline(plan, plan)
    assert all(mistake.line("zh") for mistake in raised.value.mistakes)
    assert {mistake.place.file for mistake in raised.value.mistakes} == {"calibration.yaml"}
    return [mistake.code for mistake in raised.value.mistakes]


def test_what_was_written_is_what_is_read(plan: Path) -> None:
    assert load_baseline(plan, plan).calibration == CALIBRATION


def test_infinite_tails_and_caps_are_words(plan: Path) -> None:
    series = dataclasses.replace(SERIES, cap=Estimate(math.inf, 0.0, "C", "none"))
    gaussian = dataclasses.replace(
        CALIBRATION,
        dof=Estimate(math.inf, 0.0, "C", "assumed"),
        series={"research_spending": series},
        checks=(),
    )
    (plan / "calibration.yaml").write_text(calibration_text(gaussian), encoding="utf-8")
    assert load_baseline(plan, plan).calibration == gaussian


@given(st.floats(-1e6, 1e6), st.floats(0, 1e3))
def test_six_digits_survive(value: float, se: float) -> None:
    kept = Estimate(float(f"{value:.6g}"), float(f"{se:.6g}"), "C", "m")
    text = calibration_text(dataclasses.replace(CALIBRATION, exits={"x": kept}))
    found = Found()
    calibration = calibration_from_document(document_from_text(text, "calibration.yaml"), found)
    assert found.mistakes == []
    assert calibration.exits["x"] == kept


def test_a_plan_without_a_calibration_has_none() -> None:
    assert load_calibration(TINY, ROOT, Found()) is None


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("estimator:", "estimater:", "missing-field"),
        ("estimator:", "more: 1\nestimator:", "unknown-field"),
        ("    mu:", "    muu:", "missing-field"),
        ("window: [2010, 2020]", "window: [2020, 2010]", "not-a-window"),
        ("window: [2010, 2020]", "window: [2010]", "not-a-window"),
        ("has_trend: true", "has_trend: 1", "not-true-or-false"),
        ("passed: true", "passed: perhaps", "not-true-or-false"),
        ("grade: B", "grade: D", "bad-choice"),
        ("value: 0.1,", "value: high,", "not-number"),
        ("value: 0.3,", "value: 1.3,", "phi-out-of-range"),
        ("value: 0.04,", "value: -0.04,", "negative-sd"),
        ("se: 0.25", "se: -0.25", "negative-se"),
        ("dof: {value: 8,", "dof: {value: 2,", "dof-out-of-range"),
        ("dof: {value: 8,", "dof: {value: none,", "not-number"),
        ("cap: {value: 0.18", "cap: {value: gaussian", "not-number"),
        ("units: 10", "units: 10.5", "not-integer"),
        ("  science: {value", "  sciense: {value", "not-calibrated"),
        ("  common:", "  comon:", "bad-choice"),
        ("  research_spending:\n", "  research_spendig:\n", "unknown-series"),
    ],
)
def test_what_cannot_be_a_calibration_is_refused(plan: Path, old: str, new: str, code: str) -> None:
    assert code in found_after(plan, old, new)


def test_N10_loadings_whose_squares_sum_above_one_are_refused_with_the_indicator(plan: Path) -> None:
    strong = {"economy": {"research": estimate(0.8)}, "science": {"research": estimate(0.7)}}
    text = calibration_text(dataclasses.replace(CALIBRATION, loadings={"year": Loadings(strong)}))
    (plan / "calibration.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(BadInput) as raised:
        load_baseline(plan, plan)
    (mistake,) = raised.value.mistakes
    assert mistake.code == "loadings-above-one"
    assert "'research'" in mistake.line("en")


def test_a_number_typed_by_hand_is_refused(plan: Path) -> None:
    text = (plan / "calibration.yaml").read_text(encoding="utf-8")
    (plan / "calibration.yaml").write_text(text.replace("0.18", "0.19", 1), encoding="utf-8")
    with pytest.raises(BadInput) as raised:
        load_baseline(plan, plan)
    assert [(m.code, m.place.file) for m in raised.value.mistakes] == [
        ("edited-calibration", "calibration.yaml")
    ]


def test_figures_that_changed_since_are_named(plan: Path) -> None:
    panel = (plan / "panel.csv").read_text(encoding="utf-8")
    (plan / "panel.csv").write_text(panel + "\n", encoding="utf-8")
    with pytest.raises(BadInput) as raised:
        load_baseline(plan, plan)
    [mistake] = raised.value.mistakes
    assert (mistake.code, dict(mistake.details)["files"]) == ("stale-calibration", "panel.csv")


def test_a_calibration_of_other_indicators_is_refused(plan: Path) -> None:
    other = dataclasses.replace(
        CALIBRATION,
        indicators={"reserch": INDICATOR, "new_firms": dataclasses.replace(INDICATOR, series=())},
        loadings={"common": Loadings({"economy": {"firms": estimate(0.5)}})},
    )
    (plan / "calibration.yaml").write_text(calibration_text(other), encoding="utf-8")
    with pytest.raises(BadInput) as raised:
        load_baseline(plan, plan)
    found = [(mistake.code, dict(mistake.details)["name"]) for mistake in raised.value.mistakes]
    assert sorted(found) == [
        ("not-calibrated", "new_firms"),
        ("not-calibrated", "research"),
        ("unknown-indicator", "common: firms"),
        ("unknown-indicator", "reserch"),
    ]


def test_an_exit_that_the_calibration_lacks_is_named(plan: Path) -> None:
    derived = (plan / "derived.yaml").read_text(encoding="utf-8")
    (plan / "derived.yaml").write_text(
        derived.replace("{assumption: firms_exit}", "{calibration: firms_valid}"), encoding="utf-8"
    )
    with pytest.raises(BadInput) as raised:
        load_baseline(plan, plan)
    assert [(m.code, m.place.file) for m in raised.value.mistakes] == [("not-calibrated", "calibration.yaml")]
    known = dataclasses.replace(CALIBRATION, exits={"firms_valid": estimate(0.05)})
    (plan / "calibration.yaml").write_text(calibration_text(known), encoding="utf-8")
    assert load_baseline(plan, plan).calibration == known
