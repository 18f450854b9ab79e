"""From the bytes of a file that people write, such as a brief, to YAML nodes that know their line, within bounds.

What belongs here: size, encoding, syntax and the shape of the document as a whole. What its fields mean is read
elsewhere. Only a plain tree is accepted: aliases make one line mean many things (and a few of them can stand for
billions of nodes), and tags would let a file choose how it is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from creator_assets.checked_yaml.faults import FaultList
from creator_assets.named_files import read_start

MAX_BYTES = 1_000_000
MAX_NODES = 100_000
MAX_DEPTH = 20

# Ten times faster, and present in every wheel; the pure loader reads the same.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_STRAY_CHARACTERS = {
    "\t": ("a tab is used for indentation", "Indent with spaces: YAML does not allow tabs there"),
    "@": ("a plain value begins with @", "Leave the @ away, or put the value in quotes"),
}
_SYNTAX_REMEDIES = (
    (
        "mapping values",
        "Check the indentation, the colon after each name, and quote a value that contains a colon and a space",
    ),
    ("',' or '.'", "Separate the entries with commas and close the bracket or brace"),
    ("end of stream", "Close the quotation mark"),
)


class _RefusedError(Exception):
    """A document that is no plain, bounded tree; carries the fault's place and words."""

    def __init__(self, event: yaml.Event, problem: str, remedy: str) -> None:
        super().__init__(problem)
        mark = event.start_mark
        self.line, self.column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        self.problem = problem
        self.remedy = remedy


def compose_file(path: Path, faults: FaultList, noun: str, variable: str) -> yaml.Node | None:
    """Read the one document of a file that a setting names; None, and a fault, where it cannot be read.

    Args:
        path: The file.
        faults: Takes what is wrong.
        noun: What the file holds, such as "the price list".
        variable: The environment variable that names the file.
    """
    try:
        raw = read_start(path, MAX_BYTES + 1)
    except OSError as error:
        problem = f"{noun} cannot be read ({error.strerror or 'unknown reason'})"
        faults.add(line=1, column=1, field="", problem=problem, remedy=f"Check {variable}, or leave it empty")
        return None
    return compose(raw, faults)


def compose(raw: bytes, faults: FaultList, example: str = "") -> yaml.Node | None:
    """Read the one document of a file; None, and a fault, where it cannot be read.

    Args:
        raw: The file's bytes, at most `MAX_BYTES` of them; one more is enough to show that there are too many.
        faults: Takes what is wrong.
        example: A page with an example of such a file, to name where the file is empty.
    """
    if len(raw) > MAX_BYTES:
        remedy = "Cut the file: move what does not belong here elsewhere, or make several files of it"
        faults.add(line=1, column=1, field="", problem=f"the file is larger than {MAX_BYTES:,} bytes", remedy=remedy)
        return None
    text = _decoded(raw, faults)
    if text is None:
        return None
    try:
        for _event in _bounded(yaml.parse(text, Loader=_LOADER)):
            pass
        node = yaml.compose(text, Loader=_LOADER)
    except _RefusedError as refused:
        faults.add(line=refused.line, column=refused.column, field="", problem=refused.problem, remedy=refused.remedy)
        return None
    except yaml.YAMLError as error:
        _add_syntax_fault(error, text, faults)
        return None
    if node is None:
        faults.add(
            line=1,
            column=1,
            field="",
            problem="the file is empty",
            remedy="Write `name: value` lines" + (f"; {example} shows an example" if example else ""),
        )
    return node


def _decoded(raw: bytes, faults: FaultList) -> str | None:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        column = error.start - raw.rfind(b"\n", 0, error.start)
        faults.add(line=line, column=column, field="", problem="a byte is not UTF-8", remedy="Save the file as UTF-8")
        return None


def _bounded(events: Iterator[yaml.Event]) -> Iterator[yaml.Event]:
    """Pass the events on as long as they make up a single plain tree of bounded size."""
    nodes = depth = documents = 0
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise _RefusedError(event, "a second document begins", "One file is one document: remove the `---`")
        elif isinstance(event, yaml.AliasEvent):
            raise _RefusedError(event, "YAML aliases (*name) are not accepted", "Write the value out again")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, yaml.NodeEvent):
            nodes += 1
            depth += isinstance(event, yaml.CollectionStartEvent)
            _refuse_more(event, nodes, depth)
        yield event


def _refuse_more(event: yaml.NodeEvent, nodes: int, depth: int) -> None:
    if nodes > MAX_NODES:
        raise _RefusedError(event, f"the file has more than {MAX_NODES:,} values", "Make several files of it")
    if depth > MAX_DEPTH:
        raise _RefusedError(event, f"values are nested more than {MAX_DEPTH} deep", "Check the brackets")
    if getattr(event, "tag", None) is not None:
        raise _RefusedError(event, "YAML tags (!name) are not accepted", "Write the plain value, or quote it")


def _add_syntax_fault(error: yaml.YAMLError, text: str, faults: FaultList) -> None:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is None:  # a character that YAML forbids anywhere; only its position in the text is known
        position = int(getattr(error, "position", 0))
        line = text.count("\n", 0, position) + 1
        column = position - text.rfind("\n", 0, position)
        problem, remedy = "a control character is not allowed", "Remove it, or write it as an escape in double quotes"
    else:
        line, column = mark.line + 1, mark.column + 1
        problem, remedy = _syntax_problem(str(getattr(error, "problem", None)), text[mark.index : mark.index + 1])
    faults.add(line=line, column=column, field="", problem=f"not valid YAML: {problem}", remedy=remedy)


def _syntax_problem(problem: str, character: str) -> tuple[str, str]:
    if "cannot start any token" in problem:
        return _STRAY_CHARACTERS.get(
            character, ("a plain value begins with a reserved character", "Put the value in quotes")
        )
    # Quotations of several characters come from the file and may hold a name.
    shown = re.sub(r"'[^']{2,}'", "a name", problem)
    remedies = (remedy for pattern, remedy in _SYNTAX_REMEDIES if re.search(pattern, shown))
    return shown, next(remedies, "Check indentation, colons, quotes and brackets here")
