"""The data dictionary: complete, in plain words, and equal to its page in the documentation."""

from __future__ import annotations

import re
from pathlib import Path

import dagster as dg
import dataframely as dy
import polars as pl
import pytest

from creator_assets.definitions import build_definitions
from creator_assets.metrics.table_rules import RULES
from creator_assets.tables.columns import Personal, Provenance, about, text
from creator_assets.tables.dictionary import dictionary_markdown
from creator_assets.tables.schemas import ALL_TABLES, PARTITION_KEYS

PAGE = Path(__file__).parents[2] / "docs" / "tables.md"
AVOIDED = re.compile(r"\b(whom|whoever|told|likewise|look|looked|asked)\b", re.IGNORECASE)
SENTENCE_WORDS_MAX = 22


def faults_of(schema: type[dy.Schema]) -> list[str]:
    """Return what the documentation of a table lacks."""
    faults = [] if (schema.__doc__ or "").strip().endswith(".") else ["the table has no description"]
    for name, column in schema.columns().items():
        metadata = column.metadata or {}
        description = column.description or ""
        if not re.match(r"[A-Z0-9`]", description) or not description.endswith("."):
            faults.append(f"{name} has no description in sentences")
        if metadata.get("personal") not in set(Personal):
            faults.append(f"{name} has no personal-data class")
        if not (isinstance(column.dtype, (pl.String, pl.Boolean)) or is_list_of_text(column)) and not metadata.get(
            "unit"
        ):
            faults.append(f"{name} has no unit")
        if AVOIDED.search(description):
            faults.append(f"{name} has a word that the glossary replaces")
        if any(len(sentence.split()) > SENTENCE_WORDS_MAX for sentence in re.split(r"\. ", description)):
            faults.append(f"{name} has a long sentence")
    return faults


def is_list_of_text(column: dy.Column) -> bool:
    """Whether a column has texts, alone or in structs of texts."""
    inner = column.dtype.inner if isinstance(column.dtype, pl.List) else None
    fields = [field.dtype for field in inner.fields] if isinstance(inner, pl.Struct) else [inner]
    return all(dtype == pl.String for dtype in fields)


def test_the_page_is_the_generated_dictionary() -> None:
    assert PAGE.read_text() == f"{dictionary_markdown()}\n", "run `creator-assets tables dictionary > docs/tables.md`"


@pytest.mark.parametrize("table", ALL_TABLES)
def test_every_column_has_a_description_a_class_and_a_unit(table: str) -> None:
    assert faults_of(ALL_TABLES[table]) == []


def test_a_column_without_a_description_a_class_or_a_unit_is_a_fault() -> None:
    class Incomplete(dy.Schema):
        described = text("Name of the account.", Personal.DIRECT)
        bare = dy.Int64()
        unclassified = dy.String(description="Name of the account.", metadata={"unit": ""})
        without_unit = dy.Float64(description="Share of the audience.", metadata=about())
        counted = dy.List(
            dy.Struct({"hour": dy.String(), "videos": dy.Int64()}), description="Videos by hour.", metadata=about()
        )
        pictured = text("Whom the account mentions.")

    assert faults_of(Incomplete) == [
        "the table has no description",
        "bare has no description in sentences",
        "bare has no personal-data class",
        "bare has no unit",
        "unclassified has no personal-data class",
        "without_unit has no unit",
        "counted has no unit",
        "pictured has a word that the glossary replaces",
    ]


def test_the_page_names_every_table_column_and_personal_class() -> None:
    sections = re.split(r"^## ", dictionary_markdown(), flags=re.MULTILINE)[1:]
    by_name = {section.partition("\n")[0]: section for section in sections}
    assert by_name.keys() == {"Provenance", *ALL_TABLES}
    for table, schema in ALL_TABLES.items():
        shared = by_name["Provenance"] if issubclass(schema, Provenance) else ""
        for name, column in schema.columns().items():
            (row,) = re.findall(rf"^\| `{name}`.*$", by_name[table], re.MULTILINE) or re.findall(
                rf"^\| `{name}`.*$", shared, re.MULTILINE
            )
            is_marked = "**DIRECT**" in row
            assert is_marked == ((column.metadata or {})["personal"] == "direct"), (table, name)
            assert ("*key*" in row) == (name in schema.primary_key()), (table, name)


def test_the_partition_keys_are_those_of_the_assets() -> None:
    specs = {spec.key.to_user_string(): spec for spec in build_definitions().resolve_all_asset_specs()}
    for table, keys in PARTITION_KEYS.items():
        asset = RULES[table].asset if table in RULES else table
        if asset in specs:
            assert keys == keys_of(specs[asset].partitions_def), table


def keys_of(partitions: dg.PartitionsDefinition[str] | None) -> tuple[str, ...]:
    """Return the partition keys in the path of an asset's table."""
    if partitions is None:
        return ()
    assert isinstance(partitions, dg.MultiPartitionsDefinition)
    dates = partitions.get_partitions_def_for_dimension("date")
    return ("campaign", "day" if isinstance(dates, dg.DailyPartitionsDefinition) else "week")
