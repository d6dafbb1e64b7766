"""The JSON Schema of scenario files: completion and hover text for editors, made from the models.

It is looser than `run.py check`: a file that extends another may leave out what it inherits, and an
empty value removes, so nothing is required and everything may be null. What it gives is names.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from sim.axes import Name
from sim.baseline.plan import Baseline
from sim.distributions import distribution
from sim.registry import Family
from sim.scenario.names import directories_of
from sim.scenario.text_keys import member_keys
from sim.scenario.unions import NAME, Written
from sim.scenario.wording import field_key, meaning_of, title_of
from sim.scenario.written import (
    ActualWritten,
    Bilingual,
    DelayWritten,
    DriftWritten,
    EventWritten,
    GrowthWritten,
    LevelShockWritten,
    NoiseWritten,
    ObservedWritten,
    PathWritten,
    RangeWritten,
    ScenarioWritten,
    ShockWritten,
    SweepRange,
    YearRange,
)
from sim.shocks import course

DIALECT = "http://json-schema.org/draft-07/schema#"
MODELS: tuple[type[Written], ...] = (
    ScenarioWritten,
    Bilingual,
    YearRange,
    GrowthWritten,
    DriftWritten,
    ShockWritten,
    EventWritten,
    LevelShockWritten,
    DelayWritten,
    PathWritten,
    ObservedWritten,
    ActualWritten,
    NoiseWritten,
    RangeWritten,
    SweepRange,
)
SORTS = ("areas", "indicators", "targets", "platforms", "assumptions", "pipelines", "plans")


def schema_text(baselines: Mapping[str, Baseline]) -> str:
    """Return the schema as the text of its file."""
    return json.dumps(json_schema(baselines), ensure_ascii=False, indent=1) + "\n"


def json_schema(baselines: Mapping[str, Baseline]) -> dict[str, Any]:
    """Return the schema of scenario files, with the names of *baselines* for completion."""
    raw = ScenarioWritten.model_json_schema(by_alias=True)
    parts: dict[str, Any] = {name: _tidied(part) for name, part in raw.pop("$defs").items()}
    whole: dict[str, Any] = _tidied(raw)
    for model in MODELS:
        described = whole if model is ScenarioWritten else parts[model.__name__]
        _describe_model(described, model)
    for family in (distribution, course):
        _describe_family(parts, family)
    for sort in ("assumptions", "pipelines"):
        whole["properties"][sort]["anyOf"][0][NAME] = sort
    names = _names(baselines)
    parts |= {f"names_{sort}": _name_schema(names[sort]) for sort in SORTS}
    _name_references(whole, names)
    _name_references(parts, names)
    return {"$schema": DIALECT, **whole, "definitions": dict(sorted(parts.items()))}


def _tidied(part: Any) -> Any:
    """Return a schema without pydantic's own titles, empty defaults, and branches that nothing meets."""
    if isinstance(part, list):
        return [_tidied(inner) for inner in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        return {"$ref": part["$ref"].replace("#/$defs/", "#/definitions/")}
    dropped = {"title", "required", "discriminator"}
    kept = {
        key: {name: _tidied(inner) for name, inner in value.items()}
        if key == "properties"
        else _tidied(value)
        for key, value in part.items()
        if key not in dropped and not (key == "default" and (value is None or isinstance(value, dict)))
    }
    if "oneOf" in kept:
        kept["anyOf"] = kept.pop("oneOf")
    if "anyOf" in kept:
        kept["anyOf"] = list(_flat(kept["anyOf"]))
    return kept


def _flat(branches: Iterable[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    for branch in branches:
        if set(branch) == {"anyOf"}:
            yield from branch["anyOf"]
        elif branch not in ({"not": {}}, {"type": "null"}):
            yield branch


def _removable(part: dict[str, Any]) -> dict[str, Any]:
    """Return a schema that null meets too: an empty value removes what is inherited."""
    outer: dict[str, Any] = {key: part[key] for key in ("default", "examples") if key in part}
    inner = {key: value for key, value in part.items() if key not in outer}
    branches = inner["anyOf"] if set(inner) == {"anyOf"} else [inner]
    return {"anyOf": [*branches, {"type": "null"}], **outer}


def _describe(part: dict[str, Any], key: str) -> None:
    zh, en = meaning_of(key, "zh"), meaning_of(key, "en")
    part["title"] = title_of(key)
    part["description"] = f"{zh}\n\n{en}"


def _describe_model(part: dict[str, Any], model: type[Written]) -> None:
    for field, written in part["properties"].items():
        part["properties"][field] = described = _removable(written)
        _describe(described, field_key(model, field))
        if "additionalProperties" in described["anyOf"][0]:  # named entries, each of which may be removed
            entries = described["anyOf"][0]
            entries["additionalProperties"] = _removable(entries["additionalProperties"])


def _describe_family(parts: dict[str, Any], family: Family[Any]) -> None:
    for name in family:
        part = parts[f"{family.name}_{name}"]
        _describe(part, member_keys(family, name))
        for field, inner in part["properties"].items():
            _describe(inner, member_keys(family, name, field))


def _names(baselines: Mapping[str, Baseline]) -> dict[str, dict[str, str]]:
    """Return, for each sort of name, what may be written and what it means."""
    names: dict[str, dict[str, str]] = {sort: {} for sort in SORTS}
    for plan, baseline in baselines.items():
        names["plans"][plan] = _both(baseline.title)
        directories = directories_of(baseline)
        area_names = {area.id: area.name for area in (*baseline.cities, baseline.province)}
        things: dict[str, Iterable[tuple[str, Name]]] = {
            "areas": area_names.items(),
            "indicators": [(indicator.id, indicator.name) for indicator in baseline.indicators],
            "targets": [(target.id, target.name) for target in baseline.targets],
            "platforms": [(platform.name, area_names[platform.area]) for platform in baseline.platforms],
            "assumptions": [(a.id, a.name) for a in baseline.assumptions.values()],
            "pipelines": [(p.id, p.name) for p in baseline.pipelines.values()],
        }
        for sort, pairs in things.items():
            for id, name in pairs:
                names[sort].setdefault(id, _both(name))
        for sort in ("areas", "indicators", "targets"):
            for group in getattr(directories, sort).legal:
                if getattr(directories, sort).group_of(group) is not None:
                    known = baseline.group_names.get(group)
                    names[sort].setdefault(group, _both(known) if known else "")
    return names


def _both(name: Name) -> str:
    return f"{name.zh} / {name.en}" if name.en and name.en != name.zh else name.zh


def _name_schema(names: Mapping[str, str]) -> dict[str, Any]:
    """Return a schema that offers *names* but takes any text: other plans have other names."""
    offered = [
        {"const": name, "description": meaning} if meaning else {"const": name}
        for name, meaning in names.items()
    ]
    return {"anyOf": [*offered, {"type": "string"}]}


def _name_references(part: Any, names: Mapping[str, Mapping[str, str]]) -> None:
    """Replace, in place, each mark `NAME`: texts by their definition, maps by properties to complete."""
    if isinstance(part, dict):
        sort = part.pop(NAME, None)
        if sort is not None and part.get("type") == "object":
            inner = part["additionalProperties"]
            part["properties"] = {
                name: {**inner, "description": meaning} if meaning else inner
                for name, meaning in names[sort].items()
            }
        elif sort is not None:
            part.clear()
            part["$ref"] = f"#/definitions/names_{sort}"
    for inner in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        _name_references(inner, names)
