"""The Python interface: load a plan and scenarios, run, compare, and get DataFrames and DataArrays.

    from sim.api import load_scenarios, run, probabilities, levels

    [cube] = run(load_scenarios("baseline", draws=4096))
    probabilities(cube)     # pandas.DataFrame: a row per target
    levels(cube)            # xarray.DataArray [area, indicator, year, quantile]

Scenarios are named as on the command line: by the name of a file in ``scenarios/``, or by a path.
Every mistake in a file is a `sim.errors.BadInput` that names file, line and column.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic_core import PydanticCustomError

from sim.baseline.plan import Baseline
from sim.commands.aims import check_nets
from sim.cube import Cube
from sim.errors import COMMAND_LINE, BadInput, Mistake, Place
from sim.scenario.choices import near
from sim.scenario.loading import load_scenarios as scenarios_from_files
from sim.scenario.measures import draws_from
from sim.scenario.plans import PlanFolders
from sim.scenario.scenario import Scenario
from sim.studies.batch import run_batch
from sim.studies.compare import Comparison, check_comparable, comparisons_of
from sim.tables.columns import probability_columns, trajectory_columns
from sim.tables.compared import chance_columns
from sim.tables.interchange import dataset_of, iamc_columns

if TYPE_CHECKING:
    import pandas
    import xarray

__all__ = [
    "compare",
    "dataset",
    "differences",
    "iamc",
    "levels",
    "load_plan",
    "load_scenarios",
    "probabilities",
    "run",
    "trajectories",
]

ROOT = Path(__file__).resolve().parent.parent


def load_plan(plan: str, root: Path = ROOT) -> Baseline:
    """Return a plan of ``baselines/`` by the name of its folder; BadInput if there is none."""
    plans = PlanFolders(root)
    if plan not in list(plans):
        raise _mistake("unknown-plan", COMMAND_LINE, name=plan, near=near(plan, plans))
    return plans[plan]


def load_scenarios(*names: str | Path, draws: int | None = None, root: Path = ROOT) -> tuple[Scenario, ...]:
    """Return scenarios by name or path, sweeps in the order of their grids; *draws* replaces theirs.

    Raises BadInput for mistakes in the files, for a name that is none, and for draws that are not whole
    blocks (of Sobol points: not a whole net).
    """
    plans = PlanFolders(root)
    paths = [_file(name, root) for name in names]
    scenarios = scenarios_from_files(paths, plans, root)
    if draws is None:
        return scenarios
    try:
        scenarios = tuple(replace(each, draws=draws_from(draws)) for each in scenarios)
    except PydanticCustomError as flaw:
        raise _mistake(flaw.type, COMMAND_LINE, **(flaw.context or {})) from None
    check_nets(scenarios, plans)
    return scenarios


def _file(name: str | Path, root: Path) -> Path:
    shipped = root / "scenarios" / f"{name}.yaml"
    if shipped.exists() or Path(name).exists():
        return shipped if shipped.exists() else Path(name)
    known = sorted(path.stem for path in shipped.parent.glob("*.yaml"))
    raise _mistake("no-such-file", Place(str(name)), name=name, near=near(str(name), known))


def _mistake(code: str, place: Place, **details: object) -> BadInput:
    told = tuple((name, str(value)) for name, value in sorted(details.items()))
    return BadInput([Mistake(place, code, told)])


def run(scenarios: Sequence[Scenario], root: Path = ROOT) -> tuple[Cube, ...]:
    """Return the results of *scenarios* in their order; no result depends on which others run."""
    return tuple(run_batch(scenarios, PlanFolders(root)))


def compare(scenarios: Sequence[Scenario], root: Path = ROOT) -> tuple[Comparison, ...]:
    """Return each scenario compared with the first, on common luck: one plan, seed and number of draws."""
    check_comparable(scenarios)
    return comparisons_of(scenarios, run(scenarios, root))


def probabilities(cube: Cube) -> pandas.DataFrame:
    """Return a row per target and version: p, both uncertainties, grade, driver, draws and seed."""
    import pandas

    return pandas.DataFrame(dict(probability_columns(cube)))


def trajectories(cube: Cube) -> pandas.DataFrame:
    """Return a row per area, quantity and year: mean, standard deviation and quantiles, in *unit*."""
    import pandas

    return pandas.DataFrame(dict(trajectory_columns(cube)))


def differences(comparisons: Sequence[Comparison]) -> pandas.DataFrame:
    """Return a row per scenario and target: both probabilities, their difference and its error."""
    import pandas

    return pandas.DataFrame(dict(chance_columns(comparisons)))


def levels(cube: Cube) -> xarray.DataArray:
    """Return quantiles of levels ``[area, indicator, year, quantile]``, each indicator in its *unit*."""
    return dataset([cube])["level"].isel(scenario=0)


def dataset(cubes: Sequence[Cube]) -> xarray.Dataset:
    """Return all numbers of several results of one plan, with a scenario axis."""
    return dataset_of(cubes)


def iamc(cubes: Sequence[Cube]) -> pandas.DataFrame:
    """Return the long table of the IAMC: model, scenario, region, variable, unit, year, value."""
    import pandas

    return pandas.DataFrame(dict(iamc_columns(cubes)))
