"""Labels to positions, and the names that every row of the house uses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

UNALLOCATED = "unallocated"


class Name(NamedTuple):
    """What a reader sees, in both languages."""

    zh: str
    en: str

    def in_language(self, lang: str) -> str:
        return self.zh if lang == "zh" else self.en


@dataclass(frozen=True, slots=True)
class Axis:
    """A named row of labels; positions are those of the labels, in canonical order."""

    name: str
    labels: tuple[str, ...]

    def __post_init__(self) -> None:
        if len(set(self.labels)) != len(self.labels):
            raise ValueError(f"axis {self.name} names a label twice: {self.labels}")

    def __len__(self) -> int:
        return len(self.labels)

    def position(self, label: str) -> int:
        """Return where *label* stands; ValueError if it is not on the axis."""
        return self.labels.index(label)
