"""A hindcast as columns for files, and as a table for the screen."""

from __future__ import annotations

from sim.outputs.machine_tables import Columns
from sim.outputs.text_table import text_table
from sim.studies.hindcast.rivals import RIVALS
from sim.studies.hindcast.scores import EVENTS, LEVELS
from sim.studies.hindcast.study import Hindcast
from sim.studies.hindcast.summary import COVERAGES, LEAST_STRETCHES, Skill, Summary
from sim.texts import say

Cells = list[str | bool | int | float | None]


def score_columns(result: Hindcast) -> Columns:
    """Return a row for every origin, unit, series and year that has an outcome.

    Growth and scores are growth accumulated since the origin on the series' *scale*: of its log, of a share's
    logit, plain for rates of growth.
    """
    names = ["as_of", "region", "indicator", "year", "outcome", "crps", "pit"]
    names += [f"q{1000 * level:03.0f}" for level in LEVELS]
    names += [f"crps_{rival}" for rival in RIVALS]
    names += [f"{part}_{event}" for event in EVENTS for part in ("threshold", "chance", "hit")]
    names += ["scale"]
    columns: dict[str, Cells] = {name: [] for name in names}
    for s in result.scores:
        units, series, horizons = s.outcome.shape
        for i in range(units):
            for k in range(series):
                for h in range(horizons):
                    if s.crps[i, k, h] != s.crps[i, k, h]:
                        continue
                    row: Cells = [s.origin.as_of, s.origin.units[i], s.origin.series[k]]
                    row += [s.origin.as_of + h + 1, float(s.outcome[i, k, h])]
                    row += [float(s.crps[i, k, h]), float(s.pit[i, k, h])]
                    row += [float(q) for q in s.quantiles[:, i, k, h]]
                    row += [float(r) for r in s.rival_crps[:, i, k, h]]
                    for e in range(len(EVENTS)):
                        at = (e, i, k, h)
                        row += [float(s.threshold[at]), float(s.chance[at]), bool(s.hit[at] == 1.0)]
                    row.append(s.origin.fitted[s.origin.series[k]].panel.scale)
                    for name, cell in zip(names, row, strict=True):
                        columns[name].append(cell)
    return columns


def summary_columns(result: Hindcast) -> Columns:
    """Return a row for all series together (``*``) and for each."""
    rows = result.summaries
    columns: dict[str, Cells] = {
        "indicator": [r.series for r in rows],
        "cells": [r.cells for r in rows],
        "independent_windows": [r.years for r in rows],
        "crps": [r.crps for r in rows],
        "best_rival": [r.best.rival for r in rows],
        "pit_mean": [r.pit_mean for r in rows],
        "pit_p": [r.pit_p for r in rows],
        "brier": [r.brier for r in rows],
        "brier_best_rival": [r.brier_skill.rival for r in rows],
        "brier_skill": [r.brier_skill.value for r in rows],
        "brier_skill_se": [r.brier_skill.se for r in rows],
        "verdict": [r.verdict for r in rows],
    }
    for j, rival in enumerate(RIVALS):
        columns[f"skill_{rival}"] = [r.skills[j].value for r in rows]
        columns[f"skill_{rival}_se"] = [r.skills[j].se for r in rows]
    for j, nominal in enumerate(COVERAGES):
        columns[f"coverage_{nominal}"] = [r.coverages[j].share for r in rows]
        columns[f"coverage_{nominal}_low"] = [r.coverages[j].low for r in rows]
        columns[f"coverage_{nominal}_high"] = [r.coverages[j].high for r in rows]
    return columns


def variant_columns(result: Hindcast) -> Columns:
    """Return a row for every variant of the model; *skill* is against the shipped form."""
    rows = result.variants
    columns: dict[str, Cells] = {
        "variant": [r.variant.id for r in rows],
        "crps": [r.crps for r in rows],
        "skill": [r.against.value for r in rows],
        "skill_se": [r.against.se for r in rows],
        "energy_unit": [r.energy["unit"] for r in rows],
        "energy_series": [r.energy["series"] for r in rows],
        "pit_p": [r.pit_p for r in rows],
    }
    for j, nominal in enumerate(COVERAGES):
        columns[f"coverage_{nominal}"] = [r.coverages[j].share for r in rows]
    return columns


def skill_text(skill: Skill) -> str:
    """Return a skill in per cent with its error, where there is one."""
    error = "" if skill.se is None else f" ±{100.0 * skill.se:.0f}"
    return f"{100.0 * skill.value:+.0f}{error} %"


def coverage_text(row: Summary, position: int) -> str:
    """Return the share inside an interval and the range that the model itself expects."""
    c = row.coverages[position]
    return f"{100.0 * c.share:.0f} ({100.0 * c.low:.0f}-{100.0 * c.high:.0f})"


def hindcast_text(result: Hindcast, lang: str) -> str:
    """Return the table of the screen with its reading."""
    head = [say(f"hindcast.{key}", lang) for key in ("series", "cells", "windows", "skill", "rival")]
    head += [say("hindcast.coverage", lang, nominal=nominal) for nominal in COVERAGES]
    head += [say(f"hindcast.{key}", lang) for key in ("pit", "brier", "verdict")]
    rows = []
    for r in result.summaries:
        name = say("hindcast.all", lang) if r.series == "*" else r.series
        cells = [name, str(r.cells), str(r.years), skill_text(r.best), say(f"hindcast.{r.best.rival}", lang)]
        cells += [coverage_text(r, j) for j in range(len(COVERAGES))]
        cells += [f"{r.pit_p:.2f}", f"{r.brier:.3f}", say(f"hindcast.verdict.{r.verdict}", lang)]
        rows.append(cells)
    origins = ", ".join(str(s.origin.as_of) for s in result.scores)
    ahead = result.horizon - result.as_of
    about = say("hindcast.about", lang, origins=origins, ahead=ahead, draws=f"{result.draws:,}")
    few = result.summaries[0].years < LEAST_STRETCHES
    reading = say("hindcast.one_window" if few else "hindcast.reading", lang)
    return "\n".join([about, "", text_table(head, rows, range(1, 4)), "", reading])
