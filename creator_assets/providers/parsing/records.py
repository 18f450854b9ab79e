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
from creator_assets.providers.contract.parsed import PROBLEM_COLUMNS, Parsed, Problem
from creator_assets.providers.parsing.readable import lenient_json
from creator_assets.providers.parsing.values import PLACEHOLDERS, Left, Notes, fit
from creator_assets.providers.parsing.versions import parser_version

PROVENANCE_COLUMNS = (
    "provider",
    "operation",
    "request_id",
    "observed_at",
    "response_sha256",
    "cost_microcredits",
    "run_id",
    "parser_version",
)


class RawRecord(msgspec.Struct, frozen=True):
    """One undecoded record: the index of its answer, its position in that answer, and its text.

    ``pays`` says whether it is one of those that the answer was charged for.
    """

    answer: int
    position: int
    json: str
    pays: bool = True


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
    frame = _provenance(answers, records).with_columns(series.alias("record")).unnest("record")
    if asked is not None:
        keys = [name for name in ("answer_index", "position") if name in asked.columns]
        frame = frame.join(asked, on=keys, how="left", maintain_order="left")
    rejected: list[pl.DataFrame] = []
    noted = [
        (row, field, str(one.problem), one.reason) for row, fields in left.items() for field, one in fields.items()
    ]
    notes = [_with_problems(frame, noted), _repaired(answers, frame)]
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


def problems(frame: pl.DataFrame) -> pl.DataFrame:
    """The columns of ``Parsed.rejected`` and ``Parsed.notes``; those that `frame` lacks are null."""
    return frame.select(
        *PROVENANCE_COLUMNS,
        *(
            (pl.col(name) if name in frame.columns else pl.lit(None)).cast(dtype).alias(name)
            for name, dtype in PROBLEM_COLUMNS.items()
        ),
    )


def no_problems() -> pl.DataFrame:
    """The columns of ``Parsed.rejected`` and ``Parsed.notes`` without a row."""
    return problems(_provenance([], []))


def _with_problems(frame: pl.DataFrame, noted: Sequence[tuple[int, str, str, str]]) -> pl.DataFrame:
    schema = {"row": pl.UInt32, "field": pl.String, "problem": pl.String, "reason": pl.String}
    names = [name for name in frame.columns if name not in {"field", "problem", "reason"}]
    return frame.select(names).join(pl.DataFrame(noted, schema=schema, orient="row"), on="row", how="inner")


def _repaired(answers: Sequence[Answer], frame: pl.DataFrame) -> pl.DataFrame:
    """For each answer whose text had to be repaired, its first record with the repair."""
    first = frame.unique("answer_index", keep="first", maintain_order=True)
    rows = dict(zip(first["answer_index"], first["row"], strict=True))
    return _with_problems(
        frame,
        [
            (rows[index], "", str(Problem.TEXT), note)
            for index, answer in enumerate(answers)
            if index in rows
            for note in answer.notes
        ],
    )


def _provenance(answers: Sequence[Answer], records: Sequence[RawRecord]) -> pl.DataFrame:
    """One row per record: its origin and its share of the charge (the first ones carry what does not divide)."""
    origins = pl.DataFrame(
        [
            (
                index,
                answer.request.operation.provider,
                answer.request.operation.name,
                answer.request_id,
                answer.observed_at,
                answer.response_sha256,
                answer.charge_microcredits,
                answer.run_id,
                parser_version(answer.request.operation.provider),
            )
            for index, answer in enumerate(answers)
        ],
        schema={
            "answer_index": pl.Int64,
            "provider": pl.String,
            "operation": pl.String,
            "request_id": pl.String,
            "observed_at": pl.Datetime("us", "UTC"),
            "response_sha256": pl.String,
            "charge": pl.Int64,
            "run_id": pl.String,
            "parser_version": pl.String,
        },
        orient="row",
    )
    frame = pl.DataFrame(
        {
            "answer_index": pl.Series([record.answer for record in records], dtype=pl.Int64),
            "position": pl.Series([record.position for record in records], dtype=pl.Int64),
            "pays": pl.Series([record.pays for record in records], dtype=pl.Boolean),
        }
    ).with_row_index("row")
    # A column first: a window inside another one takes time that is quadratic in the answers.
    frame = frame.with_columns(pays=pl.col("pays") | ~pl.col("pays").any().over("answer_index"))
    pays = pl.col("pays")
    sharers = pays.sum().over("answer_index").cast(pl.Int64)
    ordinal = pays.cum_sum().over("answer_index").cast(pl.Int64) - 1
    share = pl.col("charge") // sharers + (ordinal < pl.col("charge") % sharers).cast(pl.Int64)
    return (
        frame.join(origins, on="answer_index", how="left", maintain_order="left")
        .with_columns(cost_microcredits=pl.when(pays).then(share).otherwise(0))
        .drop("charge", "pays")
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
            (numbers, r'(?:true|false|["\[{])'),
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
