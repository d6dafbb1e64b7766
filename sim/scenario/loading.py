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
from sim.scenario.measures import UNREAD
from sim.scenario.names import Directories, directories_of
from sim.scenario.reading import Reading
from sim.scenario.resolve import scenario_from_written
from sim.scenario.scenario import Scenario
from sim.scenario.shape import written_from_node
from sim.scenario.sweeps import cells_from_node

NOT_COMPARED = ("id", "files", "cell", "platform")

UNKNOWN_WORDS = (
    "unknown-area",
    "unknown-assumption",
    "unknown-choice",
    "unknown-field",
    "unknown-indicator",
    "unknown-kind",
    "unknown-platform",
    "unknown-target",
    "year-outside",
)
"""Mistakes that a word or a year makes by itself, whatever stands around it."""


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
    outputs: list[tuple[str, str]] = []
    for path in paths:
        layered = library.load_layers(path)
        if layered is not None and layered.is_whole:
            scenarios.extend(_scenarios(layered, path, plans, outputs, library.found))
        elif layered is not None:
            _note_unknown_words(layered, path, plans, library.found)
    _refuse_same_outputs(outputs, library.found)
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


def _scenarios(
    layered: Layered, path: Path, plans: _Plans, outputs: list[tuple[str, str]], found: Found
) -> Iterator[Scenario]:
    """Yield the sound scenarios of a file; *outputs* gets the id and the file of the others too."""
    stem = unicodedata.normalize("NFC", readable_name(path.stem))
    for cell in cells_from_node(layered.node, found):
        before = len(found.mistakes)
        if cell.values or not layered.node.has("sweep"):
            outputs.append((stem + cell.label, layered.file))
        read = written_from_node(cell.node, found)
        if read is None or read[0].plan is UNREAD:
            continue
        written, node = read
        plan = plans.get(written.plan, node.at(("plan",)).place)
        if plan is None:
            continue
        reading = Reading(*plan, node, cell.swept, found)
        scenario = scenario_from_written(reading, written, stem, layered.files, cell)
        scenario = dataclasses.replace(scenario, place=Place(layered.file))
        if len(found.mistakes) == before:
            yield scenario


def _note_unknown_words(layered: Layered, path: Path, plans: _Plans, found: Found) -> None:
    """Note the words of a file that mean nothing, where a part of what it stands on could not be read.

    What that part holds is not known, so nothing is said of what seems missing or without effect.
    """
    guessed = Found()
    tuple(_scenarios(layered, path, plans, [], guessed))
    found.mistakes.extend(mistake for mistake in guessed.mistakes if mistake.code in UNKNOWN_WORDS)


def _refuse_same_outputs(outputs: Sequence[tuple[str, str]], found: Found) -> None:
    """Note scenarios (id, file) whose results would stand in one folder; case does not part them."""
    seen: dict[str, str] = {}
    for id, file in outputs:
        if id.casefold() in seen:
            found.add(Place(file), "same-output", name=id, other=seen[id.casefold()])
        seen.setdefault(id.casefold(), file)


def _refuse_same_scenarios(scenarios: Sequence[Scenario], found: Found) -> None:
    """Note scenarios that differ in nothing but their names and words."""
    seen: dict[Any, Scenario] = {}
    for scenario in scenarios:
        same = seen.setdefault(_content(scenario), scenario)
        if same is not scenario:
            files = {"file": scenario.place.file, "other_file": same.place.file}
            found.add(scenario.place, "same-scenario", name=scenario.id, other=same.id, **files)


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
