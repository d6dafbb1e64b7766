"""The plans of a project, each read when it is first asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sim.baseline.plan import Baseline

FOLDER = "baselines"
FILE = "plan.yaml"


@dataclass(frozen=True, slots=True)
class PlanFolders(Mapping[str, Baseline]):
    """Plan ids to plans: the folders under ``baselines/`` that hold a ``plan.yaml``."""

    root: Path
    read: dict[str, Baseline] = field(default_factory=dict, compare=False)

    def __iter__(self) -> Iterator[str]:
        folder = self.root / FOLDER
        return iter(sorted(path.parent.name for path in folder.glob(f"*/{FILE}")))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __getitem__(self, plan: str) -> Baseline:
        """Return the plan; KeyError if there is none, BadInput with all mistakes of its files."""
        if plan not in self.read:
            if plan not in set(self):
                raise KeyError(plan)

            # With it comes YAML, which a process has no need of whose plans were read elsewhere.
            from sim.baseline.load import load_baseline

            self.read[plan] = load_baseline(self.root / FOLDER / plan, self.root)
        return self.read[plan]
