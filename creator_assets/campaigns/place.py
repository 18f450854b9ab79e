"""A place in a brief: a YAML node, the path that leads to it, and where to report what is wrong there.

What belongs here: the structure of mappings and lists, with unknown, missing and doubled fields. Single values are read
in ``scalars``. Reading never stops at a fault: it is reported, and the caller goes on with nothing in its place.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

import yaml

from creator_assets.campaigns.faults import FaultList, what_would_be_right

_TAG = "tag:yaml.org,2002:"
_DESCRIPTIONS = {
    "null": "nothing",
    "bool": "true or false",
    "int": "a number",
    "float": "a number",
    "timestamp": "a date",
}
_SHOWABLE = re.compile(r"[A-Za-z0-9_.-]{1,40}")


class Place:
    """One node of a brief.

    Attributes:
        node: The YAML node.
        path: Such as ``discovery[0].filters``; empty for the whole brief.
        personal: Whether what is written here may name a person, so that no fault may repeat it.
    """

    __slots__ = ("_faults", "node", "path", "personal")

    def __init__(self, node: yaml.Node, path: str, faults: FaultList, *, personal: bool = False) -> None:
        """Stand at `node`; faults go to `faults`."""
        self.node = node
        self.path = path
        self.personal = personal
        self._faults = faults

    @property
    def found(self) -> str:
        """What kind of value stands here, in words."""
        if isinstance(self.node, yaml.MappingNode):
            return "a mapping"
        if isinstance(self.node, yaml.SequenceNode):
            return "a list"
        return _DESCRIPTIONS.get(str(self.node.tag).removeprefix(_TAG), "text")

    @property
    def line(self) -> int:
        """The line of this place, counted from 1."""
        return self.node.start_mark.line + 1

    def marked(self, *, personal: bool) -> Place:
        """The same place, taken as personal or not."""
        return Place(self.node, self.path, self._faults, personal=personal)

    def refuse(self, problem: str, remedy: str) -> None:
        """Report a fault of this place."""
        self._report(self.node, self.path, problem, remedy)

    def at(self, name: str) -> Place:
        """The value of a field of this mapping; this place itself where there is no such field. Reports nothing."""
        for key, value in self.node.value if isinstance(self.node, yaml.MappingNode) else ():
            if isinstance(key, yaml.ScalarNode) and key.value == name:
                return Place(value, self._below(name), self._faults, personal=self.personal)
        return self

    def entries(self, known: Collection[str] = ()) -> dict[str, Place]:
        """The entries of a mapping by name; a name that comes twice is a fault and its first value counts.

        `known` are the names that may be repeated in faults even where this place is personal.
        """
        if not isinstance(self.node, yaml.MappingNode):
            self.refuse(
                f"expected a mapping, found {self.found}", "Write `name: value` lines, indented, or {name: value}"
            )
            return {}
        entries: dict[str, Place] = {}
        for key, value in self.node.value:
            if not isinstance(key, yaml.ScalarNode):
                self._report(key, self.path, "a field name must be plain text", "Write `name: value`")
                continue
            path = self._below(self._shown(key.value, known))
            if key.value in entries:
                problem = f"given a second time; the first is on line {entries[key.value].line}"
                self._report(key, path, problem, "Keep one of the two: YAML would silently take the last")
                continue
            entries[key.value] = Place(value, path, self._faults, personal=self.personal)
        return entries

    def fields(self, form: Mapping[str, str], required: Collection[str] = ()) -> dict[str, Place]:
        """The entries of a mapping whose names are known beforehand.

        Args:
            form: The known names, each with an example of its value.
            required: Those of them that must be there.
        """
        if not isinstance(self.node, yaml.MappingNode):
            example = ", ".join(f"{name}: {value}" for name, value in form.items())
            self.refuse(f"expected a mapping, found {self.found}", f"Write it in the form {{{example}}}")
            return {}
        entries = self.entries(form)
        self._refuse_unknown(form)
        for name in required:
            if name not in entries:
                remedy = f"Add it, for example `{name}: {form[name]}`"
                self._report(self.node, self._below(name), "is missing", remedy)
        return {name: place for name, place in entries.items() if name in form}

    def items(self, at_most: int) -> list[Place]:
        """The items of a list; a fault where it is none, and where it holds more than `at_most`."""
        if not isinstance(self.node, yaml.SequenceNode):
            self.refuse(f"expected a list, found {self.found}", "Write one `- item` per line, or [item, item]")
            return []
        if len(self.node.value) > at_most:
            self.refuse(
                f"{len(self.node.value):,} items", f"At most {at_most:,} are accepted; make several files of it"
            )
            return []
        return [
            Place(item, f"{self.path}[{index}]", self._faults, personal=self.personal)
            for index, item in enumerate(self.node.value)
        ]

    def unknown_names(self, known: Collection[str]) -> Iterator[tuple[yaml.ScalarNode, str]]:
        """The name nodes of this mapping that are not `known`, each with the name as it may be shown."""
        for key, _value in self.node.value:
            if isinstance(key, yaml.ScalarNode) and key.value not in known:
                yield key, self._shown(key.value, known)

    def refuse_name(self, key: yaml.ScalarNode, shown: str, problem: str, remedy: str) -> None:
        """Report a fault of one of this mapping's names."""
        self._report(key, self._below(shown), problem, remedy)

    def _refuse_unknown(self, form: Mapping[str, str]) -> None:
        for key, shown in self.unknown_names(form):
            self.refuse_name(key, shown, "unknown field", what_would_be_right(key.value, form, "The fields here"))

    def _shown(self, name: str, known: Collection[str]) -> str:
        """The name, unless it may be personal: a handle or an address may stand where a field belongs."""
        if _SHOWABLE.fullmatch(name) is None or (self.personal and name not in known):
            return "?"
        return name

    def _below(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name

    def _report(self, node: yaml.Node, path: str, problem: str, remedy: str) -> None:
        mark = node.start_mark
        self._faults.add(line=mark.line + 1, column=mark.column + 1, field=path, problem=problem, remedy=remedy)
