"""Lists of records in answers become typed frames; a record that cannot be read is rejected with a reason.

A list is cut into raw records without building Python objects. polars decodes all records at once against a declared
type, several times faster than an object per record. Only records that fail there are decoded one by one. How the
frames become rows of a table is in ``table_rows``.

Declared types use String, Float64, Boolean, List and Struct only: whole numbers are declared Float64 (polars would
silently cut 7.5 to 7 for an integer) and become integers in ``rows.py``; ids are declared String, which keeps all
digits beyond 2^53.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
import polars as pl

from creator_assets.providers.contract.operations import Answer
from creator_assets.providers.contract.parsed import Parsed
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

    Fields that `dtype` does not name are ignored; fields that a record lacks, or that are of another type, become
    null (a number written as text is read as the number).

    Args:
        answers: The answers of the records; they give the provenance columns.
        records: The records; their order is kept.
        dtype: The declared type of a record.
        required: For each field that a row cannot do without, its path and the expression that reads it.
        asked: What the request says of each answer: ``answer_index`` (Int64) and columns to add to each of its
            records; or of each record, with ``position`` (Int64) as well.

    Returns:
        As rows the fields of `dtype`, ``answer_index`` and ``position`` (Int64) and the provenance columns. The
        charge of an answer is shared among the records that it was charged for, rejected ones included (among all where
        it was charged for none), and adds up to the microcredit.
    """
    series, wrong_types = _decode_batch([record.json for record in records], dtype)
    frame = _provenance(answers, records).with_columns(series.alias("record")).unnest("record")
    if asked is not None:
        keys = [name for name in ("answer_index", "position") if name in asked.columns]
        frame = frame.join(asked, on=keys, how="left", maintain_order="left")
    problems: list[pl.DataFrame] = []
    for field, expression in required.items():
        missing = frame.filter(expression.is_null())
        if missing.height:
            reasons = [_reason(wrong_types.get(row, {}), field) for row in missing["row"]]
            problems.append(missing.with_columns(field=pl.lit(field), reason=pl.Series(reasons, dtype=pl.String)))
            frame = frame.filter(expression.is_not_null())
    rejected_columns = (*PROVENANCE_COLUMNS, "position", "field", "reason")
    rejected = pl.concat(problems) if problems else frame.clear().with_columns(field=pl.lit(""), reason=pl.lit(""))
    return Parsed(rows=frame.drop("row"), rejected=rejected.select(rejected_columns))


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


def _decode_batch(texts: Sequence[str], dtype: pl.Struct) -> tuple[pl.Series, dict[int, dict[str, str]]]:
    """All records at once where that works, else by halves; and for each row the fields of a wrong type.

    By halving, a record that cannot be decoded does not change how its neighbours are decoded.
    """
    if not texts:
        return pl.Series("record", [], dtype=dtype), {}
    try:
        read = pl.Series("record", texts, dtype=pl.String).str.json_decode(dtype)
    except pl.exceptions.ComputeError:
        read = None
    if read is not None and read.len() == len(texts):  # a blank text would be left out
        return read, {}
    if len(texts) == 1:
        return _decode_by_hand(texts[0], dtype)
    half = len(texts) // 2
    first, wrong = _decode_batch(texts[:half], dtype)
    second, wrong_in_second = _decode_batch(texts[half:], dtype)
    return first.append(second), wrong | {half + row: fields for row, fields in wrong_in_second.items()}


def _decode_by_hand(text: str, dtype: pl.Struct) -> tuple[pl.Series, dict[int, dict[str, str]]]:
    wrong: dict[str, str] = {}
    try:
        fitted = _fit(msgspec.json.decode(text), dtype, "", wrong)
    except (msgspec.DecodeError, RecursionError):
        fitted, wrong = None, {"": "not JSON"}
    return pl.Series("record", [fitted], dtype=dtype), {0: wrong} if wrong else {}


def _reason(wrong_types: Mapping[str, str], field: str) -> str:
    """Why a field could not be read: its own wrong type, or that of what holds it."""
    path = field
    while path and path not in wrong_types:
        path = path.rpartition(".")[0]
    return wrong_types.get(path, "missing")


_SCALARS: dict[type[pl.DataType], tuple[str, tuple[type, ...]]] = {
    pl.String: ("text", (str, int)),
    pl.Float64: ("a number", (int, float, str)),
    pl.Boolean: ("true or false", (bool,)),
}


def _fit(value: Any, dtype: Any, path: str, wrong: dict[str, str]) -> Any:
    """`value` as `dtype` requires it, or None with the reason noted under the field's path."""
    if value is None:
        return None
    if isinstance(dtype, pl.Struct):
        if isinstance(value, dict):
            prefix = f"{path}." if path else ""
            return {f.name: _fit(value.get(f.name), f.dtype, prefix + f.name, wrong) for f in dtype.fields}
        wrong[path] = "not an object"
        return None
    if isinstance(dtype, pl.List):
        if isinstance(value, dict):
            wrong[path] = "not a list"
            return None
        items = value if isinstance(value, list) else [value]  # polars takes one for a list of one, too
        return [_fit(item, dtype.inner, f"{path}[]", wrong) for item in items]
    expected, accepted = _SCALARS[type(dtype) if isinstance(dtype, pl.DataType) else dtype]
    if isinstance(value, accepted) and (bool in accepted or not isinstance(value, bool)):
        fitted = _number(value) if float in accepted else str(value) if str in accepted else value
        if fitted is not None:
            return fitted
    wrong[path] = f"not {expected}"
    return None


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
