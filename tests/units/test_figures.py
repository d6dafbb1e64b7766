from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.estimators import clopper_pearson
from sim.streams import BLOCK
from sim.tables.figures import (
    bare_chance,
    bare_span,
    growth,
    limit_of,
    margin,
    moved,
    number,
    percent,
    stated,
    times_in_hundred,
)
from tests.cube_strategies import answered, chances, driver, unanswered
from tests.strategies import target

draws = st.integers(1, 10).map(lambda blocks: blocks * BLOCK)


@given(chances, draws)
def test_no_probability_is_shown_as_none_or_all(p: float, count: int) -> None:
    assert re.fullmatch(r"[<>]?\d+(\.\d)? %", percent(p, count))
    assert float(percent(p, count).strip("<>% ")) not in (0.0, 100.0)


@given(chances, draws)
def test_what_is_shown_lies_within_half_a_per_cent_of_what_it_is(p: float, count: int) -> None:
    shown = percent(p, count)
    value = float(shown.strip("<>% ")) / 100
    if shown[0] == "<":
        assert p < value
    elif shown[0] == ">":
        assert p > value
    else:
        assert abs(value - p) <= (0.00051 if "." in shown else 0.0051)


@given(chances, chances, draws)
def test_a_larger_probability_is_never_shown_as_a_smaller_one(p: float, q: float, count: int) -> None:
    low, high = (float(percent(x, count).strip("<>% ")) for x in sorted((p, q)))
    assert low <= high


@pytest.mark.parametrize(("count", "limit"), [(1000, 0.004), (BLOCK, 0.001), (10 * BLOCK, 0.001)])
def test_fewer_draws_tell_less_from_zero(count: int, limit: float) -> None:
    assert limit_of(count) == limit
    assert clopper_pearson(np.zeros(()), np.asarray(float(count)))[1] <= limit
    assert percent(0.0, count) == f"<{100 * limit:.1f} %"
    assert percent(1.0, count) == f">{100 - 100 * limit:.1f} %"


@pytest.mark.parametrize(
    ("p", "shown"),
    [(0.52, "52 %"), (0.0432, "4.3 %"), (0.0494, "4.9 %"), (0.0496, "5 %"), (0.9953, "99.5 %")],
)
def test_tenths_are_shown_only_near_none_and_all(p: float, shown: str) -> None:
    assert percent(p, BLOCK) == shown


def test_a_range_of_one_look_is_one_number() -> None:
    assert bare_span(0.363, 0.682, BLOCK) == "36-68"
    assert bare_span(0.5092, 0.5093, BLOCK) == "51"
    assert bare_span(0.0, 0.3, BLOCK) == "<0.1-30"
    assert bare_span(0.983, 1.0, BLOCK) == "98.3 - >99.9"


def test_one_assumption_that_moves_it_far_makes_it_a_range() -> None:
    row = target("H01", "firms", 10.0)
    assert bare_chance(answered(row, 0.5, driver=driver(0.45, 0.6)), BLOCK) == "50"
    assert bare_chance(answered(row, 0.5, driver=driver(0.7, 0.4)), BLOCK) == "40-70"
    assert bare_chance(answered(row, 0.3, driver=driver(0.7, 0.4)), BLOCK) == "30-70"


def test_a_target_without_an_answer_has_no_chance_to_show() -> None:
    with pytest.raises(ValueError, match="H01"):
        bare_chance(unanswered(target("H01", "firms", 10.0)), BLOCK)


def test_differences_are_points_with_a_sign_and_none_is_told_from_little() -> None:
    assert moved(0.52, 0.40) == "-12"
    assert moved(0.52, 0.523) == "+0.3"
    assert moved(0.52, 0.5201) == "<0.1"
    assert moved(0.52, 0.52) == "="
    assert moved(0.020, 0.003) == "-1.7"


def test_the_error_of_the_simulation_is_half_its_interval_in_points() -> None:
    assert margin(0.49, 0.55) == "+/-3.0"
    assert margin(0.4998, 0.5002) == "<0.1"


def test_numbers_have_four_digits_and_those_of_the_document_all_of_theirs() -> None:
    assert [number(x) for x in (2.78034, 49.46116, 8172.9, 494611.6)] == ["2.78", "49.46", "8,173", "494,612"]
    assert [stated(x) for x in (2.8, 456638.0, 4349.4)] == ["2.8", "456,638", "4,349.4"]
    assert growth(0.04569) == "4.6 %"
    assert [times_in_hundred(x) for x in (0.0, 0.004, 0.636, 1.0)] == [0, 0, 64, 100]
