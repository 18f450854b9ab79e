"""A right brief with every field that the models have, made from their examples; no test here.

A new field is in it by itself, as long as its example goes with the others.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from typing import Any, get_origin

from pydantic.fields import FieldInfo

from creator_assets.campaigns import BriefFault, Campaign, read_brief
from creator_assets.campaigns.model import Brief
from creator_assets.campaigns.purchases import ContentWish
from creator_assets.campaigns.values import CatalogScalar
from creator_assets.checked_yaml import FaultList, Section, YamlNode, compose
from creator_assets.checked_yaml.section import section_in
from creator_assets.providers import capabilities

CATALOG = capabilities.catalog()
VIDEO = "https://www.tiktok.com/@bar.films/video/7300000000000000001"
_WORDS = {"provider": "influencers_club", "platform": "instagram"}
_GIVEN = {
    "budget": {"influencers_club": 120, "influtics": 90, "infludata": 40},
    "filters": {"location": ["Germany"], "number_of_followers": {"min": 10000}, "is_verified": True,
                "follower_growth": {"growth_percentage": 2.5, "time_range_months": 3}},
    "allow_unknown": False,  # with it, a mistyped filter would be right
    "videos": [VIDEO],
    "fees": {VIDEO: 500},
}  # fmt: skip
# Who has filters of posts.
_WITH_FILTERS = {"provider": "infludata"}
# Of options that no single provider has together, one is asked for.
_INSTEAD_OF_EXAMPLES = {"native_id": "12345", "refresh": False, "scores": False, "refresh_weekly": False}
Steps = tuple[str | int, ...]


def every_field() -> dict[str, Any]:
    """The brief as plain values."""
    return _section(Brief)


def as_yaml(brief: Mapping[str, Any]) -> str:
    """A brief as YAML in flow style, a section on each line."""
    return "".join(f"{name}: {_flow(value)}\n" for name, value in brief.items())


def faults_of(text: str) -> tuple[BriefFault, ...]:
    """What is wrong with a brief, held against the real catalog."""
    found = read_brief("one", text.encode(), CATALOG)
    return () if isinstance(found, Campaign) else found


def node_at(text: str, steps: Steps) -> YamlNode:
    """The node to which steps lead."""
    faults = FaultList("one.yaml")
    raw = compose(text.encode(), faults)
    assert raw is not None, [str(fault) for fault in faults.in_order()]
    return YamlNode(raw, "", faults).find(steps)


def paths(value: Any, above: Steps = ()) -> Iterator[Steps]:
    """The way to every value of a brief, filters included."""
    if above:
        yield above
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, one in inside:
        yield from paths(one, (*above, step))


class Raw(str):
    """A text that stands in the YAML as it is."""

    __slots__ = ()


def _flow(value: Any) -> str:
    if isinstance(value, Raw):
        return value
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_flow(name)}: {_flow(one)}' for name, one in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_flow, value))}]"
    is_plain = isinstance(value, str) and value.replace("-", "").replace("_", "").isalnum()
    return value if is_plain else json.dumps(value, ensure_ascii=False)


def _section(kind: type[Section]) -> dict[str, Any]:
    values = {name: _value(name, info) for name, info in kind.model_fields.items()}
    return values | _WITH_FILTERS if kind is ContentWish else values


def _value(name: str, info: FieldInfo) -> Any:
    inside = section_in(info.annotation)
    if inside is not None:
        return [_section(inside)] if get_origin(info.annotation) is tuple else _section(inside)
    if name in _INSTEAD_OF_EXAMPLES:
        return _INSTEAD_OF_EXAMPLES[name]
    words = next((one.words for one in info.metadata if isinstance(one, CatalogScalar)), "provider")
    if info.examples and "…" not in str(info.examples) and words != "platform":
        return info.examples[0]
    return copy.deepcopy(_GIVEN.get(name, _WORDS[words]))
