"""A pipeline as text: its stocks by month, its flows by year; and its flows as columns of a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from sim.axes import Floats
from sim.baseline.plan import Baseline
from sim.outputs.machine_tables import Cell, machine_csv, parquet, people_csv
from sim.outputs.text_table import display_width
from sim.studies.coupling import Coupled
from sim.studies.pipeline_flows import PipelineFlows
from sim.tables.layout import WIDEST, column_groups, paragraph, wrapped_table
from sim.tables.wording import words_of
from sim.texts import say

Balances = Mapping[str, Sequence[tuple[float, float, float]]]
Flows = Mapping[tuple[str, str], Floats]


def pipelines_text(baseline: Baseline, lang: str) -> str:
    """Return a row for every pipeline of the plan."""
    if not baseline.pipelines:
        return say("pipeline.none", lang, plan=baseline.id)
    head = [say(f"pipeline.head.{word}", lang) for word in ("id", "name", "kind", "outputs")]
    rows = [
        (
            plan.id,
            plan.name.in_language(lang),
            words_of(f"pipeline.kind.{plan.kind}", lang, plan.kind),
            " ".join(plan.outputs.values()),
        )
        for plan in baseline.pipelines.values()
    ]
    return say("pipeline.list", lang, plan=baseline.id) + "\n" + wrapped_table(head, rows, {1: 34, 3: 40})


def account_name(account: str, lang: str) -> str:
    """Return the name of an account; those of an age carry its number."""
    word, _, number = account.partition(" ") if account.startswith("age ") else (account, "", "")
    return say(f"pipeline.account.{word.replace(' ', '-')}", lang, **({"n": number} if number else {}))


def months_text(months: Sequence[date], balances: Balances, lang: str) -> str:
    """Return balances at month ends; a column for every account, in parts where they are too wide."""
    first = [say("pipeline.head.month", lang), *(when.isoformat()[:7] for when in months)]
    columns = [
        [account_name(name, lang), *(_spread(*each) for each in balance)]
        for name, balance in balances.items()
    ]
    widths = [_least_width(column) for column in columns]
    parts = []
    for part in column_groups(columns, widths, WIDEST - max(map(display_width, first))):
        head, *rows = zip(first, *part, strict=True)
        most = {i: _least_width(column) for i, column in enumerate(part, start=1)}
        parts.append(wrapped_table(head, rows, most, right=tuple(most)))
    return say("pipeline.stocks", lang) + "\n" + "\n\n".join(parts)


def _least_width(column: Sequence[str]) -> int:
    """Return the places that a column needs whose head may break between words, and its cells may not."""
    head, *cells = column
    return max(*(display_width(word) for word in head.split()), *(display_width(cell) for cell in cells))


def _spread(mean: float, low: float, high: float) -> str:
    return f"{mean:,.0f}" if low == high else f"{mean:,.0f} ({low:,.0f}-{high:,.0f})"


def flows_text(years: Sequence[int], flows: Flows, lang: str) -> str:
    """Return mean flows by year."""
    rows = [
        (*(account_name(end, lang) for end in key), *(f"{value:,.1f}" for value in flow[0]))
        for key, flow in flows.items()
    ]
    head = [*(say(f"pipeline.head.{word}", lang) for word in ("from", "to")), *map(str, years)]
    table = wrapped_table(head, rows, {}, right=tuple(range(2, len(head))))
    return say("pipeline.flows", lang) + "\n" + table


def coupling_text(coupled: Coupled, lang: str) -> str:
    """Return the probabilities of the pipeline's targets, alone and with headline targets, in per cent.

    A row as it is, beneath it one *apart*: with noise as strong, but of its own.
    """
    head = [
        *(say(f"pipeline.head.{word}", lang) for word in ("target", "noise", "alone")),
        *(target.id for target in coupled.headline),
        say("pipeline.head.all", lang),
    ]
    rows = [
        (f"{target.id} {target.version}", say(f"pipeline.noise.{word}", lang), *_percents(coupled, i, own))
        for own, target in enumerate(coupled.own)
        for i, word in enumerate(("shared", "apart"))
    ]
    table = wrapped_table(head, rows, {}, right=tuple(range(2, len(head))))
    return paragraph(say("pipeline.coupling", lang, draws=f"{coupled.draws:,}")) + "\n" + table


def _percents(coupled: Coupled, way: int, own: int) -> list[str]:
    parts = (coupled.alone[way, own], *coupled.both[way, own], coupled.all[way, own])
    return [_tenths(float(part)) for part in parts]


def _tenths(share: float) -> str:
    """Return a probability in per cent with one decimal; never none or all, which no simulation can say."""
    text = f"{100.0 * share:.1f}"
    return {"0.0": "<0.1", "100.0": ">99.9"}.get(text, text)


def flow_columns(
    pipelines: Mapping[str, Flows], baseline: Baseline, seed: int, draws: int
) -> dict[str, list[Cell]]:
    """Return the flow table: a row for each pipeline, pair of accounts and year; names in both languages."""
    rows: list[tuple[Cell, ...]] = [
        (
            pipe,
            *baseline.pipelines[pipe].name,
            *(part for end in pair for part in (end, account_name(end, "zh"), account_name(end, "en"))),
            year,
            *(float(part) for part in flow[:, t]),
            draws,
            seed,
        )
        for pipe, flows in pipelines.items()
        for pair, flow in flows.items()
        for t, year in enumerate(baseline.years)
    ]
    ends = ("from", "from_zh", "from_en", "to", "to_zh", "to_en")
    names = ("pipeline", "name_zh", "name_en", *ends, "year", "mean", "p10", "p90", "draws", "seed")
    return {name: [row[i] for row in rows] for i, name in enumerate(names)}


def flow_files(flows: PipelineFlows) -> dict[str, bytes]:
    """Return the flow table of a scenario as CSV for programs, CSV for spreadsheets, and Parquet."""
    if not flows.flows:
        return {}
    columns = flow_columns(flows.flows, flows.baseline, flows.seed, flows.draws)
    return {
        "flows.csv": machine_csv(columns),
        "flows.parquet": parquet(columns),
        "flows_excel.csv": people_csv(columns),
    }
