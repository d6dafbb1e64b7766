"""A pipeline as text: its stocks by month, its flows by year; and its flows as columns of a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from sim.axes import Floats
from sim.baseline.plan import Baseline
from sim.outputs.machine_tables import Cell
from sim.tables.layout import wrapped_table
from sim.texts import say

Balances = Mapping[str, Sequence[tuple[float, float, float]]]
Flows = Mapping[tuple[str, str], Floats]


def pipelines_text(baseline: Baseline, lang: str) -> str:
    """Return a row for every pipeline of the plan."""
    if not baseline.pipelines:
        return say("pipeline.none", lang, plan=baseline.id)
    head = [say(f"pipeline.head.{word}", lang) for word in ("id", "name", "kind", "outputs")]
    rows = [
        (plan.id, plan.name.in_language(lang), plan.kind, " ".join(plan.outputs.values()))
        for plan in baseline.pipelines.values()
    ]
    return say("pipeline.list", lang, plan=baseline.id) + "\n" + wrapped_table(head, rows, {1: 34, 3: 40})


def months_text(months: Sequence[date], balances: Balances, lang: str) -> str:
    """Return balances at month ends; a column for every account."""
    rows = [
        (when.isoformat()[:7], *(_spread(*balances[name][position]) for name in balances))
        for position, when in enumerate(months)
    ]
    head = [say("pipeline.head.month", lang), *balances]
    table = wrapped_table(head, rows, {}, right=tuple(range(1, len(head))))
    return say("pipeline.stocks", lang) + "\n" + table


def _spread(mean: float, low: float, high: float) -> str:
    return f"{mean:,.0f}" if low == high else f"{mean:,.0f} ({low:,.0f}-{high:,.0f})"


def flows_text(years: Sequence[int], flows: Flows, lang: str) -> str:
    """Return mean flows by year."""
    rows = [(*key, *(f"{value:,.1f}" for value in flow[0])) for key, flow in flows.items()]
    head = [*(say(f"pipeline.head.{word}", lang) for word in ("from", "to")), *map(str, years)]
    table = wrapped_table(head, rows, {}, right=tuple(range(2, len(head))))
    return say("pipeline.flows", lang) + "\n" + table


def flow_columns(pipe: str, years: Sequence[int], flows: Flows) -> dict[str, list[Cell]]:
    """Return the flow table: one row for each pair of accounts and year."""
    rows: list[tuple[Cell, ...]] = [
        (pipe, source, target, year, *(float(part) for part in flow[:, t]))
        for (source, target), flow in flows.items()
        for t, year in enumerate(years)
    ]
    names = ("pipeline", "from", "to", "year", "mean", "p10", "p90")
    return {name: [row[i] for row in rows] for i, name in enumerate(names)}
