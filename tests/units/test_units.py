"""Units: a list, exact factors, and no text that is computed."""

from __future__ import annotations

import time
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.errors import Found, Place
from sim.units import convertible, known_unit, ratio_factor, units

HERE = Place("f.csv", 3, 4)


def factor_of(source: str, target: str) -> Fraction:
    """Return how many *target* are one *source*."""
    found = Found()
    factor = convertible(source, target, HERE, found)
    assert factor is not None
    assert not found.mistakes
    return factor


@pytest.mark.parametrize(
    ("source", "target", "factor"),
    [
        ("亿元", "万元", 10**4),
        ("万元", "亿元", Fraction(1, 10**4)),
        ("万人年", "人年", 10**4),
        ("名", "人", 1),
        ("万家", "家", 10**4),
    ],
)
def test_units_of_one_dimension_convert(source: str, target: str, factor: Fraction) -> None:
    assert factor_of(source, target) == factor


@given(st.sampled_from(sorted(units())), st.sampled_from(sorted(units())))
def test_a_conversion_and_its_inverse_cancel_or_both_are_refused(source: str, target: str) -> None:
    if units()[source].dimension == units()[target].dimension:
        assert factor_of(source, target) * factor_of(target, source) == 1
    else:
        found = Found()
        assert convertible(source, target, HERE, found) is None
        assert [mistake.code for mistake in found.mistakes] == ["unit-mismatch"]


def test_R4_percent_and_percentage_point_are_two_units_and_the_error_names_both() -> None:
    found = Found()
    assert convertible("%", "百分点", HERE, found) is None
    line = found.mistakes[0].line("zh")
    assert "%" in line
    assert "百分点" in line
    assert found.mistakes[0].code == "unit-mismatch"
    assert convertible("万元", "亿元", HERE, found) == Fraction(1, 10_000)
    assert len(found.mistakes) == 1


@pytest.mark.parametrize("text", ["9**9**9**9", "亿" * 100_000, "__import__('os')", "", "万亿元/"])
@pytest.mark.speed
def test_S8_unknown_units_are_refused_at_once(text: str) -> None:
    units()
    found = Found()
    start = time.perf_counter()
    assert known_unit(text, HERE, found) is None
    assert time.perf_counter() - start < 0.01
    assert [(m.code, m.place) for m in found.mistakes] == [("unknown-unit", HERE)]
    assert len(found.mistakes[0].line("en")) < 200


def test_an_unknown_unit_names_the_nearest() -> None:
    found = Found()
    assert known_unit("亿圆", HERE, found) is None
    assert dict(found.mistakes[0].details)["near"] == "亿元"
    assert known_unit("家", HERE, found) == "家"
    assert len(found.mistakes) == 1


def test_a_unit_like_none_is_offered_a_few_and_told_that_there_are_more() -> None:
    found = Found()
    known_unit("zzz", HERE, found)
    assert dict(found.mistakes[0].details)["near"].split(" / ") == [*list(units())[:6], "…"]


@pytest.mark.parametrize(
    ("above", "below", "unit", "factor"),
    [
        ("亿元", "亿元", "%", 100),
        ("亿元", "万元", "%", 10**6),
        ("件", "万人", "件/万人", 1),
        ("件", "人", "件/万人", 10**4),
        ("件", "万人", "%", None),
        ("亿元", "亿元", "件/万人", None),
    ],
)
def test_the_factor_of_a_ratio_follows_from_its_units(
    above: str, below: str, unit: str, factor: int | None
) -> None:
    assert ratio_factor(above, below, unit) == factor


def test_every_unit_has_a_name_in_both_languages() -> None:
    assert all(unit.name_zh and unit.name_en for unit in units().values())
