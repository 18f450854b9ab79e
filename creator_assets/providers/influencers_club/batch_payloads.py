"""The rows of a finished batch of influencers.club, in the forms in which documents and connectors show them.

``003_4cf6d03a58a0fd76.txt`` names a CSV table without its columns and a JSON list of ``{input_value, status,
enrichment_data}``; connectors also saw a list under a key. Rows get one form here.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import msgspec
import polars as pl

from creator_assets.providers.parsing.bodies import object_at, records_at, text_at, value_at

_INPUTS = ("input_value", "input", "handle", "username", "account", "url", "link", "email")
_STATUSES = ("status", "state", "result_status")
_DATA = ("enrichment_data", "data", "result", "profile", "enrichment")
_NULL = msgspec.Raw(b"null")


class BatchRow(msgspec.Struct, frozen=True, kw_only=True):
    """One row: what was submitted, the provider's word for its state, and its data (null where there is none)."""

    value: str
    status: str
    data: msgspec.Raw


def batch_results(body: bytes) -> list[BatchRow] | None:
    """The rows of a finished batch: a bare list, a list under a key, or a CSV table (the provider's default)."""
    for path in ((), ("results",), ("data",), ("items",)):
        found = records_at(body, *path)
        if found is not None:
            return [_of_object(raw) for raw in found]
    return _of_table(body)


def _of_object(raw: msgspec.Raw) -> BatchRow:
    fields = object_at(raw) or {}
    data = next((fields[name] for name in _DATA if name in fields), _NULL)
    return BatchRow(
        value=next((text for name in _INPUTS if (text := text_at(raw, name))), ""),
        status=next((text for name in _STATUSES if (text := text_at(raw, name))), ""),
        data=_out_of_text(data),
    )


def _of_table(body: bytes) -> list[BatchRow] | None:
    """The rows of a CSV table; each cell of data holds JSON. None where no column names what was submitted."""
    try:
        # Not the csv module: it refuses cells of more than 128 KiB, and a full profile may be longer.
        table = pl.read_csv(io.BytesIO(body), infer_schema=False).fill_null("")
    except (pl.exceptions.PolarsError, UnicodeDecodeError):
        return None
    columns = {name.strip().lower(): name for name in table.columns}
    if not any(name in columns for name in _INPUTS) or not any(name in columns for name in _DATA):
        return None

    def cell(row: Mapping[str, Any], names: tuple[str, ...]) -> str:
        return next((str(row[columns[name]]) for name in names if name in columns and row[columns[name]]), "")

    return [
        BatchRow(
            value=cell(row, _INPUTS),
            status=cell(row, _STATUSES),
            data=_out_of_text(msgspec.Raw(msgspec.json.encode(cell(row, _DATA)))),
        )
        for row in table.iter_rows(named=True)
    ]


def _out_of_text(data: msgspec.Raw) -> msgspec.Raw:
    """Data that is JSON inside a text, decoded; null where it is no object."""
    if bytes(data)[:1] == b'"':
        text = value_at(data)
        data = msgspec.Raw(text.encode()) if isinstance(text, str) else _NULL
    return data if object_at(data) else _NULL
