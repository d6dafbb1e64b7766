"""Parameters of sets: drawn by name and number of the set, within the bounds where they mean something."""

from __future__ import annotations

import numpy as np
import pytest

from sim.model.parameters import (
    Law,
    Parameter,
    ParameterTable,
    TableBuilder,
    drawn_parameters,
    proxies_of_sets,
    value_from_uniform,
)
from sim.streams import SETS
from tests.strategies import NOWHERE, estimate, name

U = (np.arange(200_000) + 0.5) / 200_000


def assumption(low: float, central: float, high: float) -> object:
    from sim.baseline.plan import Assumption

    return Assumption("a", name("a"), low, central, high, "1", "C", "made up", NOWHERE)


def test_an_estimate_is_normal_with_its_standard_error() -> None:
    values = value_from_uniform(Parameter("x", "normal", 0.3, 0.1), U)

    assert values.mean() == pytest.approx(0.3, abs=1e-6)
    assert values.std() == pytest.approx(0.1, rel=1e-3)


def test_a_positive_estimate_keeps_its_sign_its_mean_and_its_standard_error() -> None:
    values = value_from_uniform(Parameter("x", "positive", 0.04, 0.02, 0.0), U)

    assert values.min() > 0.0
    assert values.mean() == pytest.approx(0.04, rel=1e-4)
    assert values.std() == pytest.approx(0.02, rel=2e-3)


def test_a_spread_keeps_its_sign_and_its_mean_square() -> None:
    values = value_from_uniform(Parameter("x", "spread", 0.04, 0.02, 0.0), U)

    assert values.min() > 0.0
    assert np.mean(values**2) == pytest.approx(0.04**2, rel=2e-3)
    assert values.std() / values.mean() == pytest.approx(0.5, rel=2e-3)


@pytest.mark.parametrize("law", ["positive", "spread"])
def test_a_spread_of_zero_stays_at_zero_or_above(law: Law) -> None:
    values = value_from_uniform(Parameter("x", law, 0.0, 0.01, 0.0), U)

    assert values.min() == 0.0
    assert np.mean(values == 0.0) == pytest.approx(0.5, abs=1e-3)


def test_an_assumption_is_triangular_with_its_central_value_as_mode() -> None:
    values = value_from_uniform(Parameter("x", "triangular", 0.3, 0.0, 0.1, 0.9), U)
    counts, edges = np.histogram(values, bins=80, range=(0.1, 0.9))

    assert values.mean() == pytest.approx((0.1 + 0.3 + 0.9) / 3.0, rel=1e-5)
    assert edges[counts.argmax()] == pytest.approx(0.3, abs=0.011)


@pytest.mark.parametrize(("low", "high"), [(0.0, 0.35), (0.28, 1.0)])
def test_draws_stay_within_their_bounds(low: float, high: float) -> None:
    values = value_from_uniform(Parameter("x", "normal", 0.3, 0.1, low, high), U)

    assert values.min() >= low
    assert values.max() <= high


def test_without_an_error_a_parameter_is_a_constant() -> None:
    builder = TableBuilder()
    builder.estimate("e", estimate(0.2), 0.0, 1.0)
    builder.assumption(assumption(0.5, 0.5, 0.5))  # type: ignore[arg-type]
    table = builder.table()

    assert [p.law for p in table.rows] == ["constant", "constant"]
    assert np.all(drawn_parameters(table, 1, True, 0, SETS)[table.row("e")] == 0.2)


def test_a_name_stands_once_in_the_table() -> None:
    builder = TableBuilder()
    rows = [builder.constant("a", 1.0), builder.constant("b", 2.0), builder.constant("a", 1.0)]

    assert rows == [0, 1, 0]
    assert len(builder.table().rows) == 2


def made_table() -> ParameterTable:
    return ParameterTable(
        (Parameter("x", "normal", 1.0, 0.1), Parameter("y", "triangular", 0.5, 0.0, 0.2, 0.9))
    )


def test_draws_depend_on_the_name_and_the_number_of_the_set_alone() -> None:
    table = made_table()
    swapped = ParameterTable(table.rows[::-1])
    whole = drawn_parameters(table, 1, True, 0, 3 * SETS)

    assert np.array_equal(drawn_parameters(table, 1, True, SETS, SETS), whole[:, SETS : 2 * SETS])
    assert np.array_equal(drawn_parameters(swapped, 1, True, 0, 3 * SETS), whole[::-1])
    assert not np.array_equal(drawn_parameters(table, 2, True, 0, 3 * SETS), whole)
    assert not np.array_equal(whole[0], whole[1])


def test_fixed_parameters_stand_at_their_central_values() -> None:
    assert np.array_equal(drawn_parameters(made_table(), 1, False, 0, 4), [[1.0] * 4, [0.5] * 4])


@pytest.mark.parametrize("drawn", [False, True])
def test_a_held_parameter_keeps_its_value_and_touches_no_other(drawn: bool) -> None:
    table = made_table()
    held = ParameterTable(table.rows, ((1, 0.9),))
    values = drawn_parameters(held, 1, drawn, 0, SETS)

    assert np.all(values[1] == 0.9)
    assert np.array_equal(values[0], drawn_parameters(table, 1, drawn, 0, SETS)[0])


@pytest.mark.parametrize("proxies", [1, 2, 3, 5])
def test_each_run_of_as_many_sets_as_proxies_takes_each_proxy_once(proxies: int) -> None:
    taken = proxies_of_sets(7, "trade", proxies, 0, 60)

    assert np.array_equal(
        np.sort(taken.reshape(-1, proxies), axis=1), np.tile(range(proxies), (60 // proxies, 1))
    )
    for first in (1, 4, 16, 17):
        assert np.array_equal(proxies_of_sets(7, "trade", proxies, first, 16), taken[first : first + 16])
    assert proxies == 1 or len({tuple(run) for run in taken.reshape(-1, proxies)}) > 1  # in random order
