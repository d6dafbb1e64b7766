"""Everything a page is made of, frozen: results of studies, and nothing that has to be worked out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sim.baseline.audit import Audit, audit_of
from sim.baseline.plan import Baseline
from sim.baseline.progress import Progress, progress_of
from sim.cube import Cube, Probability
from sim.studies.compare import Comparison
from sim.studies.goal_seek import Need
from sim.tables import readings


@dataclass(frozen=True, slots=True)
class Material:
    """One page: *cubes* of one plan, the first of which the page is about.

    *needs* by scenario id; *comparisons* of each other scenario with the first (empty where they do
    not share their luck); *sources*: scenario id to its file; *versions*: what it was made with.
    """

    cubes: tuple[Cube, ...]
    needs: Mapping[str, tuple[Need, ...]]
    comparisons: tuple[Comparison, ...]
    audit: Audit
    progress: tuple[Progress, ...]
    sources: Mapping[str, str]
    versions: Mapping[str, str]

    @property
    def main(self) -> Cube:
        return self.cubes[0]

    def is_sweep(self) -> bool:
        """Return whether all scenarios are the cells of one sweep."""
        return is_one_sweep([tuple(dict(cube.cell)) for cube in self.cubes])

    @property
    def plan(self) -> Baseline:
        return self.cubes[0].plan


def is_one_sweep(swept: Sequence[tuple[str, ...]]) -> bool:
    """Return whether scenarios are cells of one grid, told from the paths that each has *swept*."""
    return len({frozenset(paths) for paths in swept}) == 1 and bool(swept[0])


def material_of(
    cubes: Sequence[Cube],
    needs: Mapping[str, tuple[Need, ...]],
    comparisons: Sequence[Comparison] = (),
    sources: Mapping[str, str] | None = None,
    versions: Mapping[str, str] | None = None,
    audit: Audit | None = None,
) -> Material:
    """Return the material of a page about *cubes*, with the progress and the *audit* of their plan."""
    plan = cubes[0].plan
    return Material(
        tuple(cubes),
        needs,
        tuple(comparisons),
        audit or audit_of(plan),
        progress_of(plan),
        sources or {},
        versions or {},
    )


def needs_by_target(material: Material, cube: Cube) -> dict[str, Need]:
    return {need.target: need for need in material.needs.get(cube.scenario, ())}


def versions_of(cube: Cube, row: Probability) -> tuple[Probability, ...]:
    """Return the other versions of the target of *row* that have a probability."""
    return tuple(other for other in readings.versions_of(row, cube)[1:] if other.p is not None)
