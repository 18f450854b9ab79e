"""The JSON schema of a brief: it takes what the reader takes, and refuses what an editor should underline."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from creator_assets.campaigns import Campaign, read_brief
from creator_assets.campaigns.json_schema import brief_schema
from creator_assets.campaigns.reference_text import EXAMPLE
from tests.campaigns.briefs import BRIEF, CATALOG
from tests.campaigns.every_field import CATALOG as REAL
from tests.campaigns.every_field import as_yaml, every_field
from tests.campaigns.test_brief_faults import FAULTS

CHECKOUT = Path(__file__).parents[2]
BRIEFS = sorted((CHECKOUT / "campaigns").glob("*.yaml"))
_CORE: tuple[tuple[re.Pattern[str], Callable[[str], Any]], ...] = (
    (re.compile(r"~|null|Null|NULL|"), lambda _text: None),
    (re.compile(r"true|True|TRUE|false|False|FALSE"), lambda text: text.casefold() == "true"),
    (re.compile(r"[-+]?[0-9]+"), int),
    (re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"),
     lambda text: float(text.replace(".inf", "inf").replace(".nan", "nan"))),
)  # fmt: skip


_VALIDATORS = {True: Draft7Validator(brief_schema(REAL)), False: Draft7Validator(brief_schema(CATALOG))}


def as_an_editor(node: yaml.Node) -> Any:
    """The values of a node by the core schema of YAML 1.2, which is what editors go by."""
    if isinstance(node, yaml.MappingNode):
        return {key.value: as_an_editor(value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [as_an_editor(one) for one in node.value]
    if getattr(node, "style", None) is not None:
        return node.value
    return next((make(node.value) for form, make in _CORE if form.fullmatch(node.value)), node.value)


def complaints(text: str, catalog: Any = REAL) -> list[str]:
    """Where the schema refuses a brief, as paths."""
    root = yaml.compose(text)
    assert root is not None
    errors = _VALIDATORS[catalog is REAL].iter_errors(as_an_editor(root))
    return sorted(error.json_path.removeprefix("$").removeprefix(".") for error in errors)


def test_the_schema_is_a_right_one() -> None:
    Draft7Validator.check_schema(brief_schema(REAL))


@pytest.mark.parametrize("brief", BRIEFS, ids=lambda path: path.stem)
def test_every_brief_of_the_project_names_the_schema_and_passes(brief: Path) -> None:
    text = brief.read_text(encoding="utf-8")
    named = re.match(r"# yaml-language-server: \$schema=(\S+)\n", text)
    assert named is not None
    assert (brief.parent / named[1]).resolve() == CHECKOUT / "docs" / "brief.schema.json"
    assert complaints(text) == []


@pytest.mark.parametrize("text", [EXAMPLE, as_yaml(every_field())], ids=["example", "every field"])
def test_the_example_and_the_brief_with_every_field_pass(text: str) -> None:
    assert isinstance(read_brief("one", text.encode(), REAL), Campaign)
    assert complaints(text) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("fees: 60_000", "fees: 60000.5"),
        ("market: Germany", "market: NO"),
        ("market: Germany", 'market: "1984"'),
        ("max_creators: 10_000", "max_creators: 10000"),
        ("min: 10000", "min: 1_000_000, max: 2_000_000.5"),
        ("handle: bar.films", "handle: 12345"),
        ("handle: bar.films", "handle: 007"),
        ("handle: bar.films", "handle: no"),
        ("handle: bar.films", 'handle: " @spaced "'),
        ("max_age: 36h", "max_age: 6w"),
        ("min_engagement_rate: 0.02", "min_engagement_rate: 1"),
        ("growth: {percentage: -3}", "growth: {percentage: -3, months: 12}"),
        ("min: 10000", "max: 5"),
    ],
)
def test_what_the_reader_takes_the_schema_takes(old: str, new: str) -> None:
    text = BRIEF.replace(old, new)
    assert text != BRIEF
    assert isinstance(read_brief("one", text.encode(), CATALOG), Campaign)
    assert complaints(text, CATALOG) == []
    assert complaints(BRIEF, CATALOG) == []


# What depends on another value, and numbers and texts in which YAML 1.2 or a pattern sees nothing wrong.
_BEYOND_A_SCHEMA = re.compile(
    r"before the start|a date of the calendar|more than six decimals|the same |names nobody|no comments|no audio|"
    r"has no |no budget|cannot match|cannot enrich|not tracked|once a day|greater|one line of text|no kind|"
    r"at most 3650d|first is on line|[0-9]_[0-9]|1e3|010|12:30"
)


def test_what_the_reader_refuses_the_schema_refuses() -> None:
    unseen = [f"{new}: {said}; {remedy}" for old, new, _line, _field, said, remedy in FAULTS
              if not complaints(BRIEF.replace(old, new), CATALOG)]  # fmt: skip
    assert [one for one in unseen if not _BEYOND_A_SCHEMA.search(one)] == []
    assert len(FAULTS) - len(unseen) > 70


def test_a_typo_is_refused_at_every_level() -> None:
    names = re.findall(r"[\[{, ](\w+):", EXAMPLE) + re.findall(r"^(\w+):", EXAMPLE, re.MULTILINE)
    assert len(names) > 30
    for name in set(names):
        text = re.sub(rf"\b{name}:", f"{name}x:", EXAMPLE, count=1)
        assert complaints(text) != [], name


def test_numbers_out_of_range_and_nothing_are_refused() -> None:
    for old, new, path in (
        ("top: 20,", "top: 0,", "shortlist.top"),
        ("top: 20,", "top: 10001,", "shortlist.top"),
        ("top: 20,", "top: 2.5,", "shortlist.top"),
        ("top: 20,", "top: true,", "shortlist.top"),
        ("top: 20,", "top: ~,", "shortlist.top"),
        ("influtics: 300", "influtics: -1", "budget.influtics"),
        ("min_engagement_rate: 0.01", "min_engagement_rate: 2", "shortlist.min_engagement_rate"),
        ("{min: 10_000}", "{min: -1}", "discovery[0].filters.number_of_followers.min"),
        ("profiles: {depth: full, max_age: 30d}", "profiles: ~", "profiles"),
        ("max_age: 45d", "max_age: 45", "audiences.max_age"),
        ("    platform: instagram", "    platform: facebook", "discovery[0].platform"),
    ):
        assert path in complaints(EXAMPLE.replace(old, new)), new


def test_every_example_is_one_that_the_schema_takes() -> None:
    schema = brief_schema(REAL)
    definitions = [{**one, "$defs": schema["$defs"]} for one in schema["$defs"].values()]
    checked = 0
    for definition in (schema, *definitions):
        for name, field in definition.get("properties", {}).items():
            for example in field.get("examples", ()):
                assert Draft7Validator({**field, "$defs": schema["$defs"]}).is_valid(example), (name, example)
                checked += 1
    assert checked > 40
