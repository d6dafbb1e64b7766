"""calibration.yaml: what is written is what is read, byte for byte."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.baseline.calibration import Calibration, PredictiveCheck
from sim.baseline.load_calibration import load_calibration
from sim.baseline.write_calibration import calibration_text
from sim.errors import Found
from tests.strategies import calibration, estimate, indicator


def made(**changes: object) -> Calibration:
    check = PredictiveCheck("log a/b", 1.0, 1.1, 1.0 / 1.1, 0.8, 1.25, True)
    base = replace(calibration((indicator("b"), indicator("a"))), checks=(check,), hashes={"panel.csv": "00"})
    return replace(base, **changes)  # type: ignore[arg-type]


def read_back(text: str, folder: Path) -> Calibration:
    (folder / "calibration.yaml").write_bytes(text.encode("utf-8"))
    found = Found()
    result = load_calibration(folder, folder, found)
    found.raise_if_any()
    assert result is not None
    return result


def test_what_is_written_is_read_back_and_written_the_same(tmp_path: Path) -> None:
    text = calibration_text(made())
    assert calibration_text(read_back(text, tmp_path)) == text


def test_the_head_says_that_it_is_never_written_by_hand() -> None:
    head = calibration_text(made()).splitlines()[0]
    assert head.startswith("#")
    assert "`python3 run.py calibrate`, never by hand" in head


def test_infinite_tails_and_missing_caps_have_words(tmp_path: Path) -> None:
    series = {"a": replace(made().series["a"], cap=estimate(float("inf")))}
    text = calibration_text(made(dof=estimate(float("inf")), series=series))
    assert "dof: {value: gaussian," in text
    assert "cap: {value: none," in text
    back = read_back(text, tmp_path)
    assert back.dof.value == float("inf")
    assert back.series["a"].cap.value == float("inf")


def test_numbers_without_meaning_are_not_written() -> None:
    with pytest.raises(ValueError, match="nan"):
        calibration_text(made(common_drift={"science": estimate(float("nan"))}))
    with pytest.raises(ValueError, match="inf"):
        calibration_text(made(common_drift={"science": estimate(float("inf"))}))


def test_methods_may_hold_quotes_and_chinese(tmp_path: Path) -> None:
    method = 'the "median": 中位数, {not} a map # nor a comment'
    text = calibration_text(made(exits={"stock": replace(estimate(0.1), method=method)}))
    assert read_back(text, tmp_path).exits["stock"].method == method


@given(st.floats(-1e6, 1e6).filter(lambda x: x == 0.0 or abs(x) > 1e-9))
def test_numbers_keep_six_digits_and_have_no_exponent(value: float) -> None:
    text = calibration_text(made(common_drift={"science": estimate(value)}))
    (line,) = [line for line in text.splitlines() if line.startswith("  science: ")]
    written = line.split("value: ")[1].split(",")[0]
    assert "e" not in written
    assert float(written) == pytest.approx(value, rel=5.1e-6, abs=0.0)
    again = calibration_text(made(common_drift={"science": estimate(float(written))}))
    assert again == text
