"""``creator-assets metrics``: every metric of the reports, with formula, unit, denominator, version and source."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from creator_assets.cli.options import JsonList
from creator_assets.cli.screen import console, show_json, show_table
from creator_assets.markdown import markdown_table

if TYPE_CHECKING:
    from creator_assets.metrics.registry import Metric

HELP = "Show every metric of the reports: its formula, unit, denominator, version and source."
COLUMNS = ("metric", "meaning", "formula", "over", "unit", "source")


def run(
    json: JsonList = False,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Print a Markdown table, as in docs/metrics.md.")
    ] = False,
) -> None:
    """Show the table of metrics."""
    from creator_assets.metrics.registry import METRICS  # noqa: PLC0415 - polars takes a moment to import

    if json:
        show_json([_as_json(metric) for metric in METRICS.values()])
    elif markdown:
        console.print(as_markdown(METRICS.values()), markup=False, soft_wrap=True)
    else:
        show_table("Metrics", COLUMNS, [_cells(metric) for metric in METRICS.values()])


def as_markdown(metrics: Iterable[Metric]) -> str:
    """The table for the documentation."""
    return markdown_table(COLUMNS, [[f"`{name}`", *rest] for name, *rest in map(_cells, metrics)])


def _cells(metric: Metric) -> list[str]:
    return [metric.label, metric.meaning, metric.formula, " + ".join(metric.denominator), metric.unit, metric.source]


def _as_json(metric: Metric) -> dict[str, str | int | list[str]]:
    return {
        "metric": metric.id,
        "version": metric.version,
        "meaning": metric.meaning,
        "formula": metric.formula,
        "unit": metric.unit,
        "denominator": list(metric.denominator),
        "source": metric.source,
    }
