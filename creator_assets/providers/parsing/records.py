"""Lists of records in answers become typed frames; a field that cannot be read is left out with a reason.

A list is cut into raw records without building Python objects. polars decodes all records at once against a declared
type, several times faster than an object per record. Records with values of another form are decoded one by one, as
``values`` says. How the frames become rows of a table is in ``table_rows``.

Declared types use String, Float64, Boolean, List and Struct only: whole numbers are declared Float64 (polars would
silently cut 7.5 to 7 for an integer) and become integers in ``rows.py``; ids are declared String, which keeps all
digits beyond 2^53.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import msgspec
import polars as pl

from creator_assets.providers.contract.operations import Answer
from creator_assets.providers.contract.parsed import Parsed, Problem
from creator_assets.providers.parsing.provenance import (
    RawRecord,
    no_problems,
    problems,
    provenance,
    repaired,
    with_problems,
    without_unreadable,
)
from creator_assets.providers.parsing.readable import lenient_json
from creator_assets.providers.parsing.values import PLACEHOLDERS, Left, Notes, fit


def cut(answer_index: int, raws: Sequence[msgspec.Raw]) -> Iterator[RawRecord]:
    """The records of one answer, in its order. Bytes that are no UTF-8 are replaced, so that no record is lost."""
    for position, raw in enumerate(raws):
        yield RawRecord(answer_index, position, bytes(raw).decode("utf-8", errors="replace"))


def decode(
    answers: Sequence[Answer],
    records: Sequence[RawRecord],
    dtype: pl.Struct,
    required: Mapping[str, pl.Expr],
    asked: pl.DataFrame | None = None,
) -> Parsed:
    """Decode records against `dtype`; reject those without a field that they need.

    Fields that `dtype` does not name are ignored. Fields that a record lacks are null, and so are texts that hold
    nothing. A field of another type has the value that can be read, else it is null and noted.

    Args:
        answers: The answers of the records; they give the provenance columns.
        records: The records; their order is kept.
        dtype: The declared type of a record.
        required: For each field that a row cannot do without, its path and the expression that reads it. Only what
            identifies the row belongs here.
        asked: What the request says of each answer: ``answer_index`` (Int64) and columns to add to each of its
            records; or of each record, with ``position`` (Int64) as well.

    Returns:
        As rows the fields of `dtype`, ``answer_index`` and ``position`` (Int64) and the provenance columns. The
        charge of an answer is shared among the records that it was charged for, rejected ones included (among all where
        it was charged for none), and adds up to the microcredit.
    """
    series, left = _decode_all([record.json for record in records], dtype)
    frame = provenance(answers, records).with_columns(series.alias("record")).unnest("record")
    if asked is not None:
        keys = [name for name in ("answer_index", "position") if name in asked.columns]
        frame = frame.join(asked, on=keys, how="left", maintain_order="left")
    rejected: list[pl.DataFrame] = []
    noted = [
        (row, field, str(one.problem), one.reason) for row, fields in left.items() for field, one in fields.items()
    ]
    notes = [with_problems(frame, noted), repaired(answers, frame)]
    frame, unreadable = without_unreadable(answers, records, frame)
    rejected += unreadable
    for field, expression in required.items():
        lacking = frame.filter(expression.is_null())
        if lacking.height:
            why = [_why(left.get(row, {}), field) for row in lacking["row"]]
            rejected.append(
                lacking.with_columns(
                    field=pl.lit(field),
                    problem=pl.Series([str(one.problem) for one in why], dtype=pl.String),
                    reason=pl.Series([one.reason for one in why], dtype=pl.String),
                )
            )
            frame = frame.filter(expression.is_not_null())
    return Parsed(
        rows=frame.drop("row"),
        rejected=pl.concat([no_problems(), *(problems(one) for one in rejected)]),
        notes=pl.concat(
            [no_problems(), *(problems(one.filter(pl.col("row").is_in(frame["row"].implode()))) for one in notes)]
        ),
    )


def _decode_all(texts: Sequence[str], dtype: pl.Struct) -> tuple[pl.Series, dict[int, Notes]]:
    """All records, and for each row the fields that were left out.

    Most records are decoded at once. Those that hold a value of another form, or that polars would misread, are decoded
    by hand; no record changes how its neighbours are decoded.
    """
    series = pl.Series("record", texts, dtype=pl.String)
    suspects = series.str.contains(_misread(dtype)).to_list() if texts else []
    whole = [row for row, suspect in enumerate(suspects) if not suspect]
    by_hand = [row for row, suspect in enumerate(suspects) if suspect]
    read = _decode_batch(series.gather(whole), dtype)
    if read is None:
        by_hand, whole = list(range(len(texts))), []
        read = pl.Series("record", [], dtype=dtype)
    fitted, left = [], {}
    for row in by_hand:
        notes: Notes = {}
        fitted.append(_fit_text(texts[row], dtype, notes))
        if notes:
            left[row] = notes
    joined = read.append(pl.Series("record", fitted, dtype=dtype))
    order = pl.Series([*whole, *by_hand], dtype=pl.UInt32).arg_sort()
    return joined.gather(order).rename("record"), left


def _decode_batch(texts: pl.Series, dtype: pl.Struct) -> pl.Series | None:
    """Records of the declared form, all at once; None where one of them has another form."""
    if not texts.len():
        return pl.Series("record", [], dtype=dtype)
    try:
        read = texts.str.json_decode(dtype)
    except pl.exceptions.ComputeError:
        return None
    if read.len() != texts.len():  # a blank text would be left out
        return None
    return read.to_frame("record").select(_without_empty_texts(pl.col("record"), dtype))["record"]


def _without_empty_texts(value: pl.Expr, dtype: pl.DataType | type[pl.DataType]) -> pl.Expr:
    """The same value, its texts without anything in them as null."""
    if isinstance(dtype, pl.Struct):
        fields = [
            _without_empty_texts(value.struct.field(field.name), field.dtype).alias(field.name)
            for field in dtype.fields
            if isinstance(field.dtype, pl.Struct) or field.dtype == pl.String
        ]
        return value.struct.with_fields(fields) if fields else value
    return pl.when(value.str.strip_chars() != "").then(value)


@cache
def _misread(dtype: pl.Struct) -> str:
    """A pattern for records with a value that polars refuses, or takes for another one (true for 1.0 or "true")."""
    numbers, texts = _leaves(dtype)
    patterns = [
        rf'"{_any_of(names)}"\s*:\s*{forms}'
        for names, forms in (
            (numbers, r'(?:true|false|["\[{]|-?\d{19}|-?[\d.]+[eE]\+?\d{2})'),
            (texts, rf'(?:true|false|[\[{{]|"\s*{_any_of(PLACEHOLDERS)}\s*")'),
        )
        if names
    ]
    return "|".join(patterns) or r"\z."


def _any_of(words: Sequence[str]) -> str:
    return f"(?:{'|'.join(map(re.escape, words))})"


def _leaves(dtype: Any) -> tuple[list[str], list[str]]:
    """The names of the numbers and of the texts of a record."""
    numbers: list[str] = []
    texts: list[str] = []
    for field in dtype.fields if isinstance(dtype, pl.Struct) else ():
        inner = field.dtype.inner if isinstance(field.dtype, pl.List) else field.dtype
        if isinstance(inner, pl.Struct):
            of_numbers, of_texts = _leaves(inner)
            numbers, texts = [*numbers, *of_numbers], [*texts, *of_texts]
        elif inner is field.dtype:
            (numbers if inner == pl.Float64 else texts if inner == pl.String else []).append(field.name)
    return numbers, texts


def _fit_text(text: str, dtype: pl.Struct, notes: Notes) -> Any:
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        value = lenient_json(text)
        if value is None:
            notes[""] = Left(Problem.WRONG_TYPE, "not JSON")
    return fit(value, dtype, "", notes)


def _why(left: Mapping[str, Left], field: str) -> Left:
    """Why a field could not be read: its own form, or that of what holds it."""
    path = field
    while path and path not in left:
        path = path.rpartition(".")[0]
    return left.get(path, Left(Problem.MISSING, "missing"))
