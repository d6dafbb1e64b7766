"""A scenario to start from: it passes the check as it stands, and its comments say what to change."""

from __future__ import annotations

import json
import re

from sim.baseline.plan import Baseline
from sim.pipelines import pipeline
from sim.scenario.wording import meaning_of
from sim.scenario.written import DEFAULT_DRAWS, DEFAULT_SEED

SCHEMA = "# yaml-language-server: $schema=schema.json"


def template(name: str, baseline: Baseline, parent: str | None = None) -> str:
    """Return a commented scenario called *name* on the plan *baseline*.

    *parent* is the scenario to extend, as a file of the same folder; without one the template says
    everything itself. What is commented out is legal too, each piece by itself.
    """
    city = baseline.cities[0].name
    indicator = next(i for i in baseline.indicators if i.scope == "cities")
    zh = f"假定{city.zh}的{indicator.name.zh}每年多增长 1 个百分点。大小属假设，请写明依据。"
    en = f"In {city.en} {indicator.name.en} grows by 1 point a year more. The size is an assumption from ..."
    title = _quoted(name)
    lines = [
        SCHEMA,
        *_comment("scenario.template"),
        f"title: {{zh: {title}, en: {title}}}",
        *_comment("scenario.file.about"),
        "about:",
        f"  zh: {_quoted(zh)}",
        f"  en: {_quoted(en)}",
        *_start(baseline, parent),
        "",
        *_entries(baseline),
        *_grown(baseline),
        *_settings(),
    ]
    return "\n".join(lines)


def _entries(baseline: Baseline) -> list[str]:
    """Return an adjustment, and behind # what else can be added to growth."""
    first, second = (_plain(city.name.zh) for city in (baseline.cities[0], baseline.cities[-1]))
    indicator = next(i for i in baseline.indicators if i.scope == "cities")
    named = _plain(indicator.name.zh)
    year, last = baseline.years[0], baseline.years[-1]
    later = baseline.years[min(1, len(baseline.years) - 1)]
    return [
        *_comment("scenario.file.drift"),
        "drift:",
        "  push:",
        f"    areas: [{first}]",
        f"    indicators: [{named}]",
        f"    years: {year}-{last}",
        "    add: 1",
        "",
        *_comment("scenario.file.shocks"),
        "# shocks:",
        "#   slump:",
        f"#     areas: {{{first}: 1, {second}: 0.5}}",
        f"#     indicators: {{{named}: 1}}",
        "#     size: {kind: triangular, low: -5, mode: -3, high: -1}",
        f"#     course: {{kind: ramp, start: {year}, full: {later}}}",
        "",
        *_comment("scenario.file.events"),
        "# events:",
        "#   crisis:",
        f"#     indicators: [{named}]",
        "#     size: {kind: student_t, central: -5, sd: 2, dof: 4}",
        f"#     course: {{kind: one_year, year: {year}}}",
        "#     hazard: 0.1",
        "",
        *_comment("scenario.file.level_shocks"),
        "# level_shocks:",
        "#   redefinition:",
        f"#     indicators: [{named}]",
        "#     size: -10 %",
        f"#     year: {later}",
        "",
        *_comment("scenario.file.delays"),
        "# delays:",
        f"#   late: {{areas: [{first}], indicators: [{named}], by: 1, meanwhile: 5}}",
        "",
    ]


def _grown(baseline: Baseline) -> list[str]:
    """Return, behind #, a number of a pipeline at its low end; nothing for a plan without pipelines."""
    for plan in baseline.pipelines.values():
        for need in pipeline[plan.kind].needs:
            number = baseline.assumptions[plan.numbers[need.name]]
            if need.sort in ("capacity", "duration", "rate") and number.low < number.high:
                entry = f"#   {plan.id}: {{{need.name}: {number.low:g}}}"
                return [*_comment("scenario.file.pipelines"), "# pipelines:", entry, ""]
    return []


def _settings() -> list[str]:
    """Return, behind #, what concerns a scenario as a whole."""
    return [
        *_comment("scenario.file.noise"),
        "# noise: {province: 1.5, dof: gaussian}",
        "",
        *_comment("scenario.file.targets"),
        "# targets: [headline]",
        "",
        *_comment("scenario.file.sweep"),
        "# sweep:",
        "#   drift.push.add: [0, 0.5, 1, 1.5]",
        "",
    ]


def _quoted(text: str) -> str:
    """Return *text* as YAML in quotes: a quoted JSON text is one."""
    return json.dumps(text, ensure_ascii=False)


def _plain(text: str) -> str:
    """Return *text* as YAML, in quotes only where it needs them."""
    return text if re.fullmatch(r"[^\W\d]\w*", text) else _quoted(text)


def _start(baseline: Baseline, parent: str | None) -> list[str]:
    if parent is not None:
        return [*_comment("scenario.file.extends"), f"extends: {_quoted(parent)}"]
    return [
        *_comment("scenario.file.plan"),
        f"plan: {baseline.id}",
        *_comment("scenario.growth.source"),
        "growth: {source: blend}",
        f"draws: {DEFAULT_DRAWS}",
        *_comment("scenario.file.seed"),
        f"seed: {DEFAULT_SEED}",
    ]


def _comment(key: str) -> list[str]:
    return [f"# {meaning_of(key, 'zh')}", f"# {meaning_of(key, 'en')}"]
