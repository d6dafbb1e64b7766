"""``run.py explain FILE``: where every effective number of an area and an indicator comes from."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from sim.commands.console import OK, Console
from sim.commands.projects import scenario_files
from sim.errors import COMMAND_LINE, Found
from sim.texts import say

if TYPE_CHECKING:
    from sim.baseline.plan import Baseline, Derived, Indicator

CALIBRATION = "calibration.yaml"


def add_arguments(parser: argparse.ArgumentParser, lang: str) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help=say("cli.explain.file", lang))
    parser.add_argument("--area", required=True, metavar="NAME", help=say("cli.explain.area", lang))
    parser.add_argument("--indicator", required=True, metavar="NAME", help=say("cli.explain.indicator", lang))


def run(options: argparse.Namespace, console: Console) -> int:
    """Explain the scenario of the file; of a sweep the first cell of its grid."""
    from sim.marked.document import load_document
    from sim.model.compile import calibration_of
    from sim.scenario.loading import load_scenarios
    from sim.scenario.plans import PlanFolders
    from sim.studies.explain import explanation_of
    from sim.studies.explain_parts import derived_parts, parts_of
    from sim.tables.execution import execution_text
    from sim.tables.explain_parts_table import derived_text, parts_text
    from sim.tables.explain_table import explanation_text

    plans = PlanFolders(console.root)
    scenario, *others = load_scenarios(scenario_files([options.file], console.root), plans, console.root)
    baseline = plans[scenario.plan]
    area, quantity = names_in(baseline, options.area, options.indicator)
    calibration_of(baseline)
    place_of = load_document(console.root / baseline.folder / CALIBRATION, console.root).key_place
    indicators, derived = parts_of_quantity(baseline, quantity)
    for each in derived:
        parts = derived_parts(scenario, baseline, each, place_of)
        console.show(derived_text(parts, baseline, console.lang) + "\n")
    for indicator in indicators:
        explanation = explanation_of(scenario, baseline, area, indicator.id, place_of)
        console.show(explanation_text(explanation, baseline, console.lang) + "\n")
        numbers = parts_of(scenario, baseline, area, indicator, place_of)
        console.show(parts_text(numbers, baseline, console.lang) + "\n")
    if scenario.execution is not None:
        console.show(execution_text(scenario, baseline, quantity, console.lang) + "\n")
    if others:
        console.tell_text("cli.explain.sweep", count=len(others) + 1)
    return OK


def names_in(baseline: Baseline, area: str, quantity: str) -> tuple[str, str]:
    """Return the ids of what is asked for, an indicator or something derived; BadInput with near names.

    The id of a target stands for the quantity that it is about; a pipeline, or one of its numbers, for
    the first quantity that it gives.
    """
    from sim.scenario.names import directories_of, directory

    areas = directories_of(baseline).areas
    named = [(indicator.id, indicator.name) for indicator in baseline.indicators]
    named += [(derived.id, derived.name) for derived in baseline.derived]
    asked_of = [(t.quantity, t.id) for t in baseline.targets if t.lead and t.quantity is not None]
    for plan in baseline.pipelines.values():
        first = next(iter(plan.outputs.values()))
        asked_of += [(first, word) for word in (plan.id, *plan.name, *plan.numbers.values())]
    quantities = directory("unknown-indicator", named, {}, asked_of)
    found = Found()
    place = COMMAND_LINE
    ids = [areas.id_of(area), quantities.id_of(quantity)]
    for word, names, ident in zip((area, quantity), (areas, quantities), ids, strict=True):
        if ident is None:
            code, details = names.mistake_of(word, only_single=True)
            found.add(place, code, **details)
    cities = {each.id for each in baseline.indicators if each.scope == "cities"}
    if None not in ids and ids[1] not in cities and ids[0] != baseline.province.id:
        found.add(place, "only-the-province", indicator=ids[1], province=baseline.province.id)
    found.raise_if_any()
    return str(ids[0]), str(ids[1])


def parts_of_quantity(baseline: Baseline, quantity: str) -> tuple[tuple[Indicator, ...], tuple[Derived, ...]]:
    """Return the indicators that *quantity* (an id) is or is made of, and what is derived on the way."""
    for indicator in baseline.indicators:
        if indicator.id == quantity:
            return (indicator,), ()
    derived = next(each for each in baseline.derived if each.id == quantity)
    indicators: dict[str, Indicator] = {}
    between = [derived]
    for part in derived.parts():
        inner, more = parts_of_quantity(baseline, part)
        indicators |= {each.id: each for each in inner}
        between += more
    return tuple(indicators.values()), tuple(between)
