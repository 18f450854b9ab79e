"""The data dictionary: one Markdown page with every table and every column, generated from the schemas.

Belongs here: the form of the page. The schemas have the content: descriptions, units and personal-data classes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import dedent
from typing import Any

import dataframely as dy
import polars as pl
from polars._typing import PolarsDataType

from creator_assets.markdown import markdown_table
from creator_assets.tables.columns import Personal, Provenance
from creator_assets.tables.schemas import ALL_TABLES, PARTITION_KEYS

_HEAD = """\
# Tables

<!-- Generated from creator_assets/tables/*_schemas.py. Do not edit.
     Regenerate: creator-assets tables dictionary > docs/tables.md -->

Every table is a folder of Parquet files, one file per partition. Partition keys are folders in the path and become
columns when you read a table. Amounts of credits are microcredits: 1,000,000 are one credit. Timestamps and days are
UTC.

The column **personal** gives the personal-data class:

| class | meaning |
| --- | --- |
| (empty) | no personal data |
| indirect | says something about a creator that another column names |
| **DIRECT** | identifies or locates a person by itself: a handle, a name, a URL |
| **SENSITIVE** | inferred health, ethnicity, belief and the like |

The column **null** says whether a value may be absent. Columns of the primary key have the mark *key*. The key is
unique within a partition.
"""
_PROVENANCE_HEAD = """\
## Provenance

Every table of bought data also has these columns. The sections below do not repeat them.
"""
_HEADINGS = ("column", "type", "unit", "null", "personal", "meaning")
_MARKS = {Personal.DIRECT: "**DIRECT**", Personal.SENSITIVE: "**SENSITIVE**", Personal.NONE: ""}


def dictionary_markdown() -> str:
    """Return the page ``docs/tables.md``: all tables with partitions, primary key and columns.

    The text has no final newline, so that a command can print it.
    """
    index = [(f"[`{name}`](#{name})", _partitions(name), _summary(schema)) for name, schema in ALL_TABLES.items()]
    parts = [
        _HEAD,
        markdown_table(("table", "partitions", "one row"), index) + "\n",
        _PROVENANCE_HEAD,
        _columns_table(Provenance.columns(), ()),
        *(_section(name, schema) for name, schema in ALL_TABLES.items()),
    ]
    return "\n".join(parts).rstrip("\n")


def _section(name: str, schema: type[dy.Schema]) -> str:
    inherited = Provenance.column_names() if issubclass(schema, Provenance) else []
    key = schema.primary_key()
    # A table may define a provenance column of its own, e.g. as a part of its key.
    own = {column: value for column, value in schema.columns().items() if column not in inherited or column in key}
    facts = [
        f"- Partitions: {_partitions(name)}",
        f"- Primary key: {_code(key)}" if key else "- Primary key: none",
        *(["- Also has the [provenance](#provenance) columns."] if inherited else []),
    ]
    text = dedent(f"    {schema.__doc__ or ''}").strip()
    return "\n".join([f"## {name}\n", f"{text}\n", *facts, "", _columns_table(own, key)])


def _columns_table(columns: Mapping[str, dy.Column], key: Sequence[str]) -> str:
    return markdown_table(_HEADINGS, [_cells(name, column, key) for name, column in columns.items()]) + "\n"


def _cells(name: str, column: dy.Column, key: Sequence[str]) -> tuple[str, ...]:
    metadata: Mapping[str, Any] = column.metadata or {}
    personal = Personal(metadata["personal"])
    return (
        f"`{name}`{' *key*' if name in key else ''}",
        _type_name(column.dtype),
        str(metadata["unit"]),
        "yes" if column.nullable else "",
        _MARKS.get(personal, str(personal)),
        column.description or "",
    )


def _type_name(dtype: pl.DataType) -> str:
    """Return a short name of a type, e.g. ``list of {metric: text, reason: text}``."""
    if isinstance(dtype, pl.List):
        return f"list of {_type_name(_instance(dtype.inner))}"
    if isinstance(dtype, pl.Struct):
        return "{" + ", ".join(f"{field.name}: {_type_name(_instance(field.dtype))}" for field in dtype.fields) + "}"
    if isinstance(dtype, pl.Decimal):
        return f"decimal({dtype.precision}, {dtype.scale})"
    names: Mapping[type[pl.DataType], str] = {
        pl.String: "text",
        pl.Int64: "integer",
        pl.Float64: "float",
        pl.Boolean: "boolean",
        pl.Date: "date",
        pl.Datetime: "timestamp",
    }
    return names.get(type(dtype), str(dtype))


def _instance(dtype: PolarsDataType) -> pl.DataType:
    return dtype() if isinstance(dtype, type) else dtype


def _partitions(name: str) -> str:
    return _code(PARTITION_KEYS[name]) or "none"


def _summary(schema: type[dy.Schema]) -> str:
    return (schema.__doc__ or "").partition("\n")[0]


def _code(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
