"""The generated parts of the reference page: fields and families, in step with the models."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

from sim.distributions import distribution
from sim.registry import Family
from sim.scenario.layers import OWN
from sim.scenario.schema import MODELS
from sim.scenario.text_keys import member_keys
from sim.scenario.unions import Written
from sim.scenario.wording import field_key, meaning_of, section_of, title_of
from sim.scenario.written import Bilingual, ScenarioWritten
from sim.shocks import course
from sim.texts import say

PART = re.compile(r"(<!-- made from code: (\w+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)
FAMILIES: dict[str, Family[Any]] = {"distributions": distribution, "courses": course}


def with_generated_parts(page: str, lang: str) -> str:
    """Return *page* with each part between ``made from code: NAME`` and ``end`` made anew."""
    return PART.sub(lambda match: match[1] + part_of_page(match[2], lang) + match[4], page)


def part_of_page(part: str, lang: str) -> str:
    """Return the part called *part* (``fields``, ``distributions``, ``courses``) in *lang*."""
    if part == "fields":
        models = [model for model in MODELS if model is not Bilingual]
        return "\n".join(_table_of_model(model, lang) for model in models)
    return _table_of_family(FAMILIES[part], lang)


def _table_of_model(model: type[Written], lang: str) -> str:
    head = "| 字段 | 名称 | 含义 | 不写时 |" if lang == "zh" else "| field | meaning | if absent |"
    rows = [head, re.sub(r"[^|]+", "---", head)]
    for name, field in model.model_fields.items():
        written, key = field.alias or name, field_key(model, name.rstrip("_"))
        default = _default(model, name, lang)
        cells = [f"`{written}`", title_of(key), meaning_of(key, lang), default]
        rows.append("| " + " | ".join(cell for cell in cells if lang == "zh" or cell != title_of(key)) + " |")
    heading = say("scenario." + section_of(model), lang).split("：")[0].rstrip(".")
    return f"### {heading}\n\n" + "\n".join(rows) + "\n"


def _default(model: type[Written], name: str, lang: str) -> str:
    field = model.model_fields[name]
    if field.is_required():
        return "必填" if lang == "zh" else "needed"
    if field.default is None or field.default == {} or isinstance(field.default, Written):
        inherited = model is not ScenarioWritten or name in OWN
        return "" if inherited else ("无" if lang == "zh" else "none")
    return f"`{field.default}`"


def _table_of_family(family: Family[Any], lang: str) -> str:
    head = "| kind | 含义 | 字段 |" if lang == "zh" else "| kind | meaning | fields |"
    rows = [head, re.sub(r"[^|]+", "---", head)]
    for name, member in family.items():
        fields = []
        for field in dataclasses.fields(member):
            meaning = meaning_of(member_keys(family, name, field.name), lang).rstrip(".")
            fields.append(f"`{field.name}`: {meaning}" if lang == "en" else f"`{field.name}`：{meaning}")
        meaning = meaning_of(member_keys(family, name), lang)
        rows.append(f"| `{name}` | {meaning} | " + "<br>".join(fields) + " |")
    return "\n".join(rows) + "\n"
