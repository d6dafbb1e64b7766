"""``--observed FILE``: actuals from a file laid over those of every scenario of a command."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.baseline.plan import Baseline
    from sim.scenario.scenario import Scenario


def observed_scenarios(
    scenarios: Sequence[Scenario], file: Path | None, plans: Mapping[str, Baseline], root: Path
) -> tuple[Scenario, ...]:
    """Return *scenarios* with the actuals of *file* over their own; BadInput with all its mistakes.

    The file becomes an input of each, with its hash.
    """
    if file is None:
        return tuple(scenarios)
    import hashlib

    from sim.errors import Found
    from sim.marked.text import name_in_project
    from sim.scenario.observed import actuals_from_file, with_actuals

    found = Found()
    by_plan = {
        plan: actuals_from_file(file, root, plans[plan], found)
        for plan in sorted({scenario.plan for scenario in scenarios})
    }
    found.raise_if_any()
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    done = []
    for scenario in scenarios:
        actuals = with_actuals(scenario.observed, by_plan[scenario.plan], plans[scenario.plan], found)
        files = {**scenario.files, name_in_project(file, root): digest}
        done.append(replace(scenario, observed=actuals, files=files))
    found.mistakes = list(dict.fromkeys(found.mistakes))
    found.raise_if_any()
    return tuple(done)
