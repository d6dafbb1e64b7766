"""R11: whatever stands in a scenario file, only our own error comes out of it."""

from __future__ import annotations

import copy
import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from sim.baseline.load import load_baseline
from sim.errors import BadInput
from sim.scenario.loading import load_scenarios
from sim.scenario.scenario import Scenario

ROOT = Path(__file__).resolve().parents[2]
PLANS = {"tiny": load_baseline(ROOT / "tests" / "plans" / "tiny-2021", ROOT)}
FOLDER = Path(tempfile.mkdtemp(prefix="planodds-fuzz-"))

GOOD: dict[str, Any] = {
    "plan": "tiny",
    "title": {"zh": "甲", "en": "a"},
    "growth": {"source": "blend", "weight": 0.4},
    "drift": {
        "d": {"areas": ["甲市", "lowland"], "indicators": "money", "years": "2022-2023", "add": "1 pp"},
    },
    "shocks": {
        "s": {
            "areas": {"all": 1, "birch": 0.5},
            "indicators": {"research": 1},
            "size": {"kind": "pert", "low": -3, "mode": -2, "high": 0},
            "course": {"kind": "ramp", "start": 2022, "full": 2024},
        }
    },
    "events": {
        "e": {
            "indicators": ["new_firms"],
            "size": {"kind": "empirical", "values": [-1, -2]},
            "course": {"kind": "decay", "start": 2021, "half_life": 2},
            "hazard": 0.1,
        }
    },
    "level_shocks": {"l": {"indicators": "money", "size": "-5 %", "year": 2023}},
    "delays": {"y": {"areas": "cedar", "indicators": "all", "by": 1, "meanwhile": 2}},
    "paths": {"p": {"area": "alder", "indicator": "research", "levels": {"2021": 110, "2022": 120}}},
    "noise": {"province": 1.5, "dof": 5, "dependence": 0.5, "parameters": "fixed"},
    "assumptions": {"firms_exit": {"low": 0.01, "central": 0.02, "high": 0.2}},
    "targets": ["headline", "P01"],
    "draws": 8192,
    "seed": 3,
    "sweep": {"noise.city": [0, 1], "shocks.s.size": {"from": -2, "to": -1, "step": 0.5}},
}

WORDS = st.sampled_from(
    [
        "all",
        "kind",
        "low",
        "tiny",
        "plan",
        "甲市",
        "research",
        "2022",
        "2022-2030",
        "1 %",
        "−2 pp",
        "gaussian",
    ]
    + [
        "<map>",
        "<other>",
        "[key]",
        "{name}",
        "extends",
        "../x",
        "",
        " ",
        "\n",
        "=1+1",
        "é",
        "\u202e",
        "9" * 30,
    ]
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**25), 10**25),
    st.integers(-3, 3000),
    st.floats(),
    WORDS,
    st.text(max_size=12),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.one_of(WORDS, st.text(max_size=6)), inner, max_size=4)
    ),
    max_leaves=8,
)


def spots(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the paths of everything inside *data*."""
    inner = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [path, *(spot for key, part in inner for spot in spots(part, (*path, key)))]


SPOTS = [spot for spot in spots(GOOD) if spot]


def read(raw: bytes) -> tuple[Scenario, ...] | BadInput:
    """Return what comes of a file, an error included; anything but our error is raised."""
    file = FOLDER / "fuzz.yaml"
    file.write_bytes(raw)
    try:
        return load_scenarios([file], PLANS, FOLDER)
    except BadInput as error:
        lines = [mistake.line(lang) for mistake in error.mistakes for lang in ("zh", "en")]
        if not lines or not all(line.startswith("fuzz.yaml:") and len(line) < 1000 for line in lines):
            raise AssertionError(lines) from error
        return error


def test_the_scenario_that_is_changed_is_good() -> None:
    scenarios = read(json.dumps(GOOD, ensure_ascii=False).encode())

    assert isinstance(scenarios, tuple)
    assert len(scenarios) == 6


@settings(max_examples=300)
@given(st.lists(st.tuples(st.sampled_from(SPOTS), VALUES), min_size=1, max_size=3))
@example([(("paths", "p", "levels"), {"2021": 1e308})])
@example([(("shocks", "s", "size"), {"kind": "lognormal", "median": 5e-324, "log_sd": 1e308})])
@example([(("shocks", "s", "size"), {"kind": "empirical", "values": [1], "weights": [5e-324]})])
@example([(("shocks", "s", "course"), {"kind": "rebound", "start": 2021, "years": 10**20})])
@example([(("events", "e", "course", "half_life"), 5e-324)])
@example([(("sweep", "noise.city"), {"from": -1e300, "to": 1e300, "step": 5e-324})])
@example([(("events", "e", "size", "values"), False)])
@example([(("extends",), "\u0000")])
def test_R11_a_good_scenario_with_strange_values_gives_scenarios_or_mistakes(
    changes: list[tuple[tuple[Any, ...], Any]],
) -> None:
    data = copy.deepcopy(GOOD)
    for spot, value in changes:
        inner: Any = data
        for step in spot[:-1]:
            try:
                inner = inner[step]
            except (KeyError, IndexError, TypeError):
                break
        if isinstance(inner, dict):
            inner[spot[-1]] = value
    read(json.dumps(data, ensure_ascii=False).encode("utf-8", "surrogatepass"))


@settings(max_examples=300)
@given(st.dictionaries(st.sampled_from(sorted(GOOD)), VALUES, max_size=4), st.booleans())
def test_R11_any_values_under_known_fields_give_scenarios_or_mistakes(
    data: dict[str, Any], named: bool
) -> None:
    if named:
        data["plan"] = "tiny"
    read(json.dumps(data, ensure_ascii=False).encode("utf-8", "surrogatepass"))


@settings(max_examples=300)
@given(st.one_of(st.text(), st.lists(WORDS).map(": ".join), st.lists(WORDS).map("\n- ".join)))
def test_R11_any_text_gives_scenarios_or_mistakes(text: str) -> None:
    read(text.encode("utf-8", "surrogatepass"))


@settings(max_examples=300)
@given(st.binary(max_size=200))
def test_R11_any_bytes_give_scenarios_or_mistakes(raw: bytes) -> None:
    read(raw)


def test_R1_a_number_that_will_not_do_hides_no_other_mistake() -> None:
    """Not-a-number in each place of a good scenario, beside a misspelt field: both are named, and no more."""
    for spot in SPOTS:
        data = copy.deepcopy(GOOD) | {"seeed": 1}
        inner: Any = data
        for step in spot[:-1]:
            inner = inner[step]
        if isinstance(inner[spot[-1]], (dict, list)):
            continue
        inner[spot[-1]] = "@"
        error = read(json.dumps(data, ensure_ascii=False).replace('"@"', ".nan").encode())

        assert isinstance(error, BadInput)
        codes = sorted(mistake.code for mistake in error.mistakes)
        assert codes == ["not-finite", "unknown-field"], (spot, [m.line("en") for m in error.mistakes])
