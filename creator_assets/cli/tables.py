"""``creator-assets tables``: whether two data folders hold the same tables, and the page that explains all columns.

What a digest is made of belongs to ``tables.table_digest``, the text of the page to ``tables.dictionary``.
Nothing personal is printed: names, counts and digests.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from creator_assets.cli.checkout import enter_checkout
from creator_assets.cli.screen import console, show_json

app = typer.Typer(
    no_args_is_help=True, help="Compare the Parquet tables of two data folders, and explain their columns."
)
SHOWN_DIGITS = 32
"""Of a digest so many digits fit a line of 80 columns, and tell any two apart."""


@app.command(
    help="Print the number of partitions and rows of each table, and a digest of its content. Two data folders from "
    "the same seed and clock have the same digests. Versions, random ids and ids of the installation do not count."
)
def digest(
    data: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Read this data folder. Default: that of the checkout.", exists=True),
    ] = None,
    same_secret: Annotated[
        bool, typer.Option("--same-secret", help="Include ids that derive from the installation's secret.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON list, with full digests.")] = False,
) -> None:
    """Digest all tables, in the order in which the schemas list them."""
    folder = data.resolve() if data is not None else None
    folder = folder or enter_checkout()
    from creator_assets.tables.schemas import ALL_TABLES  # noqa: PLC0415 - polars takes a moment to import
    from creator_assets.tables.store import Tables  # noqa: PLC0415
    from creator_assets.tables.table_digest import table_digest  # noqa: PLC0415

    tables = Tables(folder / "tables")
    found = [table_digest(tables, schema, name, same_secret=same_secret) for name, schema in ALL_TABLES.items()]
    if json:
        show_json(found)
    else:
        console.print(_line("table", "partitions", "rows", "digest"), markup=False)
        for one in found:
            shown = one.digest[:SHOWN_DIGITS] if one.digest else "never written"
            console.print(_line(one.table, str(one.partitions), f"{one.rows:,}", shown), markup=False)


@app.command(help="Print the page that explains every table and column, in Markdown. It is docs/tables.md.")
def dictionary() -> None:
    """Print the data dictionary that the schemas yield."""
    from creator_assets.tables.dictionary import dictionary_markdown  # noqa: PLC0415 - polars takes a moment to import

    typer.echo(dictionary_markdown())


def _line(table: str, partitions: str, rows: str, shown: str) -> str:
    return f"{table:<20} {partitions:>10} {rows:>11}  {shown}"
