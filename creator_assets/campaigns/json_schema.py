"""The JSON schema of a brief, for editors: `docs/brief.schema.json` is its text.

What belongs here: what the models and the catalog say, as a schema that editors understand. It refuses unknown names,
wrong types and numbers out of range; rules between sections are not in it. It is stricter than the reader in one
point: a text such as `true` or `1e3` must be in quotes. It uses only what draft 7 has, the newest that most editors
know.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue

from creator_assets.campaigns.catalog import Filter, FilterKind, ProviderCatalog
from creator_assets.campaigns.creators import CreatorSource, Lookalike, Search
from creator_assets.campaigns.filters import MAX_VALUES
from creator_assets.campaigns.model import Brief
from creator_assets.campaigns.values import known_words
from creator_assets.checked_yaml.scalars import NUMBER_SCHEMA, TEXT_SCHEMA, WHOLE_SCHEMA, in_words

_LEFT_OUT = ("title", "why")
DRAFT = "http://json-schema.org/draft-07/schema#"


class _InTheFile(GenerateJsonSchema):
    """Values as a file writes them: no null, no Python defaults, no titles."""

    def nullable_schema(self, schema: Any) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def encode_default(self, dft: Any) -> Any:
        return in_words(dft) if isinstance(dft, timedelta) else super().encode_default(dft)

    def field_title_should_be_set(self, schema: Any) -> bool:
        del schema
        return False


def brief_schema(catalog: ProviderCatalog) -> dict[str, Any]:
    """The schema of a brief, with the providers, platforms and filters of a catalog."""
    schema = Brief.model_json_schema(schema_generator=_InTheFile)
    definitions = schema["$defs"]
    for name, filters in _filters(catalog):
        definitions[name] = filters
    for kind in (Search, Lookalike):
        definitions[kind.__name__]["allOf"] = list(_conditions(kind, catalog))
    _name_providers(schema["properties"]["budget"], catalog)
    return {"$schema": DRAFT, "title": "Campaign brief", **_tidy(schema, known_words(catalog))}


def as_text(schema: Mapping[str, Any]) -> str:
    """The schema as the text of a file; a list of words is one line."""
    text = json.dumps(schema, indent=2, ensure_ascii=False)
    return re.sub(r"\[\s+([^][{}]*?)\s+\]", lambda words: f"[{' '.join(words[1].split())}]", text) + "\n"


def _tidy(value: Any, known: Mapping[str, list[str]]) -> Any:
    """Without titles and defaults of no meaning; with the catalog's words in the place of their kind."""
    if isinstance(value, list):
        return [_tidy(one, known) for one in value]
    if not isinstance(value, dict):
        return value
    tidy = {name: _tidy(one, known) for name, one in value.items() if not (name in _LEFT_OUT and isinstance(one, str))}
    if isinstance(tidy.get("known"), str):
        tidy["enum"] = known[tidy.pop("known")]
    if isinstance(tidy.get("description"), str):
        tidy["description"] = " ".join(tidy["description"].replace("``", "`").split())
    if isinstance(tidy.get("default", ""), dict | list | None) or tidy.get("default") == "":
        tidy.pop("default", None)
    if "…" in json.dumps(tidy.get("examples", ""), ensure_ascii=False):
        del tidy["examples"]
    return tidy


def _name_providers(budget: dict[str, Any], catalog: ProviderCatalog) -> None:
    amount = budget["additionalProperties"]
    budget["properties"] = {name: dict(amount) for name in sorted(catalog.providers)}
    budget["additionalProperties"] = False


def _conditions(kind: type[CreatorSource], catalog: ProviderCatalog) -> Iterator[dict[str, Any]]:
    """Which platforms a provider has for this kind of request, and which filters each of them has."""
    for provider, can in sorted(catalog.providers.items()):
        platforms = sorted(kind.ability.platforms(can))
        yield {
            "if": {"properties": {"provider": {"const": provider}}, "required": ["provider"]},
            "then": {"properties": {"platform": {"enum": platforms} if platforms else False}},
        }
        for platform in platforms:
            filters = {"$ref": f"#/$defs/{_definition(provider, platform)}"} if platform in can.filters else False
            yield {
                "if": {
                    "properties": {"provider": {"const": provider}, "platform": {"const": platform}},
                    "required": ["provider", "platform"],
                },
                "then": {"properties": {"filters": filters}},
            }


def _definition(provider: str, platform: str) -> str:
    return f"filters of {provider} on {platform}".replace(" ", "_")


def _filters(catalog: ProviderCatalog) -> Iterator[tuple[str, dict[str, Any]]]:
    yield from _SHARED.items()
    for provider, can in sorted(catalog.providers.items()):
        for platform, rules in sorted(can.filters.items()):
            yield _definition(provider, platform), _group(rules)


def _group(rules: Mapping[str, Filter]) -> dict[str, Any]:
    properties = {name: _filter(rule) for name, rule in sorted(rules.items())}
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _filter(rule: Filter) -> dict[str, Any]:
    """What one filter accepts; a form that many filters have is a definition of its own."""
    if rule.kind in _PLAIN:
        return dict(_PLAIN[rule.kind])
    ends = (("minimum", rule.minimum), ("maximum", rule.maximum))
    bounds = {name: bound for name, bound in ends if bound is not None}
    match rule.kind:
        case FilterKind.NUMBER:
            return _shared("number") if bounds == {"minimum": 0} else {**NUMBER_SCHEMA, **bounds}
        case FilterKind.WHOLE_NUMBER:
            return {**WHOLE_SCHEMA, **bounds}
        case FilterKind.RANGE:
            return _shared("range") if bounds == {"minimum": 0} else _range({**NUMBER_SCHEMA, **bounds})
        case FilterKind.CHOICE:
            return {"enum": sorted(rule.choices)}
        case FilterKind.CHOICES:
            return _list_of({"enum": sorted(rule.choices)})
        case FilterKind.GROUPS:
            return _list_of({**_group(rule.keys), "required": list(rule.required)})
        case _:
            return {**_group(rule.keys), "minProperties": 1}


def _range(end: dict[str, Any]) -> dict[str, Any]:
    ends = {"properties": {"min": end, "max": end}, "additionalProperties": False}
    return {"type": "object", **ends, "minProperties": 1}


def _list_of(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items, "minItems": 1, "maxItems": MAX_VALUES}


def _shared(name: str) -> dict[str, Any]:
    return {"$ref": f"#/$defs/{name}"}


_SHARED = {
    "text": dict(TEXT_SCHEMA),
    "texts": _list_of(_shared("text")),
    "number": {**NUMBER_SCHEMA, "minimum": 0},
    "range": _range(_shared("number")),
}
_PLAIN = {FilterKind.TEXT: _shared("text"), FilterKind.TEXTS: _shared("texts"), FilterKind.FLAG: {"type": "boolean"}}
