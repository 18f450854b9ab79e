"""A mapping of a YAML file as a pydantic model: one class says everything about its fields.

What belongs here: how a node becomes a model, what is said of a wrong one, and what a model that names people hides.
The fields themselves belong to the file that they are in. A field's type, bounds, default, meaning (``description``),
example (``examples``) and unit (``json_schema_extra={"unit": …}``) stand in its annotation and its ``Field``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated, Any, Self, TypeVar, get_args, get_origin

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    ModelWrapValidatorHandler,
    ValidationError,
    ValidationInfo,
    model_validator,
)
from pydantic.fields import FieldInfo

from creator_assets.checked_yaml.faults import WrongValueError
from creator_assets.checked_yaml.node import YamlNode, too_many
from creator_assets.checked_yaml.scalars import out_of_range


class _Personal:
    """The type of the mark."""


PERSONAL = _Personal()
"""Marks the type of a value that may name a person, such as a handle: ``Annotated[str, PERSONAL]``."""

_Item = TypeVar("_Item")
_AnySection = TypeVar("_AnySection", bound="Section")


@dataclass
class Reading:
    """The validation context of one file: collects every section in which no field is wrong, with its node."""

    found: list[tuple[YamlNode, Section]] = field(default_factory=list)

    def all_of(self, kind: type[_AnySection]) -> list[tuple[YamlNode, _AnySection]]:
        """The sections of one kind, in the order of the file."""
        return [(node, section) for node, section in self.found if isinstance(section, kind)]


class _ReportedError(ValueError):
    """Ends the validation of a value whose faults are reported already."""


def items_of(node: YamlNode) -> tuple[YamlNode, ...]:
    """The items of a list, for a validator; anything else is reported and ends the validation of the value."""
    items = node.items()
    if node.found != "a list":
        raise _ReportedError
    return tuple(items)


def entries_of(node: YamlNode, *known: Any) -> dict[str, YamlNode]:
    """The entries of a mapping as ``YamlNode.entries`` has them, for a validator; see ``items_of``."""
    entries = node.entries(*known)
    if node.found != "a mapping":
        raise _ReportedError
    return entries


def _if_node(convert: Callable[[YamlNode], Any]) -> BeforeValidator:
    return BeforeValidator(lambda value: convert(value) if isinstance(value, YamlNode) else value)


Entries = Annotated[tuple[_Item, ...], _if_node(items_of)]
"""A list of a file."""
Named = Annotated[Mapping[str, _Item], _if_node(entries_of)]
"""A mapping of a file with names of the user's choice."""


class Section(BaseModel):
    """A mapping with fixed names. Its repr counts values that may name people and never shows them."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)

    @model_validator(mode="wrap")
    @classmethod
    def _read(cls, value: Any, handler: ModelWrapValidatorHandler[Self], info: ValidationInfo) -> Self:
        """Validate the fields of a node; every fault is reported at its own node."""
        if not isinstance(value, YamlNode):
            return handler(value)
        guarded = value.marked(personal=value.personal or names_people(cls))
        nodes = guarded.fields(*_form(cls))
        if value.found != "a mapping":
            raise _ReportedError
        try:
            section = handler(nodes)
        except ValidationError as error:
            _report(cls, nodes, error)
            raise _ReportedError from None
        if isinstance(info.context, Reading):
            info.context.found.append((value, section))
        return section

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        for name, value in super().__repr_args__():
            shown = value
            if name is not None and is_personal(type(self).model_fields[name]):
                shown = "hidden" if isinstance(value, str) else f"{len(value)} hidden"
            yield name, shown


def read_section(kind: type[_AnySection], node: YamlNode, reading: Reading) -> _AnySection | None:
    """The section of a node; None where something is wrong with it, which is reported."""
    try:
        return kind.model_validate(node, context=reading)
    except ValidationError:
        return None


def is_personal(info: FieldInfo) -> bool:
    """Whether a field may name a person."""
    return PERSONAL in info.metadata or _is_marked(info.annotation)


def fields_of(kind: type[Section]) -> dict[str, FieldInfo]:
    """The fields of a section, the required ones first."""
    return dict(sorted(kind.model_fields.items(), key=lambda one: not one[1].is_required()))


@cache
def names_people(kind: type[Section]) -> bool:
    """Whether any field of a section may name a person; a handle may then stand in the wrong field."""
    return any(is_personal(info) for info in kind.model_fields.values())


def section_in(annotation: Any) -> type[Section] | None:
    """The section that an annotation such as ``Section | None`` or ``tuple[Section, ...]`` holds."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return annotation
    return next((found for part in get_args(annotation) if (found := section_in(part)) is not None), None)


def example(info: FieldInfo) -> str:
    """An example of a field's value as a file writes it."""
    if info.examples:
        return in_flow_style(info.examples[0])
    inside = section_in(info.annotation)
    if get_origin(info.annotation) is tuple:
        return "[…]"
    if inside is None:
        return "{…}" if get_origin(info.annotation) is Mapping else "…"
    required = {name: one for name, one in inside.model_fields.items() if one.is_required()}
    return f"{{{', '.join(f'{name}: {example(one)}' for name, one in required.items()) or '…'}}}"


def in_flow_style(value: Any) -> str:
    """A plain value as YAML on one line."""
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{name}: {in_flow_style(one)}' for name, one in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(in_flow_style, value))}]"
    return str(value).lower() if isinstance(value, bool) else str(value)


def bounds(info: FieldInfo) -> tuple[int | None, int | None]:
    """The least and the greatest number that a field accepts; None where there is no bound."""
    least = (one.ge for one in info.metadata if getattr(one, "ge", None) is not None)
    greatest = (one.le for one in info.metadata if getattr(one, "le", None) is not None)
    return next(least, None), next(greatest, None)


@cache
def _form(kind: type[Section]) -> tuple[dict[str, str], tuple[str, ...]]:
    """The names of a section, each with an example, and those that are required."""
    examples = {name: example(info) for name, info in fields_of(kind).items()}
    return examples, tuple(name for name, info in kind.model_fields.items() if info.is_required())


def _is_marked(annotation: Any) -> bool:
    return any(part is PERSONAL or _is_marked(part) for part in get_args(annotation))


def _report(kind: type[Section], nodes: Mapping[str, YamlNode], error: ValidationError) -> None:
    for one in error.errors(include_url=False):
        name, *steps = one["loc"]
        if one["type"] == "missing" or name not in nodes:
            continue  # reported with the other names of the mapping
        node = nodes[str(name)].find(steps)
        wrong = _in_words(node, kind.model_fields[str(name)], one)
        if wrong is not None:
            node.refuse(wrong.problem, wrong.remedy)


def _in_words(node: YamlNode, info: FieldInfo, error: Any) -> WrongValueError | None:
    """What is wrong with a value; None where that is reported already."""
    context = error.get("ctx", {})
    match error["type"], context.get("error"):
        case "value_error", WrongValueError() as wrong:
            return wrong
        case "value_error", _ReportedError():
            return None
        case (("greater_than_equal" | "less_than_equal"), _):
            extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
            return out_of_range(str(node.text).replace("_", ""), *bounds(info), str(extra.get("why", "")))
        case "too_long", _:
            return WrongValueError(*too_many(context["actual_length"], context["max_length"]))
        case "too_short", _:
            return WrongValueError("the list is empty", "Name at least one value, or leave the field out")
        case _:
            # Not pydantic's own words: they may repeat what is written.
            return WrongValueError("this value cannot be used", f"Write a value such as {example(info)}")
