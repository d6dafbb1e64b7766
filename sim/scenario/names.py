"""Names in a plan: what planners call an area, an indicator, a target, a platform or an assumption."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from sim.axes import UNALLOCATED, Name
from sim.baseline.plan import Baseline
from sim.errors import MOST_OFFERED, SEPARATOR, nearest_of
from sim.scenario.choices import near

ALL = ("all", "全部")
"""The group of everything, in every plan that does not define one of its own."""


SUFFIXES = {"city": ("市",), "province": ("省", "自治区", "市")}
"""What a Chinese name of an area may have behind it, by the area's role, or lack."""

LISTED = re.compile("[、，,；;]")
"""What stands between names that a planner writes as one text."""

PROVINCE = ("全省", "the province")
"""The province, in every plan."""

SHORTEST, SHORTEST_LATIN = 2, 4
"""Letters of the shortest part of a name, Chinese and Latin, that says which names may be meant."""

UNALLOCATED_WORDS = (UNALLOCATED, "未分解", "未分解部分")


@dataclass(frozen=True, slots=True)
class Directory:
    """What one sort of thing is called: ids, Chinese and English names, and groups of them.

    *ids* and *groups* go from a written name in small letters to ids; *legal* is what to offer to
    someone who wrote something else, and *code* the mistake that it is.
    """

    code: str
    ids: Mapping[str, str]
    groups: Mapping[str, tuple[str, ...]]
    legal: tuple[str, ...]

    def id_of(self, word: str) -> str | None:
        """Return the id of the one thing called *word*."""
        return self.ids.get(word.casefold())

    def group_of(self, word: str) -> tuple[str, ...] | None:
        """Return the ids of the group called *word*."""
        return self.groups.get(word.casefold())

    def mistake_of(self, word: str, only_single: bool = False) -> tuple[str, dict[str, str]]:
        """Return the mistake that *word* is, which means nothing here, and its details."""
        if self.code == "unknown-area" and word.casefold() in UNALLOCATED_WORDS:
            return "unallocated-area", {}
        several = self._several(word)
        if several:
            return "names-in-one", {"name": word[:80], "names": ", ".join(several)}
        return self.code, {"name": word[:80], "near": self.near(word, only_single)}

    def near(self, word: str, only_single: bool = False) -> str:
        """Return what *word* was probably meant to be: a like name, or else those that it is a part of; where
        there are none names of all, in Chinese to someone who wrote Chinese.
        """
        legal = [name for name in self.legal if name.casefold() in self.ids] if only_single else self.legal
        close = nearest_of(word, legal) or self._holding(word)
        chinese = () if word.isascii() else tuple(name for name in legal if not name.isascii())
        return SEPARATOR.join(close) or near(word, chinese or dict.fromkeys(self.ids.values()))

    def _several(self, word: str) -> tuple[str, ...]:
        """Return the names that *word* lists in one piece of text; none if it is no such list."""
        parts = tuple(part.strip() for part in LISTED.split(word) if part.strip())
        known = [part.casefold() in self.ids or part.casefold() in self.groups for part in parts]
        if len(parts) > 1 and any(known):
            return parts
        parts = tuple(word.split())
        return parts if len(parts) > 1 and all(part.casefold() in self.ids for part in parts) else ()

    def _holding(self, word: str) -> tuple[str, ...]:
        """Return a name of each thing that has one with *word* in it; none where these are many."""
        part = word.strip().casefold()
        names: dict[str, str] = {}
        if len(part) >= (SHORTEST_LATIN if part.isascii() else SHORTEST):
            for name in self.legal:
                if part in name.casefold() and name.casefold() in self.ids:
                    names.setdefault(self.ids[name.casefold()], name)
        return tuple(names.values()) if len(names) <= MOST_OFFERED else ()


def directory(
    code: str,
    things: Iterable[tuple[str, Name]],
    groups: Mapping[str, tuple[Name, tuple[str, ...]]],
    others: Iterable[tuple[str, str]] = (),
) -> Directory:
    """Return the directory of *things* (id, name) and of *groups* (id to name and ids); first come wins.

    *others* are (id, word): what else a thing may be called, which is not offered to anyone.
    """
    ids: dict[str, str] = {}
    legal: dict[str, None] = {}
    for thing, name in things:
        for word in (thing, *name):
            ids.setdefault(word.casefold(), thing)
            legal[word] = None
    members: dict[str, tuple[str, ...]] = {}
    for group, (name, inside) in groups.items():
        for word in (group, *name):
            members.setdefault(word.casefold(), inside)
            legal[word] = None
    for thing, word in others:
        if word.casefold() not in members:
            ids.setdefault(word.casefold(), thing)
    for word in ALL:
        members.setdefault(word, tuple(dict.fromkeys(ids.values())))
        legal[word] = None
    return Directory(code, ids, members, tuple(legal))


@dataclass(frozen=True, slots=True)
class Directories:
    """All names of a plan."""

    areas: Directory
    indicators: Directory
    targets: Directory
    platforms: Directory
    assumptions: Directory
    pipelines: Directory


def directories_of(baseline: Baseline) -> Directories:
    """Return all names of *baseline*."""
    areas = [(area.id, area.name) for area in (*baseline.cities, baseline.province)]
    indicators = [(indicator.id, indicator.name) for indicator in baseline.indicators]
    targets: dict[str, Name] = {}
    groups: dict[str, tuple[str, ...]] = {}
    for target in baseline.targets:
        if target.id not in targets:
            groups[target.group] = (*groups.get(target.group, ()), target.id)
        targets.setdefault(target.id, target.name)
    return Directories(
        areas=directory(
            "unknown-area", areas, _groups(baseline, {area for area, _ in areas}), other_words(baseline)
        ),
        indicators=directory(
            "unknown-indicator", indicators, _groups(baseline, {indicator for indicator, _ in indicators})
        ),
        targets=directory(
            "unknown-target",
            [(target, _own_name(target, name, targets)) for target, name in targets.items()],
            {group: (Name(group, group), ids) for group, ids in groups.items()},
        ),
        platforms=directory(
            "unknown-platform", [(p.name, Name(p.name, p.name)) for p in baseline.platforms], {}
        ),
        assumptions=directory(
            "unknown-assumption", [(a.id, a.name) for a in baseline.assumptions.values()], {}
        ),
        pipelines=directory(
            "unknown-pipeline", [(p.id, p.name) for p in baseline.pipelines.values()], {}
        ),
    )


def other_words(baseline: Baseline) -> Iterator[tuple[str, str]]:
    """Yield (id, word) of areas by their Chinese names with 市 or 省, without them, and 全省."""
    for area in (*baseline.cities, baseline.province):
        for suffix in SUFFIXES[area.role]:
            yield area.id, area.name.zh + suffix
            if len(area.name.zh) > 1 + len(suffix):
                yield area.id, area.name.zh.removesuffix(suffix)
    for word in PROVINCE:
        yield baseline.province.id, word


def _groups(baseline: Baseline, ids: set[str]) -> dict[str, tuple[Name, tuple[str, ...]]]:
    return {
        group: (baseline.group_names[group], members)
        for group, members in baseline.groups.items()
        if set(members) <= ids
    }


def _own_name(target: str, name: Name, targets: Mapping[str, Name]) -> Name:
    """Return *name* unless another target has it too: a name that means two things means neither."""
    return name if list(targets.values()).count(name) == 1 else Name(target, target)
