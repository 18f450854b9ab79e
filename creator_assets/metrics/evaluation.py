"""Metrics applied to rows: a value where every input is known, else null and the reason, never a zero instead.

What a metric is stands in ``registry``; which columns are its inputs, and why one of them may be missing, is said by
whoever makes the rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import polars as pl

from creator_assets.metrics.registry import Metric

MISSING = "missing"
"""The column of a row's metrics without a value, each with the reason."""

MISSING_TYPE = pl.List(pl.Struct({"metric": pl.String, "reason": pl.String}))


def measured(frame: pl.DataFrame, metrics: Sequence[Metric], why: Mapping[str, pl.Expr | str]) -> pl.DataFrame:
    """The frame with a column for each metric, and with `MISSING`.

    Args:
        frame: Rows with the metrics' inputs.
        metrics: Which ones.
        why: For an input, the reason for which it is null (a column's expression or a text). Every input that may be
            null needs one.
    """
    values = [_values(frame, metric) for metric in metrics]
    reasons = [
        pl.when(value.is_null()).then(pl.struct(metric=pl.lit(metric.id), reason=_reason(metric, why)))
        for metric, value in zip(metrics, values, strict=True)
    ]
    missing = pl.concat_list(reasons).list.drop_nulls().cast(MISSING_TYPE).alias(MISSING)
    return frame.with_columns(missing).with_columns(values)


def measured_together(frame: pl.DataFrame, metrics: Sequence[Metric], of: str) -> pl.DataFrame:
    """The metrics of all rows together, in one row, and `MISSING`: the same formulas over sums.

    Each row so weighs by its denominator, and one that lacks a part of a metric has no part in it.

    Args:
        frame: Rows with the metrics' inputs.
        metrics: Which ones.
        of: What a row is, in a word.
    """
    told = []
    for metric in metrics:
        whole = frame.drop_nulls(metric.inputs)
        sums = whole.select(pl.when(pl.len() > 0).then(pl.col(name).sum()).alias(name) for name in metric.inputs)
        reason = f"no {of} has all of it: {', '.join(metric.inputs)}"
        told.append(measured(sums, [metric], dict.fromkeys(metric.inputs, reason)))
    values = pl.concat([one.select(metric.id) for one, metric in zip(told, metrics, strict=True)], how="horizontal")
    missing = pl.concat([one.select(MISSING) for one in told])[MISSING].explode(empty_as_null=False)
    return values.with_columns(missing.implode().alias(MISSING))


def code_version(version: int, metrics: Iterable[Metric]) -> str:
    """The version of code that makes rows with these metrics: it changes with every one of them."""
    return ", ".join([str(version), *(metric.label for metric in metrics)])


def _values(frame: pl.DataFrame, metric: Metric) -> pl.Series:
    known = pl.all_horizontal(pl.col(name).is_not_null() for name in metric.inputs)
    if metric.denominator:
        known &= pl.sum_horizontal(metric.denominator) != 0
    # What is not known is hidden from the formula: an amount divided by zero is an error to Polars.
    inputs = frame.select(pl.when(known).then(pl.col(name)).alias(name) for name in metric.inputs)
    return inputs.select(metric.expression.cast(metric.dtype).alias(metric.id)).to_series()


def _reason(metric: Metric, why: Mapping[str, pl.Expr | str]) -> pl.Expr:
    told = [
        pl.when(pl.col(name).is_null()).then(pl.lit(reason) if isinstance(reason, str) else reason)
        for name in metric.inputs
        if (reason := why.get(name)) is not None
    ]
    return pl.coalesce(*told, pl.lit(f"{' + '.join(metric.denominator)} is 0"))
