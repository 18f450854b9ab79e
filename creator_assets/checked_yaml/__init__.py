"""YAML files that people write, read with the position of every value: briefs, price lists, decisions.

What belongs here: bytes to nodes within bounds, single values with their form, sections as pydantic models, and what
is said about a file that is wrong. A fault names file, line, column and the nearest right word, and never repeats what
may name a person. What does not belong here: the fields of any one file, providers, prices.
"""

from __future__ import annotations

from creator_assets.checked_yaml.document import MAX_BYTES, compose, compose_file
from creator_assets.checked_yaml.faults import FaultList, WrongValueError, YamlFault, what_would_be_right
from creator_assets.checked_yaml.node import YamlNode, read
from creator_assets.checked_yaml.section import Reading, Section, read_section

__all__ = [
    "MAX_BYTES",
    "FaultList",
    "Reading",
    "Section",
    "WrongValueError",
    "YamlFault",
    "YamlNode",
    "compose",
    "compose_file",
    "read",
    "read_section",
    "what_would_be_right",
]
