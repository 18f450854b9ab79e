"""``creator-assets operations``: everything that can be asked of the providers, with price and limits."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from creator_assets.cli.screen import console, show_json, show_table

if TYPE_CHECKING:
    from creator_assets.providers.contract.operations import Operation, Rate

HELP = "Show every operation of every provider: path, price, unit, limits, freshness, and where it is used."
COLUMNS = ("provider", "operation", "request", "credits", "unit", "rate limit", "batch", "fresh for", "used by")


def run(
    provider: Annotated[str | None, typer.Option(help="Only this provider's.")] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON list instead of a table.")] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="A Markdown table, as in docs/operations.md.")] = False,
) -> None:
    """Show the table of operations."""
    from creator_assets.providers.registry import OPERATIONS  # noqa: PLC0415 - polars takes a moment to import

    wanted = [operation for operation in OPERATIONS if provider in {None, operation.provider}]
    if not wanted:
        known = ", ".join(dict.fromkeys(operation.provider for operation in OPERATIONS))
        raise typer.BadParameter(f"there is no provider {provider!r}; known are {known}", param_hint="--provider")
    if json:
        show_json([_as_json(operation) for operation in wanted])
    elif markdown:
        console.print(as_markdown(wanted), markup=False, soft_wrap=True)
    else:
        show_table("Operations", COLUMNS, [_cells(operation) for operation in wanted], numbers=("credits", "batch"))


def as_markdown(operations: list[Operation]) -> str:
    """The table of ``docs/operations.md``."""
    rows = [COLUMNS, ("---",) * len(COLUMNS), *map(_cells, operations)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


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
