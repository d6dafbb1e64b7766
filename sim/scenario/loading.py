"""Scenario files to scenarios: every mistake of every file at once, or none."""

from __future__ import annotations

import dataclasses
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sim.axes import Name
from sim.baseline.plan import Baseline
from sim.errors import BadInput, Found, Place
from sim.marked.text import readable_name
from sim.scenario.choices import near
from sim.scenario.layers import Layered, Library
from sim.scenario.names import Directories, directories_of
from sim.scenario.reading import Reading
from sim.scenario.resolve import scenario_from_written
from sim.scenario.scenario import Scenario
from sim.scenario.shape import written_from_node
from sim.scenario.sweeps import cells_from_node

NOT_COMPARED = ("id", "files", "cell", "platform")


def load_scenarios(
    paths: Sequence[Path], baselines: Mapping[str, Baseline], root: Path
) -> tuple[Scenario, ...]:
    """Return the scenarios of all *paths*, those of a sweep in the order of its grid.

    *baselines* has the plans by id and is asked only for those that are named (see `PlanFolders`);
    *root* is the project: no file outside it is read on behalf of another. BadInput with all mistakes.
    """
    library = Library(root)
    plans = _Plans(baselines, library.found)
    scenarios: list[Scenario] = []
    for path in paths:
        layered = library.load_layers(path)
        if layered is not None:
            scenarios.extend(_scenarios(layered, path, plans, library.found))
    _refuse_same_names(scenarios, library.found)
    _refuse_same_scenarios(scenarios, library.found)
    library.found.raise_if_any()
    return tuple(scenarios)


@dataclasses.dataclass(frozen=True, slots=True)
class _Plans:
    """Plans with their names, each made once."""

    baselines: Mapping[str, Baseline]
    found: Found
    made: dict[str, tuple[Baseline, Directories] | None] = dataclasses.field(default_factory=dict)

    def get(self, plan: str, place: Place) -> tuple[Baseline, Directories] | None:
        if plan not in self.made:
            self.made[plan] = None
            try:
                baseline = self.baselines[plan]
            except KeyError:
                self.found.add(place, "unknown-plan", name=plan[:80], near=near(plan, self.baselines))
                del self.made[plan]
                return None
            except BadInput as error:
                self.found.mistakes.extend(error.mistakes)
                return None
            self.made[plan] = (baseline, directories_of(baseline))
        return self.made[plan]


def _scenarios(layered: Layered, path: Path, plans: _Plans, found: Found) -> Iterator[Scenario]:
    stem = unicodedata.normalize("NFC", readable_name(path.stem))
    for cell in cells_from_node(layered.node, found):
        before = len(found.mistakes)
        written = written_from_node(cell.node, found)
        if written is None:
            continue
        plan = plans.get(written.plan, cell.node.at(("plan",)).place)
        if plan is None:
            continue
        reading = Reading(*plan, cell.node, cell.swept, found)
        scenario = scenario_from_written(reading, written, stem, layered.files, cell)
        scenario = dataclasses.replace(scenario, place=Place(layered.file))
        if len(found.mistakes) == before:
            yield scenario


def _refuse_same_names(scenarios: Sequence[Scenario], found: Found) -> None:
    """Note scenarios whose results would stand in one folder; small and capital letters are one."""
    seen: dict[str, Scenario] = {}
    for scenario in scenarios:
        same = seen.setdefault(scenario.id.casefold(), scenario)
        if same is not scenario:
            found.add(scenario.place, "same-output", name=scenario.id, other=same.place.file)


def _refuse_same_scenarios(scenarios: Sequence[Scenario], found: Found) -> None:
    """Note scenarios that differ in nothing but their names and words."""
    seen: dict[Any, Scenario] = {}
    for scenario in scenarios:
        same = seen.setdefault(_content(scenario), scenario)
        if same is not scenario:
            found.add(scenario.place, "same-scenario", name=scenario.id, other=same.id)


def _content(part: Any) -> Any:
    """Return what a scenario computes, as something that can be compared: no titles and no places."""
    if dataclasses.is_dataclass(part):
        fields = (field.name for field in dataclasses.fields(part) if field.name not in NOT_COMPARED)
        return (type(part).__name__, *(_content(getattr(part, name)) for name in fields))
    if isinstance(part, (Name, Place)):
        return None
    if isinstance(part, Mapping):
        return tuple((key, _content(value)) for key, value in sorted(part.items()))
    if isinstance(part, tuple):
        return tuple(_content(value) for value in part)
    return part
