"""The results folder: one folder per scenario, each there whole or not at all.

A result is written into a hidden folder beside its place, the manifest last, and then renamed into
it. A run that was killed leaves at most hidden folders, which the next one tidies.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from sim.marked.text import file_system_name
from sim.outputs.atomic import sync_folder, write_whole
from sim.outputs.locks import locked
from sim.outputs.manifest import MANIFEST, Origin, manifest_of, read_manifest
from sim.outputs.problems import Refused, space_watched
from sim.outputs.safe_names import safe_name

RUN_LOG = "run.log"
_NEW, _OLD = ".new", ".old"
_SOURCES = {"sim", "scenarios", "baselines", "tests", "docs", "bench", ".ci", ".git", ".venv"}


def folder_of(results: Path, scenario: str) -> Path:
    """Return the folder of a scenario's result: one level below *results*, whatever it is called."""
    return results / file_system_name(safe_name(scenario))


@contextlib.contextmanager
def opened(results: Path, root: Path, sources: Iterable[tuple[str, str]]) -> Iterator[None]:
    """Hold the *results* folder (absolute) for this run, tidied and fit to be written to.

    *sources*: (scenario id, its file) of everything that will be published. All that can be wrong
    with the folder is found here, before anything is simulated. Raises Refused, Locked or NoSpace.
    """
    _prepare(results, root)
    with locked(results):
        _recover(results)
        _check_names(results, sources)
        yield


def _prepare(results: Path, root: Path) -> None:
    """Make the folder where there is none; that it can be written to, its lock shows."""
    inside = results.relative_to(root).parts if results.is_relative_to(root) else None
    if root.is_relative_to(results) or (inside is not None and inside[0] in _SOURCES):
        raise Refused("is-the-project", folder=results.name)
    boundary = results.parent if inside is None else root
    if not results.resolve().is_relative_to(boundary.resolve()):
        raise Refused("link", folder=results.name)
    try:
        with space_watched(results.name, 0):
            results.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise Refused("is-a-file", folder=results.name) from None
    except OSError as error:
        raise Refused("not-writable", folder=results.name, why=error.strerror) from error


def _recover(results: Path) -> None:
    """Tidy what a killed run left: a complete result goes to its place, an incomplete one goes."""
    for hidden in sorted(results.glob(f".*{_OLD}")):
        place = results / hidden.name.removeprefix(".").removesuffix(_OLD)
        if place.exists():
            _carry_over(hidden, place)
            _remove(hidden)
        else:
            os.rename(hidden, place)
    for hidden in sorted(results.glob(f".*{_NEW}")):
        _remove(hidden)


def _check_names(results: Path, sources: Iterable[tuple[str, str]]) -> None:
    """Refuse to write two scenarios into one folder, now or after an earlier run."""
    taken: dict[str, str] = {}
    for scenario, source in sources:
        place = folder_of(results, scenario)
        if place.name in taken:
            raise Refused("name-shared", name=scenario, file=source, other=taken[place.name])
        taken[place.name] = source
        _check_place(results, scenario, source)


def _check_place(results: Path, scenario: str, source: str) -> None:
    place = folder_of(results, scenario)
    if place.is_symlink() and not place.resolve().is_relative_to(results.resolve()):
        raise Refused("link", folder=f"{results.name}/{scenario}")
    if place.is_symlink() or (place.exists() and not place.is_dir()):
        raise Refused("is-a-file", folder=f"{results.name}/{scenario}")
    known = read_manifest(place)
    if known is not None and known["source"] != source:
        other = known["source"]
        raise Refused("name-taken", folder=f"{results.name}/{scenario}", file=source, other=other)


def publish(results: Path, origin: Origin, files: Mapping[str, bytes], log: bytes) -> Path:
    """Put *files*, *log* and their manifest into the scenario's folder, all at once; return the folder.

    Whatever a planner keeps in that folder stays there. Raises NoSpace or Refused; then the result
    that stood there still stands.
    """
    place = folder_of(results, origin.scenario)
    fresh, aside = (place.with_name(f".{place.name}{suffix}") for suffix in (_NEW, _OLD))
    needed = sum(len(content) for content in files.values())
    _remove(fresh)
    _remove(aside)
    try:
        with space_watched(place.name, needed):
            fresh.mkdir()
            for name, content in (*files.items(), (RUN_LOG, log), (MANIFEST, manifest_of(origin, files))):
                write_whole(fresh / name, content)
        _swap(fresh, place, aside)
    except BaseException:
        _remove(fresh)
        raise
    with space_watched(place.name, needed):
        sync_folder(results)
    return place


def _swap(fresh: Path, place: Path, aside: Path) -> None:
    """Rename *fresh* to *place*; what stood there is put *aside* first, and back where that fails."""
    try:
        if place.exists():
            os.rename(place, aside)
        os.rename(fresh, place)
    except OSError as error:
        if aside.exists() and not place.exists():
            os.rename(aside, place)
        # On Windows a file that is open in another program keeps its folder from being renamed.
        raise Refused("busy", folder=place.name, why=error.strerror) from error
    with contextlib.suppress(OSError):  # the result is in its place; the next run tidies what is left
        if aside.exists():
            _carry_over(aside, place)
            _remove(aside)


def _carry_over(aside: Path, place: Path) -> None:
    """Move what planodds did not write from the old folder into the new one."""
    known = read_manifest(aside) or {}
    outputs = known.get("outputs")
    ours = {MANIFEST, RUN_LOG} | (set(outputs) if isinstance(outputs, dict) else set())
    for entry in sorted(aside.iterdir()):
        target = place / entry.name
        if entry.name not in ours and not target.exists():
            os.rename(entry, target)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
