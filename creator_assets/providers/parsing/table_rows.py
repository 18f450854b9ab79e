"""From decoded records to the rows of a table: what all providers' rows have in common.

What belongs here: columns that come from the requests, expressions that several providers need, and the rules of a
table, by which rows are rejected with a reason. What a field means, and to which table it belongs, is in each
provider's ``rows.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import dataframely as dy
import polars as pl

from creator_assets.providers.contract.operations import Answer
from creator_assets.providers.contract.parsed import Parsed
from creator_assets.providers.parsing.records import RawRecord, decode
from creator_assets.providers.parsing.timestamps import parse_timestamp

SEC_UID_PREFIX = "MS4wLjAB"


def asked(
    answers: Sequence[Answer], table: type[dy.Schema], names: Sequence[str], read: Callable[[Answer], tuple[Any, ...]]
) -> pl.DataFrame:
    """What each answer's request says of its rows: ``answer_index`` and the columns `names` of `table`, by `read`."""
    columns = table.columns()
    return pl.DataFrame(
        [(index, *read(answer)) for index, answer in enumerate(answers)],
        schema={"answer_index": pl.Int64} | {name: columns[name].dtype for name in names},
        orient="row",
    )


def rows_of_answers(answers: Sequence[Answer], table: type[dy.Schema], known: pl.DataFrame) -> Parsed:
    """One row of `table` per answer, out of what is `known` of it (``answer_index`` and columns) and its origin."""
    records = [RawRecord(index, 0, "{}") for index in range(len(answers))]
    return conform(table, decode(answers, records, pl.Struct({"_": pl.String}), {}, known))


def whole(number: pl.Expr) -> pl.Expr:
    """A number that was declared Float64 as the nearest whole number; null where it has none."""
    return number.round().cast(pl.Int64, strict=False)


def instant(text: pl.Expr) -> pl.Expr:
    """Texts in several ISO 8601 forms as UTC timestamps; null where there is none."""
    dtype = pl.Datetime("us", "UTC")
    return text.map_batches(
        lambda texts: pl.Series([parse_timestamp(one) for one in texts], dtype=dtype),
        return_dtype=dtype,
        is_elementwise=True,
    )


def ids_of(native: pl.Expr, internal: pl.Expr | None = None) -> dict[str, pl.Expr]:
    """The columns ``native_id`` and ``provider_id`` of an account.

    TikTok gives an account two ids. The numeric one, which most providers use, is its native id. The ``secUid`` that
    others use would make a second account of it. It counts as the provider's own id where the provider has none.
    """
    is_second = native.str.starts_with(SEC_UID_PREFIX).fill_null(value=False)
    other = internal if internal is not None else pl.lit(None, dtype=pl.String)
    return {
        "native_id": pl.when(~is_second).then(native),
        "provider_id": pl.coalesce(other, pl.when(is_second).then(native)),
    }


def conform(schema: type[dy.Schema], parsed: Parsed) -> Parsed:
    """Rows that keep every rule of their table; the others are rejected with the rule that they break.

    Of records with the same primary key the first one is kept (a page may repeat creators of the page before).

    Args:
        schema: The table. Further columns of the rows are dropped, nullable ones that they lack are null.
        parsed: Rows with at least ``position`` and the provenance columns.
    """
    lacking = [
        pl.lit(None, dtype=c.dtype).alias(n) for n, c in schema.columns().items() if n not in parsed.rows.columns
    ]
    rows = parsed.rows.with_columns(lacking).with_row_index("row")
    first = pl.col("row").is_in(rows.unique(schema.primary_key(), keep="first")["row"].implode())
    repeats = rows.filter(~first).with_columns(
        field=pl.lit(", ".join(schema.primary_key())), reason=pl.lit("repeats an earlier record")
    )
    kept = rows.filter(first)
    result, failure = schema.filter(kept.select(schema.column_names()), cast=True)
    broken = _broken_rules(schema, kept, failure)
    rejected_columns = parsed.rejected.columns
    return Parsed(
        rows=pl.DataFrame(result),
        rejected=pl.concat([parsed.rejected, repeats.select(rejected_columns), broken.select(rejected_columns)]),
    )


def _broken_rules(schema: type[dy.Schema], kept: pl.DataFrame, failure: dy.FailureInfo) -> pl.DataFrame:
    """The rows that `failure` names, each with the first rule that it breaks."""
    details = failure.details()
    rules = [c for c in details.columns if c not in schema.column_names()]
    named = details.select(
        *schema.primary_key(),
        rule=pl.coalesce(pl.when(pl.col(rule).cast(pl.String) == "invalid").then(pl.lit(rule)) for rule in rules),
    )
    return kept.join(named, on=schema.primary_key(), how="inner", nulls_equal=True).with_columns(
        field=pl.col("rule").str.split("|").list.first(),
        reason=pl.format("breaks the rule `{}` of the table", pl.col("rule").str.split("|").list.last()),
    )
