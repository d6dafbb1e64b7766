"""What a result was made from and what it consists of, as hashes; the same on every machine."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import sim

MANIFEST = "manifest.json"
FORMAT = 1
_DIGEST = "sha256_of_this"


@dataclass(frozen=True, slots=True)
class Origin:
    """What a result was made from.

    *source*: the scenario's file, relative to the project. *inputs*: file -> SHA-256.
    *cell*: the sweep's values of a grid cell, empty otherwise.
    """

    scenario: str
    source: str
    seed: int
    draws: int
    inputs: Mapping[str, str]
    cell: Mapping[str, str]
    versions: Mapping[str, str]


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """A file of a result that is not what its manifest says."""

    file: str
    kind: Literal["missing", "truncated", "changed", "edited", "unreadable", "version"]


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def versions(root: Path) -> dict[str, str]:
    """Return the versions of planodds and of the libraries that results depend on, and the lock's hash."""
    import importlib.metadata  # many modules, which nobody else asks for
    import tomllib

    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = sorted(_package(requirement) for requirement in project["dependencies"])
    return (
        {"planodds": sim.__version__}
        | {name: importlib.metadata.version(name) for name in names}
        | {"requirements.lock": sha256((root / "requirements.lock").read_bytes())}
    )


def _package(requirement: str) -> str:
    """Return the name at the start of a requirement such as ``numpy>=2.4,<2.5``."""
    return re.split(r"[^\w.-]", requirement, maxsplit=1)[0]


def manifest_of(origin: Origin, outputs: Mapping[str, bytes]) -> bytes:
    """Return the manifest of *outputs* as JSON: no clock, no path of a machine, no host."""
    facts: dict[str, object] = {
        "format": FORMAT,
        "scenario": origin.scenario,
        "source": origin.source,
        "seed": origin.seed,
        "draws": origin.draws,
        "cell": dict(origin.cell),
        "versions": dict(origin.versions),
        "inputs": dict(origin.inputs),
        "outputs": {name: {"bytes": len(raw), "sha256": sha256(raw)} for name, raw in outputs.items()},
    }
    return _json(facts | {_DIGEST: sha256(_json(facts))})


def _json(facts: Mapping[str, object]) -> bytes:
    text = json.dumps(facts, ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False)
    return (text + "\n").encode("utf-8")


def read_manifest(folder: Path) -> dict[str, object] | None:
    """Return the facts of *folder*'s manifest; None where it is missing, unreadable or was edited."""
    faults, facts = _checked_manifest(folder)
    return None if faults else facts


def _checked_manifest(folder: Path) -> tuple[tuple[Fault, ...], dict[str, object]]:
    try:
        facts = json.loads((folder / MANIFEST).read_bytes())
        told = facts.pop(_DIGEST)
        is_true = told == sha256(_json(facts))
    except FileNotFoundError:
        return (Fault(MANIFEST, "missing"),), {}
    except (OSError, ValueError, RecursionError, AttributeError, KeyError, TypeError):
        return (Fault(MANIFEST, "unreadable"),), {}
    if not is_true:
        return (Fault(MANIFEST, "edited"),), {}
    if facts.get("format") != FORMAT:
        return (Fault(MANIFEST, "version"),), {}
    return (), facts


def verify(folder: Path) -> tuple[Fault, ...]:
    """Return what is wrong with the result in *folder*; nothing where all is as it was written."""
    faults, facts = _checked_manifest(folder)
    if faults:
        return faults
    outputs = facts["outputs"]
    assert isinstance(outputs, dict)
    found = (_fault_of(folder / name, told) for name, told in sorted(outputs.items()))
    return tuple(fault for fault in found if fault is not None)


def _fault_of(path: Path, told: Mapping[str, object]) -> Fault | None:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return Fault(path.name, "missing")
    except OSError:
        return Fault(path.name, "unreadable")
    if sha256(content) == told["sha256"]:
        return None
    size = told["bytes"]
    return Fault(path.name, "truncated" if isinstance(size, int) and len(content) < size else "changed")
