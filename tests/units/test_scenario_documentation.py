"""Schema, template and reference page: made from the models, in step with them, and true."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from sim.baseline.load import load_baseline
from sim.baseline.plan import Baseline
from sim.commands.projects import shipped_files
from sim.distributions import distribution
from sim.marked.document import document_from_text, load_document
from sim.scenario.loading import load_scenarios
from sim.scenario.plans import PlanFolders
from sim.scenario.reference import with_generated_parts
from sim.scenario.schema import json_schema, schema_text
from sim.scenario.template import template
from sim.scenario.text_keys import member_keys, text_key
from sim.shocks import course
from sim.texts import table

ROOT = Path(__file__).resolve().parents[2]
PLANS = PlanFolders(ROOT)
SCHEMA = json_schema(PLANS)
TINY = load_baseline(ROOT / "tests" / "plans" / "tiny-2021", ROOT)
PAGES = {"en": ROOT / "docs" / "scenarios.md", "zh": ROOT / "docs" / "scenarios.zh.md"}
TYPES = {
    "number": (int, float),
    "integer": int,
    "string": str,
    "array": list,
    "object": dict,
    "null": type(None),
}


def meets(value: Any, schema: dict[str, Any]) -> bool:
    """Say whether *value* meets *schema*: the part of JSON Schema that the file uses, and no more."""
    known = {
        "$ref",
        "anyOf",
        "const",
        "enum",
        "type",
        "properties",
        "additionalProperties",
        "items",
        "pattern",
    }
    known |= {
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "multipleOf",
        "minLength",
        "maxLength",
        "propertyNames",
    }
    assert set(schema) <= known | {"title", "description", "examples", "default", "$schema", "definitions"}
    if "$ref" in schema:
        return meets(value, SCHEMA["definitions"][schema["$ref"].removeprefix("#/definitions/")])
    if "anyOf" in schema and not any(meets(value, branch) for branch in schema["anyOf"]):
        return False
    if ("const" in schema and value != schema["const"]) or ("enum" in schema and value not in schema["enum"]):
        return False
    kind = schema.get("type")
    if kind == "boolean":
        return isinstance(value, bool)
    if kind is not None and (isinstance(value, bool) or not isinstance(value, TYPES[kind])):  # type: ignore[arg-type]
        return False
    if isinstance(value, str) and "pattern" in schema and not re.search(schema["pattern"], value):
        return False
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return bool(schema.get("minimum", value) <= value <= schema.get("maximum", value))
    if isinstance(value, list):
        return all(meets(part, schema.get("items", {})) for part in value)
    if isinstance(value, dict):
        other = schema.get("additionalProperties", {})
        for key, part in value.items():
            inner = schema.get("properties", {}).get(key, other)
            if inner is False or not meets(part, inner):
                return False
    return True


def test_the_schema_beside_the_scenarios_is_the_one_that_code_makes() -> None:
    assert (ROOT / "scenarios" / "schema.json").read_text(encoding="utf-8") == schema_text(PLANS)


@pytest.mark.parametrize("file", shipped_files(ROOT), ids=lambda file: file.stem)
def test_shipped_scenarios_meet_the_schema(file: Path) -> None:
    assert meets(load_document(file, ROOT).data, SCHEMA)


@pytest.mark.parametrize(
    "text",
    [
        "sheed: 3\n",
        "noise: 2\n",
        "growth: {source: blnd}\n",
        "draws: many\n",
        "noise: {province: -1}\n",
        "shocks: {s: {course: {kind: ramp, start: 2017, ful: 2018}}}\n",
        "shocks: {s: {size: {kind: norml, sd: 1}}}\n",
        "drift: {d: {areas: {杭州: 1}}}\n",
    ],
)
def test_editors_see_a_wrong_shape(text: str) -> None:
    assert not meets(document_from_text(text, "x.yaml").data, SCHEMA)


def test_a_file_that_only_changes_or_removes_meets_the_schema() -> None:
    text = "extends: slowdown\nshocks: {slowdown: {size: {mode: -2}}}\nevents: {crisis: null}\nseed:\n"

    assert meets(document_from_text(text, "x.yaml").data, SCHEMA)


def parts(schema: Any) -> list[dict[str, Any]]:
    inner = schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ()
    found = [part for value in inner for part in parts(value)]
    return [schema, *found] if isinstance(schema, dict) else found


def test_every_field_has_a_chinese_name_and_an_explanation_in_both_languages() -> None:
    owners = [
        SCHEMA,
        *(part for name, part in SCHEMA["definitions"].items() if not name.startswith("names_")),
    ]
    for owner in owners:
        for field, described in owner["properties"].items():
            assert re.search("[\u4e00-\u9fff]", described["title"]), field
            assert re.search("[\u4e00-\u9fff].*\n\n.*[a-z]", described["description"], re.DOTALL), field


def test_every_member_of_the_families_is_offered() -> None:
    kinds = {part["properties"]["kind"]["const"] for part in parts(SCHEMA) if _is_member(part)}

    assert kinds == set(distribution) | set(course)


def _is_member(part: dict[str, Any]) -> bool:
    properties = part.get("properties")
    return isinstance(properties, dict) and "const" in properties.get("kind", {})


def test_names_of_the_plans_are_offered_with_their_meaning() -> None:
    names = {part["const"]: part.get("description", "") for part in parts(SCHEMA) if "const" in part}

    assert names["hangzhou"] == "杭州 / Hangzhou"
    assert {"rd_expenditure", "H01", "西湖大学", "blend_weight", "hangzhou_bay", "annex_2020"} <= set(names)


def test_the_template_passes_the_check_beside_the_shipped_scenarios(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(template('我的 "情景": #1', PLANS["zhejiang-2016"]), encoding="utf-8")

    scenarios = load_scenarios([file, *shipped_files(ROOT)], PLANS, ROOT)

    assert scenarios[0].title.zh == '我的 "情景": #1'
    assert len(scenarios[0].drift) == 1
    assert len({(scenario.seed, scenario.draws) for scenario in scenarios}) == 1


def test_the_template_with_a_parent_says_only_what_differs(tmp_path: Path) -> None:
    (tmp_path / "baseline.yaml").write_text("plan: tiny\nseed: 5\n", encoding="utf-8")
    file = tmp_path / "mine.yaml"
    file.write_text(template("mine", TINY, "baseline"), encoding="utf-8")

    (scenario,) = load_scenarios([file], {"tiny": TINY}, tmp_path)

    assert (scenario.seed, len(scenario.drift)) == (5, 1)


@pytest.mark.parametrize("plan", [TINY, PLANS["zhejiang-2016"]], ids=lambda plan: plan.id)
def test_everything_that_the_template_comments_out_is_legal(tmp_path: Path, plan: Baseline) -> None:
    text = template("mine", plan)
    awake = re.sub(r"^# (?=[a-z_]+:|  )", "", text, flags=re.MULTILINE).replace("yaml-language-server", "# x")
    file = tmp_path / "mine.yaml"
    file.write_text(awake, encoding="utf-8")

    scenarios = load_scenarios([file], {plan.id: plan}, tmp_path)

    assert len(scenarios) == 4
    first = scenarios[0]
    assert (len(first.shocks), len(first.delays), first.noise.province) == (3, 1, 1.5)
    assert first.targets == tuple(f"H{n:02}" for n in range(1, 4 if plan is TINY else 10))
    assert list(first.assumptions) == (["firms.capacity"] if plan.pipelines else [])


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_reference_page_is_in_step_with_the_code(lang: str) -> None:
    page = PAGES[lang].read_text(encoding="utf-8")

    assert page == with_generated_parts(page, lang)
    assert all(f"| `{name}` |" in page for name in (*distribution, *course))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_examples_of_the_reference_page_pass_the_check(lang: str, tmp_path: Path) -> None:
    page = PAGES[lang].read_text(encoding="utf-8")
    examples = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    for shipped in ("baseline", "slowdown"):
        text = (ROOT / "scenarios" / f"{shipped}.yaml").read_text(encoding="utf-8")
        (tmp_path / f"{shipped}.yaml").write_text(text, encoding="utf-8")
    for number, example in enumerate(examples):
        (tmp_path / f"example{number}.yaml").write_text(example, encoding="utf-8")

    counts = [
        len(load_scenarios([tmp_path / f"example{n}.yaml"], PLANS, tmp_path)) for n in range(len(examples))
    ]

    assert counts == [1, 15]


def test_a_field_without_words_is_noticed() -> None:
    with pytest.raises(KeyError, match=r"no text for seeed: .*scenario\.file\.seeed"):
        text_key(["file"], "seeed")


def test_a_member_without_words_is_noticed_by_the_row_that_it_lacks() -> None:
    with pytest.raises(KeyError, match=r"texts.csv needs a row scenario\.course\.plateau, in both languages"):
        member_keys(course, "plateau")


def test_a_field_may_have_words_of_its_member_s_own(monkeypatch: pytest.MonkeyPatch) -> None:
    assert member_keys(course, "rebound", "years") == "scenario.course.field.years"
    monkeypatch.setitem(table(), "scenario.course.rebound.years", {"zh": "年数", "en": "Years."})
    assert member_keys(course, "rebound", "years") == "scenario.course.rebound.years"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_both_pages_show_the_same_scenarios_up_to_names(lang: str) -> None:
    page = PAGES[lang].read_text(encoding="utf-8")

    assert page.count("```yaml") == 2
    assert json.dumps(sorted(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE))) == json.dumps(
        sorted(re.findall(r"^\| `(\w+)` \|", PAGES["en"].read_text(encoding="utf-8"), re.MULTILINE))
    )
