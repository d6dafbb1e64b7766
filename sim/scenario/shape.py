"""The shape of a scenario file: what pydantic finds wrong, said in our own words at its place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from sim.errors import Found, Place
from sim.scenario.choices import near
from sim.scenario.layers import Node, Steps
from sim.scenario.written import ScenarioWritten, legal_fields

KEY = "[key]"
NOT_MAPS = ("model_type", "dict_type", "model_attributes_type")


def written_from_node(node: Node, found: Found) -> ScenarioWritten | None:
    """Return the scenario that *node* writes; None, with every mistake of its shape, if it is none."""
    try:
        return ScenarioWritten.model_validate(node.plain())
    except ValidationError as error:
        for problem in error.errors(include_url=False, include_input=False):
            _add(node, problem["type"], problem["loc"], problem.get("ctx") or {}, found)
        return None


def _add(node: Node, kind: str, location: Steps, context: Mapping[str, Any], found: Found) -> None:
    details = dict(context)
    if kind == "missing":
        around = steps_in(node, location[:-1])
        found.add(node.at(around).key_place, "missing-field", field=location[-1])
    elif kind == "extra_forbidden":
        legal = legal_fields(location[:-1])
        place = node.at(steps_in(node, location)).key_place
        found.add(place, "unknown-field", field=location[-1], near=near(str(location[-1]), legal))
    elif kind == "literal_error":
        here = node.at(steps_in(node, location))
        legal = tuple(re.findall("'([^']*)'", str(details["expected"])))
        found.add(here.place, "unknown-choice", name=here.plain(), near=near(str(here.plain()), legal))
    elif kind in NOT_MAPS:
        found.add(node.at(steps_in(node, location)).place, "not-a-map")
    elif kind == "list_type":
        found.add(node.at(steps_in(node, location)).place, "not-a-list")
    else:
        found.add(_place(node, location, details.pop("at", None)), kind, **details)


def _place(node: Node, location: Steps, inner: str | None) -> Place:
    if location and location[-1] == KEY:
        return node.at(steps_in(node, location[:-1])).key_place
    steps = steps_in(node, location)
    return node.at((*steps, inner) if inner else steps).place


def steps_in(node: Node, location: Steps) -> Steps:
    """Return *location* without the tags of unions, which stand in no file."""
    steps: list[str | int] = []
    for step in location:
        is_key = isinstance(node.value, dict) and step in node.value
        is_number = isinstance(node.value, tuple) and isinstance(step, int)
        if is_key or is_number:
            steps.append(step)
            node = node.value[step]
    return tuple(steps)
