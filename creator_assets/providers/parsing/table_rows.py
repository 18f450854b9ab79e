"""From decoded records to the rows of a table: what all providers' rows have in common.

What belongs here: columns that come from the requests, expressions that several providers need, and the rules of a
table, by which rows are rejected with a reason. What a field means, and to which table it belongs, is in each
provider's ``rows.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import dataframely as dy
import polars as pl

from creator_assets.handles import canonical_handles
from creator_assets.providers.contract.operations import Answer
from creator_assets.providers.contract.parsed import Parsed, Problem
from creator_assets.providers.parsing.bodies import is_unread
from creator_assets.providers.parsing.provenance import PROVENANCE_COLUMNS, RawRecord, problems
from creator_assets.providers.parsing.records import decode
from creator_assets.providers.parsing.timestamps import parse_timestamp, plausible_timestamp

SEC_UID_PREFIX = "MS4wLjAB"
_ROUNDING = 1e-9
"""By how much a share may exceed a bound and still be a rounded sum."""


def asked(
    answers: Sequence[Answer], table: type[dy.Schema], names: Sequence[str], read: Callable[[Answer], tuple[Any, ...]]
) -> pl.DataFrame:
    """What each answer's request says of its rows: ``answer_index`` and the columns `names` of `table`, by `read`.

    Handles have their one spelling, also those of archived requests that were made in another one.
    """
    columns = table.columns()
    known = pl.DataFrame(
        [(index, *read(answer)) for index, answer in enumerate(answers)],
        schema={"answer_index": pl.Int64} | {name: columns[name].dtype for name in names},
        orient="row",
    )
    handles = {"username": "platform", "seed_username": "seed_platform"}
    return known.with_columns(
        canonical_handles(pl.col(name), pl.col(platform)).alias(name)
        for name, platform in handles.items()
        if {name, platform} <= set(names)
    )


Paths = Mapping[str, Sequence[str]]
"""By the name of a column, where the whole number stands that it is read from."""


def rows_of_answers(
    answers: Sequence[Answer],
    table: type[dy.Schema],
    known: pl.DataFrame,
    counts: Callable[[Answer], Paths] = lambda _answer: {},
) -> Parsed:
    """One row of `table` per answer, out of what is `known` of it (``answer_index`` and columns) and its origin.

    `counts` says where whole numbers stand that were read without ``decode``: those that cannot be read are noted.
    """
    records = [RawRecord(index, 0, "{}") for index in range(len(answers))]
    parsed = decode(answers, records, pl.Struct({"_": pl.String}), {}, known)
    return conform(table, noting_unread(parsed, answers, counts))


def noting_unread(parsed: Parsed, answers: Sequence[Answer], counts: Callable[[Answer], Paths]) -> Parsed:
    """The same, with a note for each whole number of an answer itself that is stated and cannot be read."""
    unread: dict[str, list[int]] = {}
    for index, answer in enumerate(answers):
        for name, path in counts(answer).items():
            if is_unread(answer.body, *path):
                unread.setdefault(name, []).append(index)
    for name, indices in unread.items():
        where = pl.col("answer_index").is_in(indices)
        parsed = noting(parsed, name, where, Problem.WRONG_TYPE, "not a whole number")
    return parsed


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


def with_moments(parsed: Parsed, **columns: str) -> Parsed:
    """The same with timestamps: each new column (UTC) of the column of texts or numbers that it names.

    A moment before 2005 or more than a day after its answer is null and noted. Declare such fields as String: that
    reads numbers as well.
    """
    rows, notes = parsed.rows, [parsed.notes]
    for name, source in columns.items():
        read = [
            plausible_timestamp(value, observed_at) if value is not None else None
            for value, observed_at in rows.select(source, "observed_at").iter_rows()
        ]
        moments = pl.Series(name, read, dtype=pl.Datetime("us", "UTC"))
        lost = rows.filter(rows[source].is_not_null() & moments.is_null()).with_columns(
            field=pl.lit(name),
            problem=pl.lit(str(Problem.IMPOSSIBLE)),
            reason=pl.lit("no moment between 2005 and a day after the answer"),
        )
        rows, notes = rows.with_columns(moments), [*notes, problems(lost)]
    return Parsed(rows=rows, rejected=parsed.rejected, notes=pl.concat(notes))


def noting_missing(parsed: Parsed, column: str, is_missing: pl.Expr) -> Parsed:
    """The same, with a note for each row that lacks a value which its answer should have."""
    return noting(parsed, column, is_missing, Problem.MISSING, "missing")


def noting(parsed: Parsed, column: str, where: pl.Expr, problem: Problem, reason: str) -> Parsed:
    """The same, with a note on a column of each row for which `where` is true."""
    noted = parsed.rows.filter(where).with_columns(
        field=pl.lit(column), problem=pl.lit(str(problem)), reason=pl.lit(reason)
    )
    return Parsed(rows=parsed.rows, rejected=parsed.rejected, notes=pl.concat([parsed.notes, problems(noted)]))


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


def written_otherwise(handle: pl.Expr, username: pl.Expr) -> pl.Expr:
    """The column ``written_handle``: a handle as an answer has it, where it is not in its one spelling."""
    return pl.when(handle != username).then(handle)


def conform(schema: type[dy.Schema], parsed: Parsed) -> Parsed:
    """Rows that keep every rule of their table; the others are rejected with the rule that they break.

    A value that a column that may be null cannot have costs that value only: it becomes null and is noted. Of records
    with the same primary key the first one is kept (a page may repeat creators of the page before).

    Args:
        schema: The table. Further columns of the rows are dropped, nullable ones that they lack are null.
        parsed: Rows with at least ``position`` and the provenance columns.
    """
    lacking = [
        pl.lit(None, dtype=c.dtype).alias(n) for n, c in schema.columns().items() if n not in parsed.rows.columns
    ]
    rows, impossible = _without_impossible_values(schema, parsed.rows.with_columns(lacking))
    rows = rows.with_row_index("row")
    first = pl.col("row").is_in(rows.unique(schema.primary_key(), keep="first")["row"].implode())
    repeats = rows.filter(~first).with_columns(
        field=pl.lit(", ".join(schema.primary_key())),
        problem=pl.lit(str(Problem.REPEATED)),
        reason=pl.lit("repeats an earlier record"),
    )
    kept = rows.filter(first)
    result, failure = schema.filter(kept.select(schema.column_names()), cast=True)
    broken = _broken_rules(schema, kept, failure)
    return Parsed(
        rows=pl.DataFrame(result),
        rejected=pl.concat([parsed.rejected, problems(repeats), problems(broken)]),
        notes=pl.concat([parsed.notes, *(problems(one) for one in impossible)]),
    )


def _without_impossible_values(schema: type[dy.Schema], rows: pl.DataFrame) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """Rows whose nullable values keep the rules of their columns, and the records of those that did not."""
    impossible: list[pl.DataFrame] = []
    cleaned: list[pl.Expr] = []
    for name, column in schema.columns().items():
        if not column.nullable or name in PROVENANCE_COLUMNS:
            continue
        value = _within_rounding(column, name)
        rules = [rule.fill_null(value=True) for rule in column.validation_rules(value).values()]
        if not rules or rows[name].null_count() == rows.height:
            continue
        is_possible = pl.all_horizontal(rules) | value.is_null()
        if not (verdict := rows.select(is_possible.alias("verdict"))["verdict"]).all():
            impossible.append(
                rows.filter(~verdict).with_columns(
                    field=pl.lit(name),
                    problem=pl.lit(str(Problem.IMPOSSIBLE)),
                    reason=pl.lit("a value that it cannot have"),
                )
            )
            cleaned.append(pl.when(is_possible).then(value).alias(name))
        elif isinstance(column, dy.Float64) and column.max is not None:
            cleaned.append(value.alias(name))
    return rows.with_columns(cleaned), impossible


def _within_rounding(column: dy.Column, name: str) -> pl.Expr:
    """The column; a number beyond its bounds by a rounding error is the bound."""
    value = pl.col(name)
    if not isinstance(column, dy.Float64):
        return value
    for bound, beyond in (
        (column.max, value > column.max if column.max is not None else None),
        (column.min, value < column.min if column.min is not None else None),
    ):
        if bound is not None and beyond is not None:
            value = pl.when(beyond & ((value - bound).abs() <= _ROUNDING)).then(pl.lit(float(bound))).otherwise(value)
    return value


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
        problem=pl.lit(str(Problem.IMPOSSIBLE)),
        reason=pl.format("breaks the rule `{}` of the table", pl.col("rule").str.split("|").list.last()),
    )
