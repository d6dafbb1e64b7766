"""A plan folder to a checked Baseline, with every mistake of all its files at once."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from sim.axes import Floats
from sim.baseline.breaks import FILE as BREAKS
from sim.baseline.breaks import load_breaks, without_break
from sim.baseline.check import Parts, check_references
from sim.baseline.load_calibration import load_calibration
from sim.baseline.load_derived import in_order_of_use, load_assumptions, load_derived
from sim.baseline.load_dimensions import load_dimensions
from sim.baseline.load_figures import check_figures, joined_figures, load_figures, load_named_figures
from sim.baseline.load_indicators import load_indicators
from sim.baseline.load_path import load_path
from sim.baseline.load_pipelines import check_pipelines, load_pipelines
from sim.baseline.load_plan import Frame, load_areas, load_frame
from sim.baseline.load_printed import load_printed
from sim.baseline.load_targets import Quantities, load_platforms, load_targets
from sim.baseline.load_tiles import load_tiles
from sim.baseline.plan import Baseline, Break, Figure
from sim.baseline.track_record import load_track_record
from sim.errors import BadInput, Found, Mistake, Place
from sim.marked.document import kept_document
from sim.marked.text import name_in_project

FILES = (
    "areas.csv",
    "assumptions.yaml",
    "breaks.csv",
    "calibration.yaml",
    "derived.yaml",
    "dimensions.csv",
    "history.csv",
    "indicators.csv",
    "observed.csv",
    "panel.csv",
    "path.csv",
    "pipelines.yaml",
    "plan.yaml",
    "plan_vs_outcome.csv",
    "platforms.csv",
    "printed.csv",
    "targets.csv",
    "tiles.csv",
)

Contents = tuple[str, str, str, bool, tuple[tuple[str, str], ...]]

KEPT = 8
"""Plans that are kept once read."""
_kept: dict[Contents, Baseline] = {}


def load_baseline(folder: Path, root: Path, sources_only: bool = False) -> Baseline:
    """Return the plan in *folder*; BadInput with all mistakes of all files, placed relative to *root*.

    calibration.yaml, path.csv (both written by the program), breaks.csv, dimensions.csv, pipelines.yaml,
    plan_vs_outcome.csv and tiles.csv may be absent. *sources_only*: what the program wrote stays unread.
    A plan whose files are what they were, byte for byte, is not read again: one process loads it often.
    """
    if not folder.is_dir():
        raise BadInput([Mistake(Place(name_in_project(folder, root)), "missing-folder")])
    contents = _contents_of(folder, root, sources_only)
    known = None if contents is None else _kept.get(contents)
    if known is not None:
        return known
    baseline = _read(folder, root, sources_only)
    if contents is not None and dict(contents[-1]) == baseline.hashes:  # nobody wrote in between
        while len(_kept) >= KEPT:
            _kept.pop(next(iter(_kept)), None)
        _kept[contents] = baseline
    return baseline


def forget() -> None:
    """Have every plan and document read anew."""
    _kept.clear()
    kept_document.cache_clear()


def _contents_of(folder: Path, root: Path, sources_only: bool) -> Contents | None:
    """Return all that a plan is made of; None where a file is none or cannot be read, which is a mistake."""
    files = [folder / name for name in FILES]
    if any(os.path.lexists(file) and (file.is_symlink() or not file.is_file()) for file in files):
        return None
    try:
        hashes = hashes_of(folder)
    except OSError:
        return None
    names = (folder.name, name_in_project(folder, root), name_in_project(files[0], root))
    return (*names, sources_only, tuple(hashes.items()))


def _read(folder: Path, root: Path, sources_only: bool) -> Baseline:
    """Return the plan in *folder* as its files say it, as `load_baseline`."""
    found = Found()
    areas = load_areas(folder, root, found)
    indicators = load_indicators(folder, root, {area.id for area in areas or ()}, found)
    frame = load_frame(folder, root, areas, {indicator.id for indicator in indicators or ()}, found)
    assumptions = load_assumptions(folder, root, found)
    pipelines = load_pipelines(folder, root, found)
    assumptions |= pipelines.assumptions
    derived = in_order_of_use((*pipelines.derived, *load_derived(folder, root, found)), found)
    calibration = None if sources_only else load_calibration(folder, root, found)
    if frame is None or indicators is None:
        found.raise_if_any()
    assert frame is not None  # None always comes with a mistake
    assert indicators is not None
    printed = load_printed(folder, root, frame, indicators, found)
    figures, observed, breaks = load_all_figures(folder, root, frame, found)
    by_id = {indicator.id: indicator for indicator in indicators}
    quantities = Quantities(by_id, {item.id: item for item in derived}, printed)
    targets = load_targets(folder, root, frame, quantities, found)
    platforms = load_platforms(folder, root, frame, found)
    tiles = load_tiles(folder, root, frame, found)
    dimensions = load_dimensions(folder, root, frame.dimensions, found)
    track_record = load_track_record(folder, root, found)
    if printed is None:
        found.raise_if_any()
    assert printed is not None
    hashes = hashes_of(folder)
    parts = Parts(frame, indicators, printed, figures, observed, assumptions, derived, calibration, hashes)
    check_references(parts, found)
    check_pipelines(pipelines.plans.values(), by_id, found)
    path = load_path(folder, root, frame, indicators, printed, found, sources_only)
    found.raise_if_any()
    _freeze(path, printed.level, printed.level_half, printed.growth, printed.growth_half)
    return Baseline(
        id=folder.name,
        folder=name_in_project(folder, root),
        title=frame.title,
        document=frame.document,
        base_year=frame.base_year,
        years=frame.years,
        province=frame.province,
        cities=frame.cities,
        indicators=indicators,
        groups=frame.groups,
        group_names=frame.group_names,
        printed=printed,
        path=path,
        figures=figures,
        observed=observed,
        assumptions=assumptions,
        derived=derived,
        targets=targets,
        platforms=platforms,
        dimensions=dimensions,
        calibration=calibration,
        hashes=hashes,
        tiles=tiles,
        track_record=track_record,
        breaks=breaks,
        pipelines=pipelines.plans,
    )


def _freeze(*arrays: Floats) -> None:
    """Have nobody write into *arrays*, which all who load the plan share."""
    for array in arrays:
        array.setflags(write=False)


def load_all_figures(
    folder: Path, root: Path, frame: Frame, found: Found
) -> tuple[tuple[Figure, ...], tuple[Figure, ...], tuple[Break, ...]]:
    """Return the figures of history.csv and panel.csv together, those of observed.csv, and declared breaks.

    Breaks hold of the former: figures before one have no part in the calibration.
    """
    history, panel = (
        load_figures(folder, root, name, frame, found) for name in ("history.csv", "panel.csv")
    )
    observed = load_named_figures(folder / "observed.csv", root, frame.areas, found)
    figures = joined_figures(history, panel, found)
    file = folder / BREAKS
    breaks = load_breaks(file, root, figures, found) if file.exists() else ()
    check_figures(without_break(figures, breaks), found)
    return figures, observed, breaks


def hashes_of(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file of the plan that is there, by name."""
    present = [name for name in FILES if (folder / name).is_file()]
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in present}
