"""Sweeps: a file with lists or ranges of values becomes a grid of scenarios."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from sim.errors import Found, nearest
from sim.scenario.choices import near
from sim.scenario.layers import NAMED, Node, Steps
from sim.scenario.measures import UNREAD

OF_THE_PLAN = ("assumptions", "pipelines")
"""Fields whose entries the plan has: one may be swept that the scenario does not name."""

SWEPT = ("growth", *NAMED, "noise", "draws", "seed")
"""Fields in which a sweep may stand."""

MAX_CELLS = 4096
RANGE = ("from", "to", "step")


@dataclass(frozen=True, slots=True)
class Cell:
    """One scenario of a grid: its own *node*, the values by path, and the paths that were set."""

    node: Node
    values: Mapping[str, str]
    label: str  # what its id adds to the id of the file, empty outside sweeps
    swept: tuple[Steps, ...] = ()


@dataclass(frozen=True, slots=True)
class Swept:
    """One path of a sweep with the values that it takes; *key* is the node that names it."""

    steps: tuple[str, ...]
    key: Node
    values: tuple[Node, ...]

    @property
    def path(self) -> str:
        return ".".join(self.steps)


def cells_from_node(node: Node, found: Found) -> Iterator[Cell]:
    """Yield the grid of *node* in the order of the file, the last path fastest; one cell without a sweep.

    Where the sweep has mistakes, one cell with its first values stands for all, so that the rest of the
    file is checked; what the sweep was to set and did not is `UNREAD`.
    """
    sweep = node.value.get("sweep")
    rest = node.with_fields({key: part for key, part in node.value.items() if key != "sweep"})
    if sweep is None:
        yield Cell(rest, {}, "")
        return
    if not isinstance(sweep.value, dict) or not sweep.value:
        if sweep.value is not UNREAD:
            found.add(sweep.place, "not-a-sweep")
        yield Cell(rest, {}, "")
        return
    before = len(found.mistakes)
    paths = [swept for key, part in sweep.value.items() for swept in _swept(key, part, rest, found)]
    count = 1
    for swept in paths:
        count *= max(1, len(swept.values))
    if count > MAX_CELLS:
        found.add(sweep.key_place, "too-many-cells", count=count, limit=MAX_CELLS)
    if len(found.mistakes) > before or not all(swept.values for swept in paths):
        yield _first_cell(rest, paths)
        return
    names = _short_names([swept.steps for swept in paths])
    for combination in itertools.product(*(swept.values for swept in paths)):
        cell = rest
        for swept, value in zip(paths, combination, strict=True):
            cell = _with_value(cell, swept.steps, value, swept.key)
        texts = {swept.path: _text(value) for swept, value in zip(paths, combination, strict=True)}
        label = "".join(f"__{name}_{_safe(text)}" for name, text in zip(names, texts.values(), strict=True))
        yield Cell(cell, texts, label, tuple(swept.steps for swept in paths))


def _first_cell(rest: Node, paths: list[Swept]) -> Cell:
    cell = rest
    for swept in paths:
        if swept.values or len(swept.steps) > 1:
            unread = Node(UNREAD, swept.key.place, swept.key.key_place)
            cell = _with_value(cell, swept.steps, (*swept.values, unread)[0], swept.key)
    return Cell(cell, {}, "", tuple(swept.steps for swept in paths))


def _swept(key: str, part: Node, rest: Node, found: Found) -> Iterator[Swept]:
    steps = tuple(key.split("."))
    if steps[0] not in SWEPT or (steps[0] in NAMED and len(steps) < 2):
        found.add(part.key_place, "not-sweepable", path=key, near=near(steps[0], SWEPT))
        return
    if steps[0] in NAMED and steps[0] not in OF_THE_PLAN:
        entries = rest.value[steps[0]] if rest.has(steps[0]) else rest
        if entries is rest or not entries.has(steps[1]):
            legal = entries.value if entries is not rest and isinstance(entries.value, dict) else ()
            found.add(part.key_place, "unknown-entry", name=key, near=near(steps[1], legal))
            meant = nearest(steps[1], legal)
            if meant is None:
                return
            steps = (steps[0], meant, *steps[2:])
    values = _range(part, found) if isinstance(part.value, dict) else _list(part, found)
    yield Swept(steps, part, values)


def _list(part: Node, found: Found) -> tuple[Node, ...]:
    if not isinstance(part.value, tuple) or not part.value:
        found.add(part.place, "not-sweep-values")
        return ()
    before = len(found.mistakes)
    seen: list[object] = []
    for value in part.value:
        if isinstance(value.value, (dict, tuple)) or value.value is None:
            found.add(value.place, "not-sweep-values")
        elif value.value in seen and value.value is not UNREAD:
            found.add(value.place, "repeated-value", value=value.value)
        seen.append(value.value)
    return part.value if len(found.mistakes) == before else ()


def _range(part: Node, found: Found) -> tuple[Node, ...]:
    """Return the values of ``{from, to, step}``, exact in decimals; *to* counts where a step meets it."""
    for key, node in part.value.items():
        if key not in RANGE:
            found.add(node.key_place, "unknown-field", field=key, near=near(key, RANGE))
        elif node.value is not UNREAD and not _is_number(node.value):
            found.add(node.place, "not-a-number", value=node.plain())
    missing = [key for key in RANGE if key not in part.value]
    for key in missing:
        found.add(part.place, "missing-field", field=key)
    plain = part.plain()
    if missing or set(plain) != set(RANGE) or any(type(plain[key]) not in (int, float) for key in RANGE):
        return ()
    first, last, step = (Decimal(str(plain[key])) for key in RANGE)
    if step == 0 or (last - first) / step <= 0:
        found.add(part.place, "empty-range")
        return ()
    count = int((last - first) / step) + 1
    if count > MAX_CELLS:
        found.add(part.key_place, "too-many-cells", count=count, limit=MAX_CELLS)
        return ()
    numbers = (first + number * step for number in range(count))
    return tuple(Node(_number(value), part.place, part.key_place) for value in numbers)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)


def _with_value(node: Node, steps: Steps, value: Node, key: Node) -> Node:
    """Return *node* with *value* at *steps*; maps that are missing on the way are made."""
    if not steps:
        return Node(value.value, value.place, key.key_place)
    step = str(steps[0])
    fields = dict(node.value) if isinstance(node.value, dict) else {}
    inner = fields.get(step) or Node({}, value.place, key.key_place)
    fields[step] = _with_value(inner, steps[1:], value, key)
    return node.with_fields(fields)


def _text(value: Node) -> str:
    return str(value.value)


def _safe(text: str) -> str:
    """Return *text* as a piece of the name of a folder: small letters, digits, ``-`` and ``_``."""
    return re.sub(r"[^\w-]+", "_", text.casefold())


def _short_names(paths: list[tuple[str, ...]]) -> list[str]:
    """Return for each path the shortest end that tells it from the others."""
    names = []
    for steps in paths:
        length = 1
        while length < len(steps) and sum(steps[-length:] == other[-length:] for other in paths) > 1:
            length += 1
        names.append(_safe(".".join(steps[-length:])))
    return names
