"""The shape of a scenario file: what pydantic finds wrong, said in our own words at its place.

A file is read to its end whatever its shape: each mistake is mended once it is reported (a misspelt
field is taken for the one it is nearest to, what cannot be read becomes `UNREAD`), and the rest is
read as ever.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, TypeAlias

from pydantic import ValidationError

from sim.errors import Found, nearest
from sim.pipelines import pipeline
from sim.scenario.choices import near
from sim.scenario.layers import NAMED, Node, Steps
from sim.scenario.measures import UNREAD
from sim.scenario.wording import field_called
from sim.scenario.written import DATES, ScenarioWritten, legal_fields, model_at

KEY = "[key]"
NOT_MAPS = ("model_type", "dict_type", "model_attributes_type")
REFERENCES = {"extends", "mixins"}
LONGEST_NAME = 80
SURE = 0.75
"""How like a legal name a misspelt one is (ratio of `SequenceMatcher`) whose value is read as meant."""
FIELDS_OF_PIPELINES = {DATES, *(need.name for _, kind in pipeline.items() for need in kind.needs)}
"""What a scenario can change of a pipeline of some kind; which of it a plan's has is found out later."""


def written_from_node(node: Node, found: Found) -> tuple[ScenarioWritten, Node] | None:
    """Return the scenario that *node* writes, and *node* itself as far as it could be read.

    Every mistake of shape is noted. None if a mistake resists mending.
    """
    node = _without_what_is_no_number(_without_unread_fields(node))
    while True:
        plain = node.plain()
        try:
            return ScenarioWritten.model_validate(plain), node
        except ValidationError as error:
            problems = [
                _Problem(problem["type"], problem["loc"], dict(problem.get("ctx") or {}))
                for problem in error.errors(include_url=False, include_input=False)
            ]
        node = _mended(node, problems, found)
        if node.plain() == plain:
            return None


def _without_unread_fields(node: Node) -> Node:
    """Return *node* without the fields and entries that are no more than a number which will not do."""
    kept = node
    for key, part in node.value.items():
        if part.value is UNREAD and key in ScenarioWritten.model_fields:
            kept = _unread(kept, (key,), part)
        elif isinstance(part.value, dict):
            for entry, inner in part.value.items():
                if inner.value is UNREAD:
                    kept = _unread(kept, (key, entry), inner)
    return kept


def _without_what_is_no_number(node: Node) -> Node:
    """Return *node* with `UNREAD` for what is named like no number of any pipeline."""
    kept, entries = node, node.value.get("pipelines")
    for word, entry in entries.value.items() if entries and isinstance(entries.value, dict) else ():
        for field, part in entry.value.items() if isinstance(entry.value, dict) else ():
            alike = (SequenceMatcher(None, field, legal).ratio() for legal in FIELDS_OF_PIPELINES)
            if max(alike) < SURE:
                kept = _unread(kept, ("pipelines", word, field), part)
    return kept


@dataclass(frozen=True, slots=True)
class _Problem:
    """One mistake as pydantic gives it."""

    kind: str
    location: Steps
    details: dict[str, Any]


Meant: TypeAlias = defaultdict[Steps, set[str]]
"""The fields that misspelt ones are taken for, by the steps to their map."""


def _mended(node: Node, problems: list[_Problem], found: Found) -> Node:
    """Return *node* without *problems*, each of which is noted as a mistake."""
    unknown = [problem for problem in problems if problem.kind in ("extra_forbidden", "unknown-field")]
    meant: Meant = defaultdict(set)
    mended = node
    for problem in unknown:
        mended = _without_unknown(node, mended, problem, meant, found)
    for problem in problems:
        if problem.kind == "missing":
            mended = _without_gap(node, mended, problem, meant, found)
        elif problem not in unknown:
            _note(node, problem, found)
            mended = _without_flaw(node, mended, problem)
    return mended


def _without_unknown(node: Node, mended: Node, problem: _Problem, meant: Meant, found: Found) -> Node:
    """Note an unknown field and take it for the nearest one, if that is not there yet; else drop it.

    Where the likeness leaves doubt its value is not read: it may be right for what was meant.
    """
    called = None
    if problem.kind == "extra_forbidden":
        around, wrong = steps_in(node, problem.location[:-1]), str(problem.location[-1])
        legal = legal_fields(problem.location[:-1])
        called = field_called(wrong, model_at(problem.location[:-1]))
    else:  # a map whose `kind` is misspelt
        around, wrong = steps_in(node, problem.location), str(problem.details["field"])
        legal = (str(problem.details["near"]),)
    part = node.at((*around, wrong))
    found.add(part.key_place, "unknown-field", field=wrong, near=called or near(wrong, legal))
    right = called or nearest(wrong, legal)
    mended = _replaced(mended, (*around, wrong), None)
    if right is None or node.at(around).has(right) or right in meant[around]:
        return mended
    meant[around].add(right)
    if called or SequenceMatcher(None, wrong, right).ratio() >= SURE:
        return _replaced(mended, (*around, right), part)
    return _unread(mended, (*around, right), part)


def _without_gap(node: Node, mended: Node, problem: _Problem, meant: Meant, found: Found) -> Node:
    """Note a missing field, unless a misspelt one was meant or may bring it in; fill the gap."""
    around, missing = steps_in(node, problem.location[:-1]), str(problem.location[-1])
    here = node.at(around)
    if missing in meant[around]:
        return mended
    if around or not meant[around] & REFERENCES:
        found.add(here.key_place, "missing-field", field=missing)
    return _replaced(mended, (*around, missing), Node(UNREAD, here.place, here.key_place))


def _without_flaw(node: Node, mended: Node, problem: _Problem) -> Node:
    """Return *mended* without what cannot be read; an entry is kept where only its name will not do."""
    steps = steps_in(node, problem.location)
    here = node.at(steps)
    if problem.location[-1] == KEY and not _is_entry(steps):
        steps, here = steps[:-1], node.at(steps[:-1])
    elif problem.location[-1] == KEY:
        name = " ".join(str(steps[-1]).split())[:LONGEST_NAME]
        mended = _replaced(mended, steps, None)
        is_free = bool(name) and not node.at(steps[:-1]).has(name)
        return _replaced(mended, (*steps[:-1], name), here) if is_free else mended
    return _unread(mended, steps, here)


def _is_entry(steps: Steps) -> bool:
    """Say whether *steps* lead to an entry that must be a map."""
    return len(steps) == 2 and steps[0] in NAMED and steps[0] != "assumptions"


def _unread(mended: Node, steps: Steps, here: Node) -> Node:
    """Return *mended* with `UNREAD` at *steps*; entries and fields of the file itself are left out."""
    if _is_entry(steps) or (len(steps) == 1 and steps[0] != "plan"):
        return _replaced(mended, steps, None)
    return _replaced(mended, steps, Node(UNREAD, here.place, here.key_place))


def _note(node: Node, problem: _Problem, found: Found) -> None:
    details = dict(problem.details)
    here = node.at(steps_in(node, problem.location))
    if problem.kind == "literal_error":
        legal = tuple(re.findall("'([^']*)'", str(details["expected"])))
        found.add(here.place, "unknown-choice", name=here.plain(), near=near(str(here.plain()), legal))
    elif problem.kind in NOT_MAPS:
        found.add(here.place, "not-a-map")
    elif problem.kind == "list_type":
        found.add(here.place, "not-a-list")
    else:
        inner = details.pop("at", None)
        is_key = problem.location[-1] == KEY
        place = here.key_place if is_key else here.at((inner,) if inner else ()).place
        found.add(place, problem.kind, **details)


def _replaced(node: Node, steps: Steps, part: Node | None) -> Node:
    """Return *node* with *part* at *steps*, or without what is there; as it is if they lead nowhere."""
    step, rest = steps[0], steps[1:]
    if isinstance(node.value, tuple) and isinstance(step, int):
        inner = _replaced(node.value[step], rest, part) if rest else part
        if inner is None:
            return node
        items = (*node.value[:step], inner, *node.value[step + 1 :])
        return Node(items, node.place, node.key_place)
    if not isinstance(node.value, dict) or (rest and step not in node.value):
        return node
    fields = dict(node.value)
    if rest:
        fields[str(step)] = _replaced(fields[str(step)], rest, part)
    elif part is None:
        fields.pop(str(step), None)
    else:
        fields[str(step)] = part
    return node.with_fields(fields)


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
