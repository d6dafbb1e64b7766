"""N4: draws and a reference run as stored; only ``python3 run.py golden`` stores them anew."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.golden import refresh

ADVICE = "if the change is meant: python3 run.py golden, and say why in the commit"


def test_N4_draws_are_those_that_were_stored() -> None:
    assert json.loads(refresh.DRAWS.read_text(encoding="utf-8")) == refresh.draws(), ADVICE


def test_N4_the_reference_run_gives_the_stored_numbers() -> None:
    """Counts exactly; floats to 1e-12, since libraries may round a logarithm either way."""
    stored = json.loads(refresh.RUN.read_text(encoding="utf-8"))
    fresh = refresh.reference_run()

    assert list(fresh) == list(stored)
    for scenario, numbers in fresh.items():
        for field, values in numbers.items():
            expected = stored[scenario][field]
            if values and isinstance(values[0], str):
                here, there = ([float.fromhex(x) for x in row] for row in (values, expected))
                size = max(map(abs, there))
                assert here == pytest.approx(there, rel=1e-12, abs=1e-12 * size), (scenario, field, ADVICE)
            else:
                assert values == expected, (scenario, field, ADVICE)


def test_refreshing_writes_both_files_and_nothing_else(tmp_path: Path) -> None:
    written = refresh.refresh(tmp_path)

    assert sorted(tmp_path.iterdir()) == sorted(written)
    assert [path.name for path in written] == ["draws.json", "run.json"]
    assert json.loads(written[0].read_text(encoding="utf-8")) == refresh.draws()
