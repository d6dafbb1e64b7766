"""Files laid over one another: parent, then mix-ins in their order, then the file itself."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sim.errors import SEPARATOR, BadInput, Found, Place, nearest_of
from sim.marked.document import MAX_BYTES, Document, document_from_bytes
from sim.marked.text import file_system_name, load_bytes, name_in_project
from sim.scenario.measures import UNREAD

SCENARIOS = "scenarios"
"""The folder of the project in which scenarios stand unless a planner puts them elsewhere."""

Steps = tuple[str | int, ...]

OWN = ("title", "about", "extends", "mixins", "sweep")
"""Fields that say something of one file only and are never inherited."""

NAMED = ("drift", "shocks", "events", "level_shocks", "delays", "paths", "assumptions", "pipelines")
"""Fields whose entries carry names of the planner's own; each entry is overridden by itself."""

TAGS = ("kind", "source")
"""Fields that say of what kind a map is: a map of another kind replaces, it does not merge."""

SUFFIXES = (".yaml", ".yml")
MAX_PARENTS = 16
MAX_NAME = 200  # longer names raise an error of the file system


@dataclass(frozen=True, slots=True)
class Node:
    """A value of a file with its place and the place of its key; maps and lists hold nodes."""

    value: Any
    place: Place
    key_place: Place

    def plain(self) -> Any:
        """Return the value without its places."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, tuple):
            return [node.plain() for node in self.value]
        return self.value

    def at(self, steps: Steps) -> Node:
        """Return the node that *steps* lead to, or the last one on the way that exists."""
        node = self
        for step in steps:
            is_item = isinstance(node.value, tuple) and isinstance(step, int) and step < len(node.value)
            if not (is_item or (isinstance(node.value, dict) and step in node.value)):
                break
            node = node.value[step]
        return node

    def has(self, key: str) -> bool:
        """Say whether this is a map with *key*."""
        return isinstance(self.value, dict) and key in self.value

    def with_fields(self, fields: Mapping[str, Node]) -> Node:
        """Return this map with other fields."""
        return Node(dict(fields), self.place, self.key_place)


@dataclass(frozen=True, slots=True)
class Layered:
    """A file with all that it stands on: *node* is what counts, *files* what was read (SHA-256).

    Not whole: a parent or mix-in could not be read, which was noted as a mistake.
    """

    file: str
    node: Node
    files: Mapping[str, str]
    is_whole: bool = True


@dataclass(slots=True)
class Library:
    """Reads each file once and collects the mistakes of all."""

    root: Path
    found: Found = field(default_factory=Found)
    read: dict[Path, tuple[str, str, Node] | None] = field(default_factory=dict)

    def load_layers(self, path: Path, above: tuple[Path, ...] = ()) -> Layered | None:
        """Return *path* laid over its parent and mix-ins; None if the file itself cannot be read."""
        loaded = self._load(path)
        if loaded is None:
            return None
        name, digest, own = loaded
        below: Node | None = None
        files, before = {name: digest}, len(self.found.mistakes)
        references = tuple(_references(own, self.found))
        broken = len(self.found.mistakes) > before
        for is_parent, reference in references:
            target = self._target(path, reference)
            layer = self._layer(path, target, reference, is_parent, above) if target else None
            if layer is None:
                broken = True
                continue
            files.update(layer.files)
            broken = broken or not layer.is_whole
            fresh = _without(layer.node, OWN)
            over = fresh if below is None else merged(below, fresh, self.found)
            if below is not None and over.plain() == below.plain():
                self.found.add(reference.place, "mixin-without-effect", name=str(reference.value))
            below = over
        found = Found() if broken else self.found  # what an override does to a part unread is not known
        return Layered(name, _laid(below, own, found), dict(sorted(files.items())), not broken)

    def _layer(
        self, path: Path, target: Path, reference: Node, is_parent: bool, above: tuple[Path, ...]
    ) -> Layered | None:
        chain = (*above, path.resolve())
        if target in chain:
            self.found.add(reference.place, "extends-cycle", name=str(reference.value))
            return None
        if len(chain) > MAX_PARENTS:
            self.found.add(reference.place, "too-many-parents", limit=MAX_PARENTS)
            return None
        if is_parent:
            return self.load_layers(target, chain)
        loaded = self._load(target)
        if loaded is None:
            return None
        name, digest, node = loaded
        refused = [key for key in ("extends", "mixins", "sweep") if node.has(key)]
        if refused:
            self.found.add(reference.place, "mixin-not-plain", name=reference.value, field=refused[0])
        return None if refused else Layered(name, node, {name: digest})

    def _load(self, path: Path) -> tuple[str, str, Node] | None:
        key = path.resolve()
        if key not in self.read:
            self.read[key] = None
            near = "" if path.exists() else files_like(path, self.root)
            if near:
                place = Place(name_in_project(path, self.root))
                self.found.add(place, "missing-file", near=near)
                return None
            try:
                raw = load_bytes(path, self.root, MAX_BYTES)
                document = document_from_bytes(raw, name_in_project(path, self.root), self.found)
                self.read[key] = (document.file, hashlib.sha256(raw).hexdigest(), self._map(document))
            except BadInput as error:
                self.found.mistakes.extend(error.mistakes)
        return self.read[key]

    def _map(self, document: Document) -> Node:
        if not isinstance(document.data, dict):
            if () not in document.unread:
                self.found.add(document.place(), "not-a-scenario")
            self.found.raise_if_any()
        return node_from_document(document)

    def _target(self, path: Path, reference: Node) -> Path | None:
        """Return the file that *reference* in *path* names; None, with a mistake, if there is none."""
        text = str(reference.value).replace("\\", "/")
        target = path.parent / file_system_name(text if text.endswith(SUFFIXES) else text + SUFFIXES[0])
        inside = self.root.resolve()
        if not target.resolve().is_relative_to(inside):
            self.found.add(reference.place, "outside-project", name=reference.value)
            return None
        if len(text) > MAX_NAME or not target.is_file():
            beside = sorted(file.stem for file in target.parent.glob("*.y*ml"))
            close = SEPARATOR.join(nearest_of(target.stem, beside))
            self.found.add(reference.place, "no-such-file", name=text[-80:], near=close)
            return None
        return target.resolve()


def files_like(path: Path, root: Path) -> str:
    """Return the scenario files beside *path* and in the project that *path* was probably meant to be."""
    folders = dict.fromkeys((path.parent, root / SCENARIOS))
    beside = {file.stem: file for folder in folders for file in sorted(folder.glob("*.y*ml"))}
    close = nearest_of(path.stem, beside)
    return SEPARATOR.join(name_in_project(beside[stem], root) for stem in close)


def node_from_document(document: Document) -> Node:
    """Return the values of *document* as nodes; a number that will not do is `UNREAD`."""

    def node(data: Any, steps: Steps) -> Node:
        value = UNREAD if steps in document.unread else data
        if isinstance(data, dict):
            value = {key: node(part, (*steps, key)) for key, part in data.items()}
        elif isinstance(data, list):
            value = tuple(node(part, (*steps, number)) for number, part in enumerate(data))
        return Node(value, document.place(*steps), document.key_place(*steps))

    return node(document.data, ())


def merged(low: Node, high: Node, found: Found) -> Node:
    """Return *high* laid over *low*: maps merge key by key, all else replaces, null removes.

    A map that names another kind (`TAGS`) replaces. A null that finds nothing is a mistake.
    """
    if not (isinstance(low.value, dict) and isinstance(high.value, dict)) or _is_other_kind(low, high):
        return _alone(high, found)
    fields = dict(low.value)
    for key, node in high.value.items():
        if node.value is None and key in fields:
            del fields[key]
        elif node.value is not None and key in fields:
            fields[key] = merged(fields[key], node, found)
        else:
            fields.update(_alone(high.with_fields({key: node}), found).value)
    return high.with_fields(fields)


def _alone(node: Node, found: Found) -> Node:
    """Return *node* without its nulls; each is a mistake, for there is nothing to remove."""
    if isinstance(node.value, dict):
        for key, part in node.value.items():
            if part.value is None:
                found.add(part.key_place, "nothing-to-remove", name=key)
        kept = {key: _alone(part, found) for key, part in node.value.items() if part.value is not None}
        return node.with_fields(kept)
    return node


def _laid(below: Node | None, own: Node, found: Found) -> Node:
    """Return the file's *own* fields laid over those *below*; an override must change something."""
    kept = {key: node for key, node in own.value.items() if key in OWN}
    rest = _without(own, OWN)
    over = _alone(rest, found) if below is None else merged(below, rest, found)
    if below is not None:
        for steps in _overrides(rest):
            node = rest.at(steps)
            if node.value is not None and _value_at(over, steps) == _value_at(below, steps):
                found.add(node.key_place, "override-without-effect", name=steps[-1])
    return over.with_fields({**_alone(own.with_fields(kept), found).value, **over.value})


def _overrides(own: Node) -> Iterator[Steps]:
    """Yield what a file overrides as a whole: each named entry, and every other field but the plan."""
    for key, node in own.value.items():
        if key in NAMED and isinstance(node.value, dict):
            yield from ((key, name) for name in node.value)
        elif key != "plan":
            yield (key,)


def _value_at(node: Node, steps: Steps) -> Any:
    for step in steps:
        if not node.has(str(step)):
            return None
        node = node.value[step]
    return node.plain()


def _references(own: Node, found: Found) -> Iterator[tuple[bool, Node]]:
    """Yield the parent (True) and the mix-ins (False) that a file names, in the order of precedence."""
    parent = own.value.get("extends")
    if parent is not None and parent.value is not None:
        if isinstance(parent.value, str):
            yield True, parent
        elif parent.value is not UNREAD:
            found.add(parent.place, "not-a-file-name")
    mixins = own.value.get("mixins")
    if mixins is not None and mixins.value is not None:
        listed = mixins.value if isinstance(mixins.value, tuple) else (mixins,)
        for mixin in listed:
            if isinstance(mixin.value, str):
                yield False, mixin
            elif mixin.value is not UNREAD:
                found.add(mixin.place, "not-a-file-name")


def _without(node: Node, keys: tuple[str, ...]) -> Node:
    return node.with_fields({key: part for key, part in node.value.items() if key not in keys})


def _is_other_kind(low: Node, high: Node) -> bool:
    return any(
        low.has(tag) and high.has(tag) and low.value[tag].plain() != high.value[tag].plain() for tag in TAGS
    )
