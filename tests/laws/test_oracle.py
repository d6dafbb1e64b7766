"""A second implementation, in plain Python and written from the model page, says the same."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.engine_blocks import Block, worked
from tests.oracle import Oracle
from tests.oracle_chances import chance
from tests.scenario_strategies import UNSHRUNK, Case, cases

DRAWS = 3
CLOSE = 1e-9
DRAWN = settings(
    max_examples=max(200, settings().max_examples),
    phases=UNSHRUNK,
    suppress_health_check=[HealthCheck.too_slow],
)


def compare(case: Case, block: Block, oracle: Oracle, draw: int) -> None:
    """Hold levels, targets, hits and chances of one draw against the oracle's."""
    at = (oracle.set_in_block, draw)
    model = block.model
    expected = oracle.levels(draw)
    for (area, quantity), levels in expected.items():
        k = model.quantities.position(quantity)
        column = list(model.with_cities).index(k) if k in model.with_cities else -1
        for t, level in enumerate(levels):
            if area == "":
                actual = block.quantities[(k, t, *at)]
            elif area == "unallocated":
                actual = block.levels.unallocated[(column, t, *at)]
            else:
                actual = block.city()[(model.cities.position(area), column, t, *at)]
            if column >= 0 and model.is_count[k]:
                assert actual == level, (area, quantity, t)
            else:
                whole = abs(block.quantities[(k, t, *at)]) if area == "unallocated" else 0.0
                rounding = max(1e-12, 4.0 * np.spacing(whole))  # of a difference: that of its parts
                assert actual == pytest.approx(level, rel=CLOSE, abs=rounding), (area, quantity, t)
    for outcome, target in zip(block.outcomes, case.baseline.targets, strict=True):
        value = oracle.value(target, expected)
        hit = oracle.is_hit(target, value)
        assert outcome.hit[at] == hit, target.id
        wanted = chance(oracle, target, draw)
        if wanted is None:
            wanted = float(hit)
        assert outcome.chance[at] == pytest.approx(wanted, rel=1e-8, abs=1e-9), target.id


@DRAWN
@given(cases(), st.integers(0, 3), st.integers(0, 15))
def test_N22_plain_python_equals_the_engine(case: Case, block: int, chosen: int) -> None:
    worked_block = worked(case.scenario, case.baseline, block)
    oracle = Oracle(case.baseline, case.scenario, block, chosen, DRAWS)

    for draw in range(DRAWS):
        compare(case, worked_block, oracle, draw)
