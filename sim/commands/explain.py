"""``run.py explain FILE``: where every effective number of an area and an indicator comes from."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from sim.commands.console import OK, Console
from sim.commands.projects import scenario_files
from sim.errors import Found, Place
from sim.texts import say

if TYPE_CHECKING:
    from sim.baseline.plan import Baseline

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
    from sim.tables.explain_table import explanation_text

    plans = PlanFolders(console.root)
    scenario, *others = load_scenarios(scenario_files([options.file], console.root), plans, console.root)
    baseline = plans[scenario.plan]
    area, indicator = names_in(baseline, options.area, options.indicator)
    calibration_of(baseline)
    calibration = load_document(console.root / baseline.folder / CALIBRATION, console.root)
    explanation = explanation_of(scenario, baseline, area, indicator, calibration.key_place)
    console.show(explanation_text(explanation, baseline, console.lang))
    if others:
        console.tell_text("cli.explain.sweep", count=len(others) + 1)
    return OK


def names_in(baseline: Baseline, area: str, indicator: str) -> tuple[str, str]:
    """Return the ids of what is asked for; BadInput with the nearest legal names."""
    from sim.scenario.names import directories_of

    names = directories_of(baseline)
    found = Found()
    place = Place(baseline.folder)
    ids = [names.areas.id_of(area), names.indicators.id_of(indicator)]
    for word, directory, ident in zip((area, indicator), (names.areas, names.indicators), ids, strict=True):
        if ident is None:
            found.add(place, directory.code, name=word, near=directory.near(word, only_single=True))
    chosen = next((each for each in baseline.indicators if each.id == ids[1]), None)
    if chosen is not None and chosen.scope == "province" and ids[0] not in (None, baseline.province.id):
        province = baseline.province.id
        found.add(place, "only-the-province", indicator=chosen.id, province=province)
    found.raise_if_any()
    return str(ids[0]), str(ids[1])
