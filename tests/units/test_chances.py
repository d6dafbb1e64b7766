"""Where a chance is conditional, where hits are counted, and the rare forms."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from sim.baseline.plan import Baseline, Derived, Target
from sim.model import compiled
from tests.engine_blocks import worked
from tests.scenario_strategies import derived
from tests.strategies import lone, noise, plan, scenario, target

QUANTITIES = (
    derived("intensity", "ratio", numerator="rd", denominator="gdp", factor=100.0),
    derived("lagged", "ratio", numerator="rd", denominator="gdp", lag=2, factor=100.0),
    derived("stock", "stock", inflow="rd", base=("history", "gdp"), exit=("value", "0.05")),
    derived("firms", "stock", inflow="new", base=("value", "600"), exit=("value", "0")),
    derived("nested", "ratio", numerator="intensity", denominator="gdp", factor=1000.0),
    derived("over", "ratio", numerator="rd", denominator="stock"),
    derived("density", "ratio", numerator="new", denominator="gdp"),
    derived("turnover", "ratio", numerator="stock", denominator="rd"),
    derived("firmdensity", "ratio", numerator="firms", denominator="gdp"),
)


def made_plan(targets: tuple[Target, ...], quantities: tuple[Derived, ...] = QUANTITIES) -> Baseline:
    return plan(
        {"a": {"rd": 1000.0, "new": 40.0}, "b": {"rd": 600.0, "new": 15.0}},
        more=(lone("gdp", 5000.0),),
        changes={"new": {"kind": "count"}},
        derived=quantities,
        targets=targets,
    )


COUNTED = (
    target("count", "new", 90.0),
    target("sum", "rd", 10000.0, kind="cumulative_flow"),
    target("rates", "rd", 9.0, kind="mean_of_rates"),
    target("growth of a ratio", "intensity", 1.0, kind="mean_growth"),
    target("a ratio over a ratio", "nested", 4.8),
    target("over a stock", "over", 0.2),
    target("count over level", "density", 0.012),
    target("stock over its own inflow", "turnover", 5.0),
    target("stock of counts", "firms", 1000.0, kind="stock"),
    target("stock of counts over a level", "firmdensity", 0.14),
)
SMOOTH = (
    target("level", "rd", 2600.0),
    target("ratio", "intensity", 34.0),
    target("ratio to the base year", "lagged", 36.0, year=2021),
    target("lagged ratio", "lagged", 40.0, year=2024),
    target("stock", "stock", 13000.0, kind="stock"),
)


@pytest.mark.parametrize("made", COUNTED, ids=lambda t: t.id)
def test_hits_are_counted_where_no_single_normal_is_left(made: Target) -> None:
    b = made_plan((made,))
    outcome = worked(scenario(b), b).outcomes[0]

    assert np.array_equal(outcome.chance, outcome.hit)
    assert 0.01 < outcome.hit.mean() < 0.99


@pytest.mark.parametrize("made", SMOOTH, ids=lambda t: t.id)
def test_chances_are_smooth_and_agree_with_hits(made: Target) -> None:
    b = made_plan((made,))
    difference = left = 0.0
    for block in range(4):
        outcome = worked(scenario(b), b, block).outcomes[0]
        difference += float(np.sum(outcome.hit - outcome.chance))
        left += float(np.sum(outcome.chance * (1.0 - outcome.chance)))
        assert len(np.unique(outcome.chance)) > 4000

    assert abs(difference) <= 4.5 * math.sqrt(left)


@pytest.mark.parametrize("made", SMOOTH, ids=lambda t: t.id)
def test_without_noise_a_chance_is_none_or_all(made: Target) -> None:
    for times, expected in ((0.5, 1.0), (2.0, 0.0)):
        moved = replace(made, threshold=made.threshold * times)
        b = made_plan((moved,))
        outcome = worked(scenario(b, noise=noise(province=0.0, city=0.0)), b).outcomes[0]

        assert np.all(outcome.chance == expected)
        assert np.all(outcome.hit == expected)


def test_a_stock_starts_from_the_published_figure_of_the_base_year() -> None:
    b = made_plan(())
    block = worked(scenario(b, noise=noise(province=0.0, city=0.0)), b)
    rd, _, stock = (block.model.quantities.position(q) for q in ("rd", "gdp", "stock"))

    assert np.allclose(block.quantities[stock, 0], 5000.0 * 0.95 + block.quantities[rd, 0], rtol=1e-12)


@pytest.mark.parametrize("field", ["base", "exit"])
def test_a_stock_without_base_or_exit_was_refused_before(field: str) -> None:
    b = made_plan((), tuple(replace(d, **{field: None}) if d.id == "stock" else d for d in QUANTITIES))  # type: ignore

    with pytest.raises(ValueError, match="stock"):
        compiled(scenario(b), b)


@pytest.mark.parametrize("scope", ["province", "cities"])
def test_an_actual_base_without_a_series_was_refused_before(scope: str) -> None:
    b = made_plan(())
    name = {"province": "gdp", "cities": "rd"}[scope]
    broken = tuple(replace(i, base="actual", base_series=None) if i.id == name else i for i in b.indicators)

    with pytest.raises(ValueError, match=name):
        compiled(scenario(b), replace(b, indicators=broken))
