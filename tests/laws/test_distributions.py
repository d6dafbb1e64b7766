"""Laws that every distribution of sizes keeps; a member that is added later is tested here unasked."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.axes import Floats
from sim.distributions import (
    Amount,
    Distribution,
    Empirical,
    Fixed,
    Lognormal,
    Normal,
    Pert,
    StudentT,
    Triangular,
    Uniform,
    distribution,
)
from tests.members import Fields, from_fields, with_later_members

NUMBERS = st.floats(-20.0, 20.0, allow_nan=False).map(lambda x: round(x, 3))
WIDTHS = st.floats(0.05, 10.0).map(lambda x: round(x, 3))


@st.composite
def bounded(draw: st.DrawFn, kind: Any, has_mode: bool) -> Distribution:
    low, width, part = draw(NUMBERS), draw(WIDTHS), draw(st.floats(0.0, 1.0))
    high = low + width
    mode = min(max(low + part * width, low), high)
    made: Distribution = kind(low, mode, high) if has_mode else kind(low, high)
    return made


FIELDS: Fields = {
    Amount: NUMBERS,
    float: st.floats(0.05, 0.6),
    tuple[Amount, ...]: st.lists(NUMBERS, min_size=1, max_size=4).map(tuple),
    tuple[float, ...]: st.just(()),
}
"""What the fields of a distribution that has no strategy beneath may be."""

KNOWN: dict[str, st.SearchStrategy[Distribution]] = {
    "fixed": st.builds(Fixed, NUMBERS),
    "normal": st.builds(Normal, NUMBERS, WIDTHS),
    "student_t": st.builds(StudentT, NUMBERS, WIDTHS, st.floats(3.0, 40.0)),
    "triangular": bounded(Triangular, True),
    "pert": bounded(Pert, True),
    "uniform": bounded(Uniform, False),
    "lognormal": st.builds(Lognormal, NUMBERS.filter(lambda x: abs(x) > 0.01), st.floats(0.05, 0.6)),
    "empirical": st.lists(st.tuples(NUMBERS, st.floats(0.1, 3.0)), min_size=1, max_size=8).map(
        lambda pairs: Empirical(tuple(v for v, _ in pairs), tuple(w for _, w in pairs))
    ),
}
MEMBERS = with_later_members(distribution, KNOWN, FIELDS)
ANY = st.one_of(*MEMBERS.values())


def grid(count: int) -> Floats:
    return (np.arange(count) + 0.5) / count


def test_every_member_of_the_family_is_tested() -> None:
    assert set(MEMBERS) == set(distribution) >= set(KNOWN)


@pytest.mark.parametrize("name", ["fixed", "normal", "uniform", "lognormal", "empirical"])
@given(st.data())
def test_a_distribution_is_made_from_its_fields_alone(name: str, data: st.DataObject) -> None:
    member = data.draw(from_fields(distribution[name], FIELDS))

    assert distribution.name_of(member) == name
    assert list(member.flaws()) == []


@given(ANY)
def test_legal_members_have_no_flaw_and_are_found_under_their_name(member: Distribution) -> None:
    assert list(member.flaws()) == []
    assert distribution[distribution.name_of(member)] is type(member)


@given(ANY)
def test_quantiles_are_finite_and_never_fall(member: Distribution) -> None:
    quantiles = member.quantile(grid(2001))

    assert np.isfinite(quantiles).all()
    assert (np.diff(quantiles) >= -1e-12).all()


@given(ANY)
def test_quantiles_stay_inside_the_support(member: Distribution) -> None:
    low, high = member.support()
    quantiles = member.quantile(np.array([1e-12, 1e-3, 0.5, 1.0 - 1e-3, 1.0 - 1e-12]))

    assert (quantiles >= low - 1e-9).all()
    assert (quantiles <= high + 1e-9).all()


@given(ANY)
def test_the_mean_is_the_integral_of_the_quantiles(member: Distribution) -> None:
    quantiles = member.quantile(grid(40_001))

    # A midpoint rule loses a little of each tail; the fattest here is a t with three degrees of freedom.
    assert float(np.mean(quantiles)) == pytest.approx(
        member.mean(), abs=2e-3 * max(1.0, float(np.std(quantiles)))
    )


@given(ANY, st.floats(0.01, 3.0))
def test_scaling_scales_every_quantile(member: Distribution, factor: float) -> None:
    u = grid(101)

    np.testing.assert_allclose(
        member.scaled(factor).quantile(u), factor * member.quantile(u), rtol=1e-9, atol=1e-9
    )
    assert member.scaled(factor).mean() == pytest.approx(factor * member.mean(), abs=1e-9)


@given(ANY.filter(lambda member: not isinstance(member, Empirical)))
def test_a_negative_factor_mirrors(member: Distribution) -> None:
    u = grid(101)

    np.testing.assert_allclose(
        member.scaled(-2.0).quantile(u), -2.0 * member.quantile(1.0 - u), rtol=1e-7, atol=1e-7
    )
    assert list(member.scaled(-2.0).flaws()) == []


@given(ANY)
def test_members_are_frozen_and_equal_by_value(member: Distribution) -> None:
    fields = {field.name: getattr(member, field.name) for field in dataclasses.fields(member)}  # type: ignore[arg-type]

    assert type(member)(**fields) == member
    assert hash(type(member)(**fields)) == hash(member)


def test_closed_forms_are_exact() -> None:
    half = np.array([0.5])

    assert Normal(1.0, 2.0).quantile(half)[0] == 1.0
    assert Normal(0.0, 1.0).quantile(np.array([0.975]))[0] == pytest.approx(1.959963984540054, abs=1e-14)
    assert StudentT(0.0, 1.0, 4.0).quantile(np.array([0.975]))[0] == pytest.approx(
        2.7764451051977987 * math.sqrt(0.5), abs=1e-12
    )
    assert Triangular(0.0, 1.0, 2.0).quantile(np.array([0.125]))[0] == 0.5
    assert Uniform(2.0, 6.0).quantile(np.array([0.25]))[0] == 3.0
    assert Lognormal(-2.0, 0.5).quantile(half)[0] == -2.0
    assert Lognormal(2.0, 0.5).mean() == pytest.approx(2.0 * math.exp(0.125))
    assert Pert(0.0, 2.0, 6.0).mean() == pytest.approx(14.0 / 6.0)
    # With shapes 3 and 3 the median of the beta distribution is its middle.
    assert Pert(0.0, 1.0, 2.0).quantile(half)[0] == pytest.approx(1.0, abs=1e-14)


def test_the_spread_of_a_student_t_is_its_sd() -> None:
    quantiles = StudentT(0.0, 2.0, 8.0).quantile(grid(400_001))

    assert float(np.std(quantiles)) == pytest.approx(2.0, rel=1e-3)


def test_the_spread_of_a_pert_is_that_of_its_beta() -> None:
    up, down = 1.0 + 4.0 * 0.25, 1.0 + 4.0 * 0.75
    variance = up * down / ((up + down) ** 2 * (up + down + 1.0))

    quantiles = Pert(0.0, 0.25, 1.0).quantile(grid(100_001))

    assert float(np.var(quantiles)) == pytest.approx(variance, rel=1e-3)


def test_an_empirical_distribution_gives_each_value_its_weight() -> None:
    quantiles = Empirical((3.0, 1.0, 2.0), (1.0, 2.0, 1.0)).quantile(grid(400))

    assert [int(np.sum(quantiles == value)) for value in (1.0, 2.0, 3.0)] == [200, 100, 100]


@pytest.mark.parametrize(
    ("member", "field", "code"),
    [
        (Normal(0.0, 0.0), "sd", "not-above-zero"),
        (StudentT(0.0, 1.0, 2.0), "dof", "dof-too-small"),
        (StudentT(0.0, -1.0, 3.0), "sd", "not-above-zero"),
        (Triangular(1.0, 0.0, 2.0), "mode", "mode-outside"),
        (Pert(0.0, 3.0, 2.0), "mode", "mode-outside"),
        (Pert(2.0, 2.0, 2.0), "high", "low-not-below-high"),
        (Uniform(1.0, 0.0), "high", "low-not-below-high"),
        (Lognormal(0.0, 1.0), "median", "zero-median"),
        (Lognormal(1.0, 0.0), "log_sd", "not-above-zero"),
        (Empirical(()), "values", "no-values"),
        (Empirical((1.0, 2.0), (1.0,)), "weights", "weights-of-other-length"),
        (Empirical((1.0, 2.0), (1.0, -1.0)), "weights", "bad-weights"),
    ],
)
def test_illegal_fields_are_flaws(member: Distribution, field: str, code: str) -> None:
    assert [(flaw.field, flaw.code) for flaw in member.flaws()] == [(field, code)]
