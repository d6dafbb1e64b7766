"""plan_vs_outcome.csv: earlier targets and what became of them; a realism check, never a probability."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sim.baseline.plan import Baseline, PastTarget, Target
from sim.errors import Found
from sim.marked.table import NUMBER, Row
from sim.units import units

FILE = "plan_vs_outcome.csv"
COLUMNS = (
    "plan",
    "region",
    "indicator",
    "base_year",
    "base",
    "target_year",
    "target",
    "outcome",
    "unit",
    "hit",
    "source_target",
    "source_outcome",
    "quote",
)


def load_track_record(folder: Path, root: Path, found: Found) -> tuple[PastTarget, ...]:
    """Return the rows of the file whose target and outcome are numbers; none without the file.

    A row that says hit or miss against its own numbers is a mistake.
    """
    from sim.baseline.fields import (
        table_or_none,  # with it comes YAML, which who does not load has no need of
    )

    path = folder / FILE
    table = table_or_none(path, root, COLUMNS, found) if path.exists() else None
    rows = () if table is None else table.rows
    return tuple(past for row in rows if (past := _past_target(row, found)) is not None)


def _past_target(row: Row, found: Found) -> PastTarget | None:
    for column in ("plan", "indicator", "unit", "source_target", "source_outcome"):
        row[column].required(found)
    numbers = [row.text(column) for column in ("target", "outcome")]
    if not all(NUMBER.fullmatch(text) for text in numbers):
        return None
    target, outcome = (float(text) for text in numbers)
    year = row["target_year"].integer(found)
    said = row.text("hit").split(" ")[0]
    if said in ("hit", "miss") and (said == "hit") != (outcome >= target):
        row["hit"].mistake(found, "track-record-contradicts", target=f"{target:g}", outcome=f"{outcome:g}")
    kind = kind_of_unit(row.text("unit"))
    return PastTarget(
        row.text("plan"), row.text("region"), row.text("indicator"), kind, year or 0, target, outcome
    )


def kind_of_unit(unit: str) -> str:
    """Return ``ratio`` for a percentage, else ``amount``: the two kinds whose records differ."""
    return "ratio" if unit in units() and units()[unit].dimension == "share" else "amount"


@dataclass(frozen=True, slots=True)
class Record:
    """How earlier targets fared: *hits* of *count*; *own* counts those of the target's own quantity."""

    kind: str
    hits: int
    count: int
    own_hits: int
    own_count: int


def kind_of_target(target: Target) -> str:
    """Return whose record *target* shares: mean growth has none of its own and goes with amounts."""
    share = target.kind in ("ratio", "rate", "coverage") and kind_of_unit(target.unit) == "ratio"
    return "ratio" if share else "amount"


LEAST_TARGETS = 4
"""Fewer earlier targets of a kind give their mean no finite variance (a Student t of count - 1)."""


@dataclass(frozen=True, slots=True)
class Attainment:
    """How earlier targets of a *kind* were attained: mean log of outcome over target, its error, how many.

    *se* is the standard deviation of the mean's posterior, a Student t of *count* - 1 degrees of freedom
    and scale ``s / sqrt(count)``.
    """

    kind: str
    mean: float
    se: float
    count: int


def attainment_of(kind: str, plan: Baseline) -> Attainment | None:
    """Return the attainment of a *kind*; None from fewer than `LEAST_TARGETS` targets."""
    known = [past for past in plan.track_record if past.kind == kind and past.target > 0.0 < past.outcome]
    if len(known) < LEAST_TARGETS:
        return None
    logs = np.log([past.outcome / past.target for past in known])
    freedom = len(logs) - 1
    scale = float(np.std(logs, ddof=1) / np.sqrt(len(logs)))
    return Attainment(kind, float(np.mean(logs)), scale * float(np.sqrt(freedom / (freedom - 2))), len(logs))


def record_of(target: Target, plan: Baseline) -> Record | None:
    """Return the record of earlier targets of the same kind as *target*; None where there is none."""
    kind = kind_of_target(target)
    same = [past for past in plan.track_record if past.kind == kind]
    names = {target.quantity or ""} | _series_of(target, plan)
    own = [past for past in same if past.indicator in names]
    return Record(kind, _hits(same), len(same), _hits(own), len(own)) if same else None


def _series_of(target: Target, plan: Baseline) -> set[str]:
    return {s for i in plan.indicators if i.id == target.quantity for s in i.series}


def _hits(past: Sequence[PastTarget]) -> int:
    return sum(p.outcome >= p.target for p in past)
