"""Evaluation of metrics on rows: a value where every input is known, else null with a reason. Never a zero instead.

``registry`` defines the metrics. The module of each report computes their inputs, and gives the reason for each input
that may be null.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from creator_assets.metrics.registry import Metric

MISSING = "missing"
"""Name of the column that lists a row's metrics without a value, each with the reason."""

MISSING_TYPE = pl.List(pl.Struct({"metric": pl.String, "reason": pl.String}))


def evaluate(frame: pl.DataFrame, metrics: Sequence[Metric], reasons: Mapping[str, pl.Expr | str]) -> pl.DataFrame:
    """Add a column for each metric, and the column `MISSING`.

    Args:
        frame: Rows with the inputs of the metrics.
        metrics: The metrics to evaluate.
        reasons: For each input that may be null, the reason: a text, or an expression over the row's columns.
    """
    values = [_values(frame, metric) for metric in metrics]
    missing_metrics = [
        pl.when(value.is_null()).then(pl.struct(metric=pl.lit(metric.id), reason=_reason(metric, reasons)))
        for metric, value in zip(metrics, values, strict=True)
    ]
    missing = pl.concat_list(missing_metrics).list.drop_nulls().cast(MISSING_TYPE).alias(MISSING)
    return frame.with_columns(missing).with_columns(values)


def evaluate_totals(frame: pl.DataFrame, metrics: Sequence[Metric], row_name: str) -> pl.DataFrame:
    """Evaluate metrics on the sums of all rows: one row with a column for each metric, and `MISSING`.

    A row that lacks an input of a metric does not count for that metric. A row's weight is its denominator.

    Args:
        frame: Rows with the inputs of the metrics.
        metrics: The metrics to evaluate.
        row_name: What a row is, in one word, for the reasons.
    """
    evaluated = []
    for metric in metrics:
        complete = frame.drop_nulls(metric.inputs)
        sums = complete.select(pl.when(pl.len() > 0).then(pl.col(name).sum()).alias(name) for name in metric.inputs)
        reason = f"no {row_name} has all of it: {', '.join(metric.inputs)}"
        evaluated.append(evaluate(sums, [metric], dict.fromkeys(metric.inputs, reason)))
    values = pl.concat(
        [one.select(metric.id) for one, metric in zip(evaluated, metrics, strict=True)], how="horizontal"
    )
    missing = pl.concat([one.select(MISSING) for one in evaluated])[MISSING].explode(empty_as_null=False)
    return values.with_columns(missing.implode().alias(MISSING))


def _values(frame: pl.DataFrame, metric: Metric) -> pl.Series:
    is_known = pl.all_horizontal(pl.col(name).is_not_null() for name in metric.inputs)
    if metric.denominator:
        is_known &= pl.sum_horizontal(metric.denominator) != 0
    # Null inputs keep Polars from dividing an amount by zero, which raises an error.
    inputs = frame.select(pl.when(is_known).then(pl.col(name)).alias(name) for name in metric.inputs)
    return inputs.select(metric.expression.cast(metric.dtype).alias(metric.id)).to_series()


def _reason(metric: Metric, reasons: Mapping[str, pl.Expr | str]) -> pl.Expr:
    of_inputs = [
        pl.when(pl.col(name).is_null()).then(pl.lit(reason) if isinstance(reason, str) else reason)
        for name in metric.inputs
        if (reason := reasons.get(name)) is not None
    ]
    return pl.coalesce(*of_inputs, pl.lit(f"{' + '.join(metric.denominator)} is 0"))
