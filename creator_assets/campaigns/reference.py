"""The reference page of a brief: `docs/briefs.md` is its text.

What belongs here: the tables of sections, fields, values and filters, made from the models and the catalog. The prose
around them is in ``reference_text``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, get_args, get_origin

from pydantic.fields import FieldInfo

from creator_assets.campaigns.catalog import Filter, FilterKind, ProviderCatalog
from creator_assets.campaigns.model import Brief
from creator_assets.campaigns.reference_text import EXAMPLE, INTRODUCTION, RULES, VALUES
from creator_assets.campaigns.values import Ability, CatalogScalar, known_words
from creator_assets.checked_yaml import Section
from creator_assets.checked_yaml.scalars import Scalar, in_words
from creator_assets.checked_yaml.section import bounds, fields_of, section_in
from creator_assets.markdown import markdown_table

_COLUMNS = ("field", "type", "default", "bounds", "unit", "meaning")
_NONE = "-"


def brief_reference(catalog: ProviderCatalog) -> str:
    """The page, in Markdown, with the providers, platforms and filters of a catalog."""
    parts = [
        INTRODUCTION,
        f"## An example\n\n```yaml\n{EXAMPLE}```",
        f"{VALUES}\n\n{markdown_table(('type', 'how it is written'), _forms(catalog))}",
        f"{RULES}",
        "## Sections",
        *_sections(catalog),
        *_filters(catalog),
    ]
    return "\n\n".join(parts) + "\n"


def _sections(catalog: ProviderCatalog) -> Iterator[str]:
    for name, info in fields_of(Brief).items():
        inside = section_in(info.annotation)
        need = "Required." if info.is_required() else "Optional."
        if inside is None:
            yield f"### `{name}`\n\n{need}\n\n{markdown_table(_COLUMNS, [_row('<provider>', info)])}"
            continue
        many = f" A list of at most {_most_items(info):,} entries." if get_origin(info.annotation) is tuple else ""
        yield f"### `{name}`\n\n{need}{many} {_described(inside)}\n\n{_fields(inside)}{_able(inside, catalog)}"
        for below, nested in inside.model_fields.items():
            kind = section_in(nested.annotation)
            if kind is not None:
                yield f"#### `{name}.{below}`\n\nOptional. {_described(kind)}\n\n{_fields(kind)}"


def _fields(kind: type[Section]) -> str:
    return markdown_table(_COLUMNS, [_row(name, info) for name, info in fields_of(kind).items()])


def _row(name: str, info: FieldInfo) -> tuple[str, ...]:
    extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    return f"`{name}`", _type(info), _default(info), _bounds(info), str(extra.get("unit", _NONE)), str(info.description)


def _described(kind: type[Section]) -> str:
    return " ".join((kind.__doc__ or "").split())


def _able(kind: type[Section], catalog: ProviderCatalog) -> str:
    """Which providers can do what a section asks for."""
    ability = getattr(kind, "ability", None)
    if not isinstance(ability, Ability):
        return ""
    able = [
        f"`{name}` ({', '.join(sorted(platforms))})"
        for name, can in sorted(catalog.providers.items())
        if (platforms := ability.platforms(can))
    ]
    return f"\n\nProviders: {'; '.join(able)}."


def _scalars(annotation: Any, metadata: Sequence[Any] = ()) -> Iterator[Scalar | CatalogScalar]:
    """The forms in an annotation, outermost first."""
    for part in (*metadata, *get_args(annotation)):
        if isinstance(part, Scalar | CatalogScalar):
            yield part
        else:
            yield from _scalars(part)


def _type(info: FieldInfo) -> str:
    if section_in(info.annotation) is not None:
        return "mapping, see below"
    words = next((one.words for one in _scalars(info.annotation, info.metadata)), "mapping of filters")
    if get_origin(info.annotation) is tuple:
        return f"list: {words}"
    return f"mapping: {words}" if get_origin(info.annotation) is Mapping and words != "mapping of filters" else words


def _default(info: FieldInfo) -> str:
    if info.is_required():
        return "required"
    value = info.default
    if isinstance(value, timedelta):
        return f"`{in_words(value)}`"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return _NONE if value in (None, "", 0) or not isinstance(value, str | int | float) else f"`{value}`"


def _bounds(info: FieldInfo) -> str:
    if get_origin(info.annotation) is tuple:
        return f"at most {_most_items(info):,} entries" if _most_items(info) else _NONE
    schema = next((one.json_schema for one in _scalars(info.annotation, info.metadata)), {})
    least, most = bounds(info)
    least = schema.get("minimum") if least is None else least
    most = schema.get("maximum") if most is None else most
    if least is None and most is None:
        return _NONE
    return f"from {least:,}" if most is None else f"{least:,} to {most:,}"


def _most_items(info: FieldInfo) -> int:
    return next((one.max_length for one in info.metadata if getattr(one, "max_length", None)), 0)


def _forms(catalog: ProviderCatalog) -> list[tuple[str, str]]:
    """Every type of a value that some section has, in the order of the page."""
    forms: dict[str, str] = {}
    known = known_words(catalog)
    for kind in _kinds(Brief):
        for info in fields_of(kind).values():
            for one in _scalars(info.annotation, info.metadata):
                words = ", ".join(f"`{word}`" for word in known.get(one.json_schema.get("known", ""), ()))
                if one.form or words:
                    forms.setdefault(one.words, one.form or f"One of: {words}.")
    return sorted(forms.items())


def _kinds(kind: type[Section]) -> Iterator[type[Section]]:
    yield kind
    for info in kind.model_fields.values():
        inside = section_in(info.annotation)
        if inside is not None:
            yield from _kinds(inside)


def _filters(catalog: ProviderCatalog) -> Iterator[str]:
    yield (
        "## Filters\n\nThe filters of `discovery` and `lookalikes`. A name with a dot is a filter inside of a group: "
        "`audience.credibility` is `audience: {credibility: …}`. The values of a dictionary are in the table "
        "`filter_values`. Write a value or one of its names (`de` or `German`): the provider gets the value."
    )
    for provider, can in sorted(catalog.providers.items()):
        platforms: dict[tuple[str, str], list[str]] = defaultdict(list)
        for platform, rules in sorted(can.filters.items()):
            for name, rule in _flat(rules):
                platforms[name, _form_of(rule)].append(platform)
        if platforms:
            rows = [(f"`{name}`", form, ", ".join(on)) for (name, form), on in sorted(platforms.items())]
            yield f"### Filters of `{provider}`\n\n{markdown_table(('filter', 'value', 'platforms'), rows)}"


def _flat(rules: Mapping[str, Filter], above: str = "") -> Iterator[tuple[str, Filter]]:
    for name, rule in rules.items():
        if rule.keys:
            yield from _flat(rule.keys, f"{above}{name}{'[]' if rule.kind is FilterKind.GROUPS else ''}.")
        else:
            yield f"{above}{name}", rule


def _form_of(rule: Filter) -> str:
    """What a filter accepts, in words."""
    values = f": {', '.join(f'`{one}`' for one in sorted(rule.choices))}" if rule.choices else ""
    dictionary = f" of the dictionary `{rule.dictionary}`" if rule.dictionary else ""
    limits = (("at least", rule.minimum), ("at most", rule.maximum))
    numeric = rule.kind in {FilterKind.NUMBER, FilterKind.WHOLE_NUMBER, FilterKind.RANGE}
    bound = "".join(f", {word} {limit:,}" for word, limit in limits if limit is not None) if numeric else ""
    return f"{rule.kind.value}{values}{dictionary}{bound}"
