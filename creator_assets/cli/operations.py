"""``creator-assets operations``: every request that the providers offer, with price and limits."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from creator_assets.cli.options import JsonList
from creator_assets.cli.screen import console, show_json, show_table
from creator_assets.markdown import markdown_table

if TYPE_CHECKING:
    from creator_assets.providers.contract.operations import Operation, Rate

HELP = "Show every operation of every provider: its path, price, unit, limits, freshness, and the assets that use it."
COLUMNS = ("provider", "operation", "request", "credits", "unit", "rate limit", "batch", "fresh for", "used by")


def run(
    provider: Annotated[str | None, typer.Option(metavar="PROVIDER", help="Show only this provider.")] = None,
    json: JsonList = False,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Print a Markdown table, as in docs/operations.md.")
    ] = False,
) -> None:
    """Show the table of operations."""
    from creator_assets.providers.registry import OPERATIONS  # noqa: PLC0415 - polars takes a moment to import

    chosen = [operation for operation in OPERATIONS if provider in {None, operation.provider}]
    if not chosen:
        known = ", ".join(dict.fromkeys(operation.provider for operation in OPERATIONS))
        raise typer.BadParameter(f"there is no provider {provider!r}; known are {known}", param_hint="--provider")
    if json:
        show_json([_as_json(operation) for operation in chosen])
    elif markdown:
        console.print(as_markdown(chosen), markup=False, soft_wrap=True)
    else:
        show_table("Operations", COLUMNS, [_cells(operation) for operation in chosen], numbers=("credits", "batch"))


def as_markdown(operations: list[Operation]) -> str:
    """The table of ``docs/operations.md``."""
    return markdown_table(COLUMNS, map(_cells, operations))


def _cells(operation: Operation) -> list[str]:
    return [
        operation.provider,
        f"{operation.id} {operation.name}",
        f"{operation.method} {operation.path}",
        f"{operation.price.credits.normalize():f}",
        operation.price.unit_in_words,
        ", ".join(map(_rate, operation.rates)),
        str(operation.batch_limit or ""),
        _duration(operation.freshness),
        operation.used_by,
    ]


def _as_json(operation: Operation) -> dict[str, Any]:
    names = ("provider", "operation", "request", "credits", "unit", "rate_limit", "batch_limit", "fresh_for", "used_by")
    return dict(zip(names, _cells(operation), strict=True)) | {"id": operation.id, "source": operation.source}


def _rate(rate: Rate) -> str:
    per = {1.0: "s", 60.0: "min"}.get(float(rate.per_seconds), f"{rate.per_seconds:g} s")
    return f"{rate.permits:,}{' units' if rate.weighted else ''}/{per}"


def _duration(length: timedelta) -> str:
    return f"{length.days} d" if length.days else "asked anew"
