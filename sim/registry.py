"""Family tables: what may be added later is one class in one file, entered under its name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Generic, NamedTuple, TypeVar, cast

Base = TypeVar("Base")
Kind = TypeVar("Kind")


class Flaw(NamedTuple):
    """What is wrong with a member's fields: the field, a code of a mistake and its details."""

    field: str
    code: str
    details: Mapping[str, object] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Family(Generic[Base]):
    """The members of a family by the name that planners write, in the order of their entry."""

    name: str
    entries: dict[str, type[Base]] = field(default_factory=dict)

    def member(self, name: str) -> Callable[[type[Kind]], type[Kind]]:
        """Return the decorator that enters a class under *name*; a name entered twice is a ValueError."""

        def entered(kind: type[Kind]) -> type[Kind]:
            if name in self.entries:
                raise ValueError(f"{self.name} {name} stands twice")
            self.entries[name] = cast("type[Base]", kind)
            return kind

        return entered

    def __getitem__(self, name: str) -> type[Base]:
        return self.entries[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def items(self) -> Iterator[tuple[str, type[Base]]]:
        """Yield each name with its class."""
        yield from self.entries.items()

    def name_of(self, member: Base) -> str:
        """Return the name under which the class of *member* is entered; KeyError if there is none."""
        for name, kind in self.entries.items():
            if type(member) is kind:
                return name
        raise KeyError(type(member).__name__)
